import type { DomainName, TargetId } from '../core/brand.ts'
import { messageOf } from '../core/errors.ts'
import type { Clock, Logger, Timers } from '../core/ports.ts'
import type { Override } from '../core/verdict.ts'
import { readPolicyState } from '../policy/state.ts'
import type { HealthFile, SavedState } from '../state/health-file.ts'
import { type Memory, NO_MEMORY, type SerialMemory } from './memory.ts'

/** After something moved: long enough to gather what moves with it. */
const SOON_MS = 200
/** Counters drift without anything moving. */
const ROUTINE_MS = 30_000
/** A write that takes long is made after this many times as long. */
const SHARE = 4

export interface MemoryKeeperDeps {
  readonly clock: Clock
  readonly timers: Timers
  readonly logger: Logger
  readonly node: string
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
    return saved === undefined ? NO_MEMORY : toMemory(saved)
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
      const { clock, logger, node } = this.#deps
      const beganMs = clock.nowMs()
      try {
        await this.#file.write({ node, savedAtMs: clock.nowMs(), ...this.#memory() })
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

/** Keys that the configuration no longer knows are left to the engine to forget; a policy's state that is none starts afresh. */
export function toMemory(saved: SavedState): Memory {
  const policy = Object.entries(saved.policy).flatMap(([key, value]) => {
    const state = readPolicyState(value)
    return state === undefined ? [] : [[key, state] as const]
  })
  return {
    health: new Map(Object.entries(saved.health)),
    policy: new Map(policy),
    serials: new Map(Object.entries(saved.serials) as [DomainName, SerialMemory][]),
    overrides: new Map(Object.entries(saved.overrides) as [TargetId, Override][]),
  }
}
