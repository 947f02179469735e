import type { HealthState } from '../core/health.ts'
import type { Timers } from '../core/ports.ts'
import { initialHealth } from '../health/machine.ts'
import { type Sight, sightOf } from '../health/sight.ts'
import type { Watch } from './roster.ts'

export interface LookoutDeps {
  readonly timers: Timers
  /** Asks these watches now. */
  readonly hasten: (keys: readonly string[]) => void
  /** Called when the time for a proof is over. */
  readonly lookAgain: () => void
}

export interface Outlook {
  /** The evidence is good enough to decide by. */
  readonly settled: boolean
  /** Sight of everything was lost or came back with this look. */
  readonly changed: boolean
  /** Sight came back: epoch milliseconds at which somebody was last heard before it was lost. */
  readonly lostSince?: number
}

/**
 * Tells the death of servers from blindness of our own. A death in silence that no answer has yet proved to be one waits for moments,
 * until those who can prove it were asked.
 */
export class Lookout {
  readonly #deps: LookoutDeps
  #sight: Sight = { kind: 'clear' }
  #cancel: (() => void) | undefined

  constructor(deps: LookoutDeps) {
    this.#deps = deps
  }

  get blind(): boolean {
    return this.#sight.kind === 'lost'
  }

  /** Nothing is in doubt: an answer more or less changes nothing. */
  get clear(): boolean {
    return this.#sight.kind === 'clear'
  }

  look(
    watches: ReadonlyMap<string, Watch>,
    health: ReadonlyMap<string, HealthState>,
    nowMs: number,
  ): Outlook {
    const watched = [...watches.values()].map((watch) => ({
      id: witnessOf(watch),
      state: health.get(watch.key) ?? initialHealth(nowMs),
    }))
    const before = this.#sight
    const sight = sightOf(watched, nowMs)
    this.#sight = sight
    this.stop()
    if (sight.kind === 'unproven') this.#askForProof(sight, before, watches, nowMs)
    return {
      settled: sight.kind !== 'unproven',
      changed: (before.kind === 'lost') !== (sight.kind === 'lost'),
      ...(before.kind === 'lost' && sight.kind !== 'lost' ? { lostSince: before.lastHeardMs } : {}),
    }
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #askForProof(
    sight: Extract<Sight, { kind: 'unproven' }>,
    before: Sight,
    watches: ReadonlyMap<string, Watch>,
    nowMs: number,
  ): void {
    this.#cancel = this.#deps.timers.after(Math.max(1, sight.untilMs - nowMs), this.#deps.lookAgain)
    if (before.kind === 'unproven') return
    const witnesses = new Set(sight.ask)
    const asked = [...watches.values()].filter((watch) => witnesses.has(witnessOf(watch)))
    this.#deps.hasten(asked.map((watch) => watch.key))
  }
}

/** One host is one witness, whatever asks it, at whichever of its addresses, from whichever pool. */
function witnessOf(watch: Watch): string {
  return watch.target.addresses[0] ?? watch.address
}
