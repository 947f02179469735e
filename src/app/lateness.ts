/** Upper bounds of the buckets, in milliseconds; what is later falls into the last one, beyond. */
const BOUNDS_MS = [1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 1000, 2000, 5000]
const PERIOD_MS = 10_000

interface Period {
  readonly counts: Uint32Array
  total: number
  worstMs: number
}

export interface LatenessReport {
  /** Questions asked in the last ten to twenty seconds. */
  readonly asked: number
  /** Milliseconds behind schedule; a bucket's upper bound. */
  readonly p50Ms: number
  readonly p99Ms: number
  readonly worstMs: number
}

/** How far behind schedule questions start, over the last ten to twenty seconds: the monitor's own health. */
export class Lateness {
  #current = period()
  #previous = period()
  #turnMs = Number.NEGATIVE_INFINITY

  record(lateMs: number, nowMs: number): void {
    this.#turn(nowMs)
    const { counts } = this.#current
    let bucket = 0
    while (bucket < BOUNDS_MS.length && lateMs > (BOUNDS_MS[bucket] as number)) bucket++
    counts[bucket] = (counts[bucket] as number) + 1
    this.#current.total++
    this.#current.worstMs = Math.max(this.#current.worstMs, lateMs)
  }

  report(nowMs: number): LatenessReport {
    this.#turn(nowMs)
    const worstMs = Math.max(this.#current.worstMs, this.#previous.worstMs)
    const asked = this.#current.total + this.#previous.total
    return {
      asked,
      p50Ms: this.#quantile(0.5, worstMs),
      p99Ms: this.#quantile(0.99, worstMs),
      worstMs: Math.round(worstMs),
    }
  }

  #turn(nowMs: number): void {
    if (nowMs - this.#turnMs < PERIOD_MS) return
    const missedOne = nowMs - this.#turnMs >= 2 * PERIOD_MS
    this.#previous = missedOne ? period() : this.#current
    this.#current = period()
    this.#turnMs = nowMs
  }

  #quantile(share: number, worstMs: number): number {
    const total = this.#current.total + this.#previous.total
    let seen = 0
    for (const [bucket, boundMs] of BOUNDS_MS.entries()) {
      seen += (this.#current.counts[bucket] as number) + (this.#previous.counts[bucket] as number)
      if (seen >= total * share) return Math.min(boundMs, Math.ceil(worstMs))
    }
    return Math.ceil(worstMs)
  }
}

function period(): Period {
  return { counts: new Uint32Array(BOUNDS_MS.length + 1), total: 0, worstMs: 0 }
}
