import type { HealthState } from '../core/health.ts'
import type { Timers } from '../core/ports.ts'
import { type LostFamily, outlookOf } from '../health/families.ts'
import { initialHealth } from '../health/machine.ts'
import type { Sight, Watched } from '../health/sight.ts'
import { familyOf } from './evidence.ts'
import type { Watch } from './roster.ts'
import { SilentDeaths } from './silent-deaths.ts'

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

/** What is looked at, made once for each configuration; only `state` moves. */
interface Entry extends Watched {
  readonly watch: Watch
  state: HealthState
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
  #entries: readonly Entry[] = []
  readonly #deaths = new SilentDeaths()
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
    this.#deaths.note(watch, state)
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
    if (this.clear && this.#deaths.proved) return CLEAR_STILL
    for (const entry of this.#entries) entry.state = health.get(entry.watch.key) ?? entry.state
    const before = this.#sight
    const lostBefore = this.#lostFamilies
    const { sight, lostFamilies } = outlookOf(this.#entries, nowMs)
    this.#sight = sight
    // While everything is in doubt nothing new is known of one family.
    if (sight.kind === 'clear') this.#lostFamilies = lostFamilies
    else if (sight.kind === 'lost') this.#lostFamilies = []
    this.stop()
    if (sight.kind === 'unproven') this.#askForProof(sight, before, nowMs)
    const lost = new Set(this.#lostFamilies.map(({ family }) => family))
    const regained = sight.kind === 'clear' ? lostBefore.filter(({ family }) => !lost.has(family)) : []
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
    this.#deaths.clear()
    for (const [key, watch] of watches) this.#deaths.note(watch, health.get(key) ?? initialHealth(nowMs))
    this.#entries = [...watches.values()].map((watch) => ({
      watch,
      id: witnessOf(watch),
      family: familyOf(watch.address),
      ...(watch.sentinel === true ? { sentinel: true } : {}),
      state: initialHealth(nowMs),
    }))
  }

  #askForProof(sight: Extract<Sight, { kind: 'unproven' }>, before: Sight, nowMs: number): void {
    this.#cancel = this.#deps.timers.after(Math.max(1, sight.untilMs - nowMs), this.#deps.lookAgain)
    if (before.kind === 'unproven') return
    const witnesses = new Set(sight.ask)
    const asked = this.#entries.filter(({ id }) => witnesses.has(id))
    this.#deps.hasten(asked.map(({ watch }) => watch.key))
  }
}

/** One host is one witness, whatever asks it, at whichever of its addresses, from whichever pool. */
function witnessOf(watch: Watch): string {
  return watch.target.addresses[0] ?? watch.address
}
