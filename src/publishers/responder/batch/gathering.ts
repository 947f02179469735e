import type { Libc } from './libc.ts'

/** Above this rate queries are let gather; below it each is answered when it comes. */
const FAST_PER_MS = 10

/** Above this one there is a queue more often than not, and who has nothing to do for 200 us loses answers that it could have sent. */
const FULL_PER_MS = 90

/** The rate is counted anew this often. */
const WINDOW_MS = 8

/** A batch of as many is worth a system call: nothing is gathered after it. */
const ENOUGH = 8

/** At 20,000 queries a second four come in this time. */
const PAUSE_US = 200

const CLOCK_MONOTONIC = 1

/**
 * Lets queries gather where they come fast, as a network card does with its interrupts: to fall asleep and be woken costs as much as two
 * answers, so a thread that wakes for every second query spends half of its time on that. `docs/decisions/0050-batched-io.md` has the
 * measurements.
 *
 * | queries a second, this thread | in the last batch | before the next one          |
 * |-------------------------------|-------------------|------------------------------|
 * | up to 10,000                  | any               | none waits                   |
 * | up to 90,000                  | 8 or more         | none waits: there is a queue |
 * | up to 90,000                  | fewer             | a pause of 200 us            |
 * | more                          | any               | none waits                   |
 */
export class Gathering {
  readonly #libc: Libc
  readonly #pause: { readonly memory: ArrayBuffer; readonly address: number; readonly free: () => void }
  #fast = false
  #last = 0
  #sum = 0
  #sinceMs = 0

  constructor(libc: Libc) {
    this.#libc = libc
    // `struct timespec`: seconds and nanoseconds, 64 bits each.
    this.#pause = libc.allocate(16)
    new DataView(this.#pause.memory).setInt32(8, PAUSE_US * 1000, true)
  }

  /** To be called before each wait for queries. */
  pause(): void {
    if (this.#fast && this.#last < ENOUGH)
      this.#libc.clock_nanosleep(CLOCK_MONOTONIC, 0, this.#pause.address, 0)
  }

  /** `count` queries came, at `nowMs`. */
  came(count: number, nowMs: number): void {
    this.#last = count
    this.#sum += count
    const passedMs = nowMs - this.#sinceMs
    if (passedMs >= 0 && passedMs < WINDOW_MS) return
    const perMs = passedMs > 0 ? this.#sum / passedMs : 0
    this.#fast = perMs > FAST_PER_MS && perMs <= FULL_PER_MS
    this.#sum = 0
    this.#sinceMs = nowMs
  }

  close(): void {
    this.#pause.free()
  }
}
