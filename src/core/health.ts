import type { Outcome } from './outcome.ts'

export type HealthStatus = 'unknown' | 'up' | 'down'

/** When health moves. `rise` and `fall` count consecutive outcomes. */
export interface Thresholds {
  readonly rise: number
  readonly fall: number
  /** The same for impaired passes. Absent: as many as `rise` and `fall`. */
  readonly degrade?: { readonly rise: number; readonly fall: number }
}

/** Health of one address of one target as one probe sees it. Plain JSON: it is kept over a restart. */
export interface HealthState {
  readonly status: HealthStatus
  /** Epoch milliseconds of the last change of `status`. */
  readonly sinceMs: number
  /** Consecutive passes and fails; inconclusive outcomes touch neither. */
  readonly passes: number
  readonly fails: number
  /** Of the present run of fails, how many were hard evidence (see `REASONS`). */
  readonly hardFails: number
  /** Of the present run of fails, the transmissions that nobody answered. */
  readonly unanswered: number
  /** Epoch milliseconds of the first fail of the present run; absent when the last word was a pass. */
  readonly failingSinceMs?: number
  /** Epoch milliseconds of the last sign of life from the far end: a pass or hard evidence. */
  readonly heardAtMs?: number
  /** Share of transmissions that went unanswered while the server lived, 0 to 1: silence from a lossy path weighs less. */
  readonly loss: number
  /** Times that `status` changed between up and down. */
  readonly changes: number
  /**
   * Epoch milliseconds until which the server asked for no new calls (503 with Retry-After); while it is there, `down` means that it
   * drains: alive, and not to be sent anything new.
   */
  readonly drainUntilMs?: number
  /** Passes are worse than the thresholds allow, and have been for long enough to be believed. Absent: they are not. */
  readonly impaired?: boolean
  /** Passes in a row that say the opposite of `impaired`. Absent: none. */
  readonly impairedRun?: number
  /** Smoothed round trip and its mean deviation in milliseconds (RFC 6298 section 2), and the answers they come from. */
  readonly srttMs?: number
  readonly rttvarMs?: number
  readonly rttSamples?: number
  /** Doublings of the retransmission time since the last answer that needed none (RFC 6298 section 5.5). */
  readonly rttBackoff?: number
  readonly last?: Outcome
  /** Epoch milliseconds of the last outcome. */
  readonly lastAtMs?: number
}
