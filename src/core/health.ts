import type { Outcome } from './outcome.ts'

export type HealthStatus = 'unknown' | 'up' | 'down'

/** When health moves. `rise` and `fall` count consecutive outcomes. */
export interface Thresholds {
  readonly rise: number
  readonly fall: number
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
  readonly last?: Outcome
  /** Epoch milliseconds of the last outcome. */
  readonly lastAtMs?: number
}
