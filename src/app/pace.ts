/** A stock Kamailio bans a source at 16 requests in 2 s: half of that leaves room for a second probe of somebody else's. */
export const REQUESTS_PER_SECOND = 4
/** Whoever is due a hair before its slot goes at once: the timer wheel's own resolution. */
export const PACE_TOLERANCE_MS = 20

const WINDOW_MS = 1000

/**
 * Keeps the requests toward one target at or below four in any second, retransmissions counted, whatever the number of probes.
 * Holds the times of the last requests, planned ones included.
 */
export class Pace {
  readonly #sentMs = new Float64Array(REQUESTS_PER_SECOND).fill(Number.NEGATIVE_INFINITY)
  #next = 0

  /**
   * The earliest time, not before `fromMs`, at which `requests` may leave, the later ones each `spacingMs` after the one before.
   * All times in milliseconds.
   */
  earliestMs(fromMs: number, requests: number, spacingMs: number): number {
    let startMs = fromMs
    for (let ahead = 0; ahead < Math.min(requests, REQUESTS_PER_SECOND); ahead++) {
      // Request number `ahead` needs the slot of the one sent four requests before it.
      const freeMs = (this.#sentMs[(this.#next + ahead) % REQUESTS_PER_SECOND] as number) + WINDOW_MS
      startMs = Math.max(startMs, freeMs - ahead * spacingMs)
    }
    return startMs
  }

  note(sentMs: number): void {
    this.#sentMs[this.#next] = sentMs
    this.#next = (this.#next + 1) % REQUESTS_PER_SECOND
  }

  /** The same requests so far, to try further ones on. */
  copy(): Pace {
    const copy = new Pace()
    copy.#sentMs.set(this.#sentMs)
    copy.#next = this.#next
    return copy
  }
}
