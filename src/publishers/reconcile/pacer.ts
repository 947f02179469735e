import type { Clock, Timers } from '../../core/ports.ts'
import type { CallPace } from '../providers/definition.ts'

export interface PacerOptions {
  readonly callsPerSecond: number
  readonly burst: number
}

/** After a throttling the rate halves; it grows back by a tenth of its start every ten seconds without another. */
const BACK_OFF = 0.5
const RECOVER_SHARE = 0.1
const RECOVER_EVERY_MS = 10_000
/** As slow as it gets by learning: one call in ten seconds. */
const SLOWEST_PER_SECOND = 0.1

interface Waiting {
  readonly go: () => void
}

/** A token bucket whose rate is learned from throttling: halved at once, regained slowly. */
export class Pacer implements CallPace {
  readonly #options: PacerOptions
  readonly #clock: Clock
  readonly #timers: Timers
  readonly #queue: Waiting[] = []
  #rate: number
  #tokens: number
  #atMs: number
  #heldUntilMs = 0
  #learnedAtMs: number
  #cancel: (() => void) | undefined
  #calls = 0
  #throttles = 0

  constructor(options: PacerOptions, clock: Clock, timers: Timers) {
    this.#options = options
    this.#clock = clock
    this.#timers = timers
    this.#rate = options.callsPerSecond
    this.#tokens = options.burst
    this.#atMs = clock.nowMs()
    this.#learnedAtMs = this.#atMs
  }

  /** Calls a second, as learned so far. */
  get callsPerSecond(): number {
    return this.#rate
  }

  get calls(): number {
    return this.#calls
  }

  get throttles(): number {
    return this.#throttles
  }

  turn(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason)
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#queue.splice(this.#queue.indexOf(waiting), 1)
        reject(signal.reason)
      }
      const waiting: Waiting = {
        go: () => {
          signal.removeEventListener('abort', leave)
          resolve()
        },
      }
      signal.addEventListener('abort', leave, { once: true })
      this.#queue.push(waiting)
      this.#serve()
    })
  }

  throttled(retryAfterMs = 0): void {
    this.#refill()
    this.#throttles += 1
    this.#rate = Math.max(SLOWEST_PER_SECOND, this.#rate * BACK_OFF)
    this.#tokens = 0
    this.#learnedAtMs = this.#clock.nowMs()
    this.hold(retryAfterMs)
  }

  hold(delayMs: number): void {
    this.#heldUntilMs = Math.max(this.#heldUntilMs, this.#clock.nowMs() + delayMs)
    this.#serve()
  }

  #serve(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#refill()
    const nowMs = this.#clock.nowMs()
    while (nowMs >= this.#heldUntilMs && this.#tokens >= 1) {
      const next = this.#queue.shift()
      if (next === undefined) return
      this.#tokens -= 1
      this.#calls += 1
      next.go()
    }
    if (this.#queue.length === 0) return
    const tokenMs = this.#tokens >= 1 ? 0 : Math.ceil(((1 - this.#tokens) * 1000) / this.#rate)
    const delayMs = Math.max(1, tokenMs, this.#heldUntilMs - nowMs)
    this.#cancel = this.#timers.after(delayMs, () => this.#serve())
  }

  #refill(): void {
    const nowMs = this.#clock.nowMs()
    const { burst, callsPerSecond } = this.#options
    this.#tokens = Math.min(burst, this.#tokens + ((nowMs - this.#atMs) * this.#rate) / 1000)
    this.#atMs = nowMs
    const steps = Math.floor((nowMs - this.#learnedAtMs) / RECOVER_EVERY_MS)
    if (steps <= 0) return
    this.#learnedAtMs += steps * RECOVER_EVERY_MS
    this.#rate = Math.min(callsPerSecond, this.#rate + steps * RECOVER_SHARE * callsPerSecond)
  }
}
