import type { DomainName, TargetId } from '../core/brand.ts'
import { messageOf } from '../core/errors.ts'
import type { Clock, Logger, Timers } from '../core/ports.ts'
import type { Override } from '../core/verdict.ts'
import { movedHealth } from '../health/resume.ts'
import { movedPolicy, unwatched } from '../policy/resume.ts'
import { readPolicyState } from '../policy/state.ts'
import type { HealthFile, SavedState } from '../state/health-file.ts'
import { type Memory, NO_MEMORY, type SerialMemory } from './memory.ts'

/** After something moved: long enough to gather what moves with it. */
const SOON_MS = 200
/** Counters drift without anything moving. */
const ROUTINE_MS = 30_000
/** A write that takes long is made after this many times as long. */
const SHARE = 4
/** Two clocks that are no further apart say the same. */
const SAME_MS = 1_000
const TIME_OF_DAY: Clock = { nowMs: () => Date.now() }

export interface MemoryKeeperDeps {
  readonly clock: Clock
  readonly timers: Timers
  readonly logger: Logger
  readonly node: string
  /** What `clock` counts from when the next process begins. Absent: the system's time of day. */
  readonly wall?: Clock
}

/** Keeps the engine's memory on disk: read at start, written soon after something moved, every half minute, and at the end. */
export class MemoryKeeper {
  readonly #file: HealthFile
  readonly #deps: MemoryKeeperDeps
  #memory: () => Memory = () => NO_MEMORY
  #cancel: (() => void) | undefined
  #dueMs = Number.POSITIVE_INFINITY
  #writing: Promise<void> = Promise.resolve()
  #failing = false
  #underWay = false
  #tookMs = 0

  constructor(file: HealthFile, deps: MemoryKeeperDeps) {
    this.#file = file
    this.#deps = deps
  }

  async recall(): Promise<Memory> {
    const saved = await this.#file.read()
    return saved === undefined ? NO_MEMORY : toMemory(saved, this.#deps.clock.nowMs())
  }

  watch(memory: () => Memory): void {
    this.#memory = memory
    this.#writeAfter(ROUTINE_MS)
  }

  /** Something moved that a restart must not forget. */
  moved(): void {
    this.#writeAfter(this.#soonMs)
  }

  async close(): Promise<void> {
    this.#cancel?.()
    this.#cancel = undefined
    this.#dueMs = Number.NEGATIVE_INFINITY
    await this.#write()
  }

  get #soonMs(): number {
    return Math.min(ROUTINE_MS, Math.max(SOON_MS, SHARE * this.#tookMs))
  }

  #writeAfter(delayMs: number): void {
    const dueMs = this.#deps.clock.nowMs() + delayMs
    if (dueMs >= this.#dueMs) return
    this.#cancel?.()
    this.#dueMs = dueMs
    this.#cancel = this.#deps.timers.after(delayMs, () => {
      this.#dueMs = Number.POSITIVE_INFINITY
      this.#writeAfter(ROUTINE_MS)
      // What moves while ten thousand targets are written comes with the next time; a row of them would only grow.
      if (this.#underWay) this.#writeAfter(this.#soonMs)
      else {
        this.#underWay = true
        void this.#write()
      }
    })
  }

  /** One write at a time: the file must end with what was last. */
  #write(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      const { clock, logger, node, wall = TIME_OF_DAY } = this.#deps
      const beganMs = clock.nowMs()
      try {
        await this.#file.write({
          node,
          savedAtMs: clock.nowMs(),
          wallAtMs: wall.nowMs(),
          ...this.#memory(),
        })
        if (this.#failing) logger.info('state.written', {}, 'state can be written again')
        this.#failing = false
      } catch (error) {
        if (!this.#failing) logger.error('state.not-written', { error }, messageOf(error))
        this.#failing = true
      }
      this.#tookMs = clock.nowMs() - beganMs
      this.#underWay = false
    })
    return this.#writing
  }
}

/**
 * Keys that the configuration no longer knows are left to the engine to forget; a policy's state that is none starts afresh.
 *
 * A process counts its time from the time of day of its start, and the next one from that of its own:
 *
 * | since                             | the time of day was set   | it was not       |
 * |-----------------------------------|---------------------------|------------------|
 * | the former process began to count | its instants move with it | they stay        |
 * | it was saved                      | back: they move with it   | nobody looked: see `unwatched` |
 *
 * Else a board without a clock of its own, started before it heard of the time, would forget a drain of two hours, or hold a server for a year.
 */
export function toMemory(saved: SavedState, nowMs: number): Memory {
  const { savedAtMs, wallAtMs = savedAtMs } = saved
  const setMs = Math.abs(wallAtMs - savedAtMs) <= SAME_MS ? 0 : wallAtMs - savedAtMs
  const awayMs = nowMs - savedAtMs - setMs
  const byMs = setMs + (awayMs < -SAME_MS ? awayMs : 0)
  const policy = Object.entries(saved.policy).flatMap(([key, value]) => {
    const state = readPolicyState(value)
    return state === undefined
      ? []
      : [[key, unwatched(movedPolicy(state, byMs), Math.max(0, awayMs))] as const]
  })
  const health = Object.entries(saved.health).map(([key, state]) => [key, movedHealth(state, byMs)] as const)
  const overrides = Object.entries(saved.overrides).map(
    ([id, override]) => [id as TargetId, movedOverride(override, byMs)] as const,
  )
  return {
    health: new Map(health),
    policy: new Map(policy),
    serials: new Map(Object.entries(saved.serials) as [DomainName, SerialMemory][]),
    overrides: new Map(overrides),
  }
}

function movedOverride(override: Override, byMs: number): Override {
  const { untilMs } = override
  return untilMs === undefined ? override : { ...override, untilMs: Math.max(0, untilMs + byMs) }
}
