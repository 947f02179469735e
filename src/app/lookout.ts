import type { HealthState } from '../core/health.ts'
import type { Timers } from '../core/ports.ts'
import { type LostFamily, RunningOutlook } from '../health/families.ts'
import { initialHealth } from '../health/machine.ts'
import type { Sight, Watched } from '../health/sight.ts'
import { familyOf } from './evidence.ts'
import type { Watch } from './roster.ts'

export interface LookoutDeps {
  readonly timers: Timers
  /** Asks these watches now. */
  readonly hasten: (keys: readonly string[]) => void
  /** Called when the time for a proof is over. */
  readonly lookAgain: () => void
}

export interface Look {
  /** The evidence is good enough to decide by. */
  readonly settled: boolean
  /** Sight of everything, or of a family, was lost or came back with this look. */
  readonly changed: boolean
  /** Sight came back: epoch milliseconds at which somebody was last heard before it was lost. */
  readonly lostSince?: number
  /** Families that came back while the other one had stayed. */
  readonly regained: readonly LostFamily[]
}

const CLEAR_STILL: Look = { settled: true, changed: false, regained: [] }

/** What is looked at, by the watch's key. */
interface Entry extends Watched {
  readonly watch: Watch
  readonly index: number
}

/**
 * Tells the death of servers from blindness of our own. A death in silence that no answer has yet proved to be one waits for moments,
 * until those who can prove it were asked.
 */
export class Lookout {
  readonly #deps: LookoutDeps
  #sight: Sight = { kind: 'clear' }
  #lostFamilies: readonly LostFamily[] = []
  #watches: ReadonlyMap<string, Watch> = new Map()
  #entries: ReadonlyMap<string, Entry> = new Map()
  #outlook = new RunningOutlook([])
  #cancel: (() => void) | undefined

  constructor(deps: LookoutDeps) {
    this.#deps = deps
  }

  get blind(): boolean {
    return this.#sight.kind === 'lost'
  }

  /** Families that nothing is heard from, while the other one is. */
  get lostFamilies(): readonly LostFamily[] {
    return this.#lostFamilies
  }

  /** Nothing is in doubt. */
  get clear(): boolean {
    return this.#sight.kind === 'clear' && this.#lostFamilies.length === 0
  }

  /** After every outcome. */
  note(watch: Watch, state: HealthState): void {
    const entry = this.#entries.get(watch.key)
    if (entry !== undefined) this.#outlook.note(entry.index, state)
  }

  /**
   * Whether an outcome that moves no health may move what we make of our own network. `heard`: it was a sign of life.
   *
   * | sight    | this family is lost | heard | waits for it                      |
   * |----------|---------------------|-------|-----------------------------------|
   * | unproven | any                 | any   | yes: silence of the last witness settles it as well |
   * | lost     | any                 | yes   | yes                               |
   * | clear    | yes                 | yes   | yes                               |
   * | any other                              | | no                                |
   */
  waitsFor(watch: Watch, heard: boolean): boolean {
    if (this.#sight.kind === 'unproven') return true
    if (!heard) return false
    if (this.#sight.kind === 'lost') return true
    return this.#lostFamilies.some(({ family }) => family === familyOf(watch.address))
  }

  look(watches: ReadonlyMap<string, Watch>, health: ReadonlyMap<string, HealthState>, nowMs: number): Look {
    if (watches !== this.#watches) this.#layOut(watches, health, nowMs)
    if (this.clear && this.#outlook.proved) return CLEAR_STILL
    const before = this.#sight
    const lostBefore = this.#lostFamilies
    const { sight, lostFamilies } = this.#outlook.outlook(nowMs)
    this.#sight = sight
    // While everything is in doubt nothing new is known of one family.
    if (sight.kind === 'clear') this.#lostFamilies = lostFamilies
    else if (sight.kind === 'lost') this.#lostFamilies = []
    this.stop()
    if (sight.kind === 'unproven') this.#askForProof(sight, before, nowMs)
    const lost = new Set(this.#lostFamilies.map(({ family }) => family))
    const regained = sight.kind === 'clear' ? lostBefore.filter(({ family }) => !lost.has(family)) : []
    // What fell silent meanwhile is struck out of everybody's health (`forgetBlindness`), so all is looked at anew.
    if (regained.length > 0 || (before.kind === 'lost' && sight.kind !== 'lost')) this.#watches = new Map()
    const moved = lostBefore.map(({ family }) => family).join() !== [...lost].join()
    return {
      settled: sight.kind !== 'unproven',
      changed: moved || (before.kind === 'lost') !== (sight.kind === 'lost'),
      ...(before.kind === 'lost' && sight.kind !== 'lost' ? { lostSince: before.lastHeardMs } : {}),
      regained,
    }
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #layOut(
    watches: ReadonlyMap<string, Watch>,
    health: ReadonlyMap<string, HealthState>,
    nowMs: number,
  ): void {
    this.#watches = watches
    const entries = [...watches].map(([key, watch], index): [string, Entry] => [
      key,
      {
        watch,
        index,
        id: witnessOf(watch),
        family: familyOf(watch.address),
        ...(watch.sentinel === true ? { sentinel: true } : {}),
        state: health.get(key) ?? initialHealth(nowMs),
      },
    ])
    this.#entries = new Map(entries)
    this.#outlook = new RunningOutlook(entries.map(([, entry]) => entry))
  }

  #askForProof(sight: Extract<Sight, { kind: 'unproven' }>, before: Sight, nowMs: number): void {
    this.#cancel = this.#deps.timers.after(Math.max(1, sight.untilMs - nowMs), this.#deps.lookAgain)
    if (before.kind === 'unproven') return
    const witnesses = new Set(sight.ask)
    const asked = [...this.#entries.values()].filter(({ id }) => witnesses.has(id))
    this.#deps.hasten(asked.map(({ watch }) => watch.key))
  }
}

/** One host is one witness, whatever asks it, at whichever of its addresses, from whichever pool. */
function witnessOf(watch: Watch): string {
  return watch.target.addresses[0] ?? watch.address
}
