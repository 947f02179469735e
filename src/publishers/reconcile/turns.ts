import type { Clock, Timers } from '../../core/ports.ts'

export interface NextTurn {
  readonly inMs: number
  /** Whether `wake` may bring it forward. */
  readonly hurry: boolean
}

/** Runs one thing at a time, at the soonest moment that anybody asked for. */
export class Turns {
  readonly #clock: Clock
  readonly #timers: Timers
  readonly #run: () => Promise<NextTurn | undefined>
  #running: Promise<void> | undefined
  #cancel: (() => void) | undefined
  #dueMs = Number.POSITIVE_INFINITY
  #notBeforeMs = Number.NEGATIVE_INFINITY
  #closed = false

  /** `run` must not reject; it says when it wants to run again. */
  constructor(run: () => Promise<NextTurn | undefined>, clock: Clock, timers: Timers) {
    this.#run = run
    this.#clock = clock
    this.#timers = timers
  }

  /** A turn within `delayMs` milliseconds, or as soon as the one under way is over and the last one's wait allows. */
  wake(delayMs: number): void {
    const dueMs = Math.max(this.#clock.nowMs() + delayMs, this.#notBeforeMs)
    if (dueMs >= this.#dueMs) return
    this.#dueMs = dueMs
    if (this.#running === undefined) this.#arm()
  }

  /** No turn begins any more; resolves when the one under way is over. */
  async close(): Promise<void> {
    this.#closed = true
    this.#cancel?.()
    await this.#running
  }

  #arm(): void {
    this.#cancel?.()
    this.#cancel = undefined
    if (this.#closed || this.#dueMs === Number.POSITIVE_INFINITY) return
    const delayMs = Math.max(0, this.#dueMs - this.#clock.nowMs())
    this.#cancel = this.#timers.after(delayMs, () => {
      this.#dueMs = Number.POSITIVE_INFINITY
      this.#running = this.#turn()
    })
  }

  async #turn(): Promise<void> {
    const next = await this.#run()
    this.#running = undefined
    const nextMs = next === undefined ? Number.POSITIVE_INFINITY : this.#clock.nowMs() + next.inMs
    this.#notBeforeMs = next?.hurry === false ? nextMs : Number.NEGATIVE_INFINITY
    // What was asked for meanwhile waits as well where the wait is not to be cut short.
    this.#dueMs = Math.max(Math.min(this.#dueMs, nextMs), this.#notBeforeMs)
    this.#arm()
  }
}
