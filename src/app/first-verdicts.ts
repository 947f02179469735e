import type { HealthState } from '../core/health.ts'
import type { Timers } from '../core/ports.ts'
import type { Watch } from './roster.ts'

/** Rounds that may be needed, retransmissions and late answers included. */
const SLACK = 2
/** Between the last clear verdict and what follows from it: a flush of the engine, the proof of a silent death. */
const AFTER_MS = 1_000
const SHORTEST_MS = 5_000
const LONGEST_MS = 300_000

/**
 * Tells when this process has seen enough to act on: every watch was asked, and its verdict is clear. What is not known counts as up, so
 * acting before would put a dead server back; a remembered verdict that the first answers contradict is waited for as well. A watch
 * that never becomes clear (its outcomes are inconclusive, its reports do not come) does not hold up the others for ever.
 */
export class FirstVerdicts {
  readonly #open: Set<string>
  readonly #waiting: ((open: number) => void)[] = []
  #cancel: (() => void) | undefined
  readonly #timers: Timers
  #state: 'open' | 'ending' | 'over' = 'open'

  constructor(watches: ReadonlyMap<string, Watch>, timers: Timers) {
    this.#open = new Set(watches.keys())
    this.#timers = timers
    this.#cancel = timers.after(patienceMs(watches), () => this.#end())
    if (this.#open.size === 0) this.#end()
  }

  saw(watch: Watch, health: HealthState): void {
    if (this.#state !== 'open' || !isClear(health)) return
    this.#open.delete(watch.key)
    if (this.#open.size === 0) this.#end()
  }

  /** Calls back with the number of watches that did not become clear in time; at once where it is over already. */
  whenDone(done: (open: number) => void): void {
    if (this.#state === 'over') done(this.#open.size)
    else this.#waiting.push(done)
  }

  stop(): void {
    this.#cancel?.()
    this.#state = 'over'
    this.#waiting.length = 0
  }

  #end(): void {
    this.#cancel?.()
    this.#state = 'ending'
    this.#cancel = this.#timers.after(AFTER_MS, () => {
      this.#state = 'over'
      for (const done of this.#waiting.splice(0)) done(this.#open.size)
    })
  }
}

function isClear({ status, fails, passes }: HealthState): boolean {
  if (status === 'unknown') return false
  return status === 'up' ? fails === 0 : passes === 0
}

function patienceMs(watches: ReadonlyMap<string, Watch>): number {
  let longestMs = SHORTEST_MS
  for (const { probe } of watches.values()) {
    const rounds = Math.max(probe.rise, probe.fall) + 1
    longestMs = Math.max(longestMs, SLACK * (rounds * probe.intervalMs + probe.timeoutMs))
  }
  return Math.min(LONGEST_MS, longestMs)
}
