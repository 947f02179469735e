import type { Outcome } from './outcome.ts'

export type HealthStatus = 'unknown' | 'up' | 'down'

/** When health moves. `rise` and `fall` count consecutive outcomes. */
export interface Thresholds {
  readonly rise: number
  readonly fall: number
  /** The same for impaired passes. Absent: as many as `rise` and `fall`. */
  readonly degrade?: { readonly rise: number; readonly fall: number }
  /** Absent: quality over time counts for nothing. */
  readonly quality?: QualityLimits
  /** How many of the hosts that one question goes to are needed. Absent: one. */
  readonly quorum?: number
}

/** A path is poor where a figure of its window is over its limit; absent limits are not looked at. */
export interface QualityLimits {
  /** Share of transmissions that were lost, 0 to 1. */
  readonly loss?: number
  /** Mean round trip in milliseconds. */
  readonly latencyMs?: number
  /** Mean difference of round trips that follow each other, in milliseconds. */
  readonly jitterMs?: number
  /** How far back is looked; also how long all has to be well before the path is poor no more. */
  readonly windowMs: number
}

/** What was sent to one host and came back, within a tenth of a window. */
export interface QualitySlot {
  /** Epoch milliseconds of its start. */
  readonly atMs: number
  readonly sent: number
  readonly lost: number
  readonly rtts: number
  readonly rttSumMs: number
  readonly diffs: number
  readonly diffSumMs: number
}

/** The window of one host that is asked. Bounded: a window has ten slots. */
export interface QualityTrack {
  readonly host: string
  readonly slots: readonly QualitySlot[]
  /** Transmissions without an answer since the last one: loss, if an answer comes yet. */
  readonly pending: number
  /** Of the last answer, where it is no older than the window. */
  readonly lastRttMs?: number
}

/** The path is poor, and since when all of its figures have been well again. */
export interface Poor {
  /** In plain words, which figure was over which limit. */
  readonly what: string
  /** Epoch milliseconds. Absent: they are not. */
  readonly quietSinceMs?: number
}

/**
 * What the last answer taught of loss, while it may yet prove to have been no loss: it came only after a retransmission, and where the
 * answer to the other transmission comes as well, nothing was lost.
 */
export interface LossDoubt {
  /** The estimate before that answer. */
  readonly loss: number
  /** Transmissions that it took for lost, those of silent questions before it included. */
  readonly lost: number
  /** How many of these were its own question's: their answers may yet come. 1 or more. */
  readonly open: number
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
  /**
   * Absent: the last outcome taught no loss that could yet be taken back. Not kept over a restart, which the answer would not find its way
   * through.
   */
  readonly lossDoubt?: LossDoubt
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
  /** By host; only where limits of quality are set. Not kept over a restart. */
  readonly quality?: readonly QualityTrack[]
  /** Loss, latency or jitter over time are worse than allowed. Absent: they are not. */
  readonly poor?: Poor
  /** Epoch milliseconds since it is `impaired` or `poor`, one after the other included. Absent: it is neither. */
  readonly worseSinceMs?: number
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
