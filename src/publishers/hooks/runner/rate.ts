import type { Clock } from '../../../core/ports.ts'

/** At most `max` runs within any span of `perMs` milliseconds. */
export class RateLimit {
  readonly #max: number
  readonly #perMs: number
  readonly #clock: Clock
  /** When the last `max` runs began, oldest first. */
  readonly #startsMs: number[] = []

  constructor(limit: { readonly max: number; readonly perMs: number }, clock: Clock) {
    this.#max = limit.max
    this.#perMs = limit.perMs
    this.#clock = clock
  }

  /** Milliseconds until the next run may begin; 0: now. */
  waitMs(): number {
    const oldest = this.#startsMs.length < this.#max ? undefined : this.#startsMs[0]
    return oldest === undefined ? 0 : Math.max(0, oldest + this.#perMs - this.#clock.nowMs())
  }

  begin(): void {
    this.#startsMs.push(this.#clock.nowMs())
    if (this.#startsMs.length > this.#max) this.#startsMs.shift()
  }
}
