import type { Clock } from '../../../core/ports.ts'
import type { Rate } from '../definition.ts'

/**
 * A bucket of `max` runs that fills by one each `perMs / max`. No run waits for longer than that, so the last of many events is acted on
 * soon; a window that counts the runs within it would after a burst hold the last one up for nearly all of its length.
 */
export class RateLimit {
  readonly #stepMs: number
  readonly #burstMs: number
  readonly #clock: Clock
  /** When the bucket will be full again. */
  #fullAtMs = Number.NEGATIVE_INFINITY

  constructor({ max, perMs }: Rate, clock: Clock) {
    this.#stepMs = perMs / max
    this.#burstMs = perMs - this.#stepMs
    this.#clock = clock
  }

  /** Milliseconds until the next run may begin; 0: now. */
  waitMs(): number {
    return Math.max(0, Math.round(this.#fullAtMs - this.#burstMs - this.#clock.nowMs()))
  }

  begin(): void {
    this.#fullAtMs = Math.max(this.#fullAtMs, this.#clock.nowMs()) + this.#stepMs
  }
}
