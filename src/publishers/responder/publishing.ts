import type { Clock } from '../../core/ports.ts'
import type { PublishingCounts } from './counters.ts'

/**
 * How long it takes from a snapshot to answers, all of its zones included. A snapshot that comes before the last one is through goes on
 * with its time.
 */
export class Publishing {
  readonly #clock: Clock
  #snapshots = 0
  #totalMs = 0
  #lastMs = 0
  #sinceMs: number | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  begin(): void {
    this.#sinceMs ??= this.#clock.nowMs()
  }

  /** `pending`: zones that are not answered from it yet. */
  settle(pending: number): void {
    if (pending > 0 || this.#sinceMs === undefined) return
    this.#lastMs = this.#clock.nowMs() - this.#sinceMs
    this.#totalMs += this.#lastMs
    this.#snapshots++
    this.#sinceMs = undefined
  }

  get counts(): PublishingCounts {
    return { snapshots: this.#snapshots, totalMs: this.#totalMs, lastMs: this.#lastMs }
  }
}
