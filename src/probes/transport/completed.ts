/** So long, in milliseconds, is another answer to an answered question listened for: what comes later tells of nothing recent. */
export const LATE_ANSWER_MS = 1000

/** A transaction that has its final answer and sent its request more than once, so that another answer may come. */
export interface CompletedTransaction {
  readonly branch: string
  readonly callId: string
  readonly method: string
  /** Answers that may yet come: one for each transmission but the first answered. */
  open: number
  /** One came. */
  readonly heard: () => void
}

/** A socket seldom serves more than two questions at once; older ones make room. */
const KEPT_MAX = 4

/**
 * The client transactions of one socket in their Completed state, which is there to take in what answers come besides (RFC 3261 section
 * 17.1.2.2). Bounded, and without timers: whoever is told knows how late is too late.
 */
export class CompletedTransactions {
  readonly #kept: CompletedTransaction[] = []

  add(completed: CompletedTransaction): void {
    if (this.#kept.length >= KEPT_MAX) this.#kept.shift()
    this.#kept.push(completed)
  }

  /** Whether this final answer is one more to a transaction kept here, which is told so. */
  hears(branch: string, callId: string | undefined, method: string | undefined): boolean {
    const place = this.#kept.findIndex((each) => each.branch === branch)
    const completed = this.#kept[place]
    if (completed === undefined || completed.callId !== callId || completed.method !== method) return false
    completed.open--
    if (completed.open <= 0) this.#kept.splice(place, 1)
    completed.heard()
    return true
  }
}
