import type { HealthState, LossDoubt } from '../core/health.ts'
import { learnLoss } from './loss.ts'
import { unlose } from './quality-window.ts'

/**
 * A slow answer is no lost packet. A server that pauses (garbage collection, a busy core) is asked again, and its first answer then looks
 * as if a transmission had been lost. But it answers both, byte for byte (RFC 3261 section 17.2.2), and the second answer proves that the
 * retransmission was needless: the question Eifel asks (RFC 3522), told here by counting answers instead of time stamps.
 */

/** What may yet be taken back of a pass after `lost` transmissions, `attempts` of which were its question's own. */
export function doubtOf(loss: number, lost: number, attempts: number): LossDoubt | undefined {
  const open = Math.min(lost, attempts - 1)
  return open > 0 ? { loss, lost, open } : undefined
}

/** The state without the doubt about its last answer: another outcome has come, so what that answer taught stands. */
export function withoutDoubt(state: HealthState): HealthState {
  const { lossDoubt: _, ...rest } = state
  return rest
}

/**
 * Health once one more answer to a retransmitted question came: what its first answer taught of loss is worked out anew, with one
 * transmission fewer lost. Pure.
 *
 * | doubt of the last answer                             | then                                          |
 * |------------------------------------------------------|-----------------------------------------------|
 * | none: nothing was learnt, or a newer outcome came    | as it was                                     |
 * | several answers are open                             | one transmission fewer lost, the others doubted still |
 * | this was the last                                    | one transmission fewer lost, no doubt is left |
 *
 * It is right on a lossy path as well: both transmissions went there and back, the first one late, so neither was lost. Only what was taken
 * for loss is undone; the second answer is no further evidence for the path, which leaves the estimate on the careful side.
 *
 * The round trip that Karn's rule hid is not learnt, though it could be told now (RFC 4015 section 3): the pause is the server's, and what
 * it adds to the path's variation makes the last wait of a run longer for ten questions, by 0.1 to 0.2 s, to save one packet a pause. The
 * backing-off stays as well, until an answer comes to a question sent once: a path that grew longer could otherwise never give a sample
 * again (`rtt.ts`).
 */
export function provedSpurious(state: HealthState): HealthState {
  if (state.lossDoubt === undefined) return state
  const { loss: before, lost, open } = state.lossDoubt
  const loss = learnLoss(before, lost - 1)
  const { quality } = state
  const taken = quality === undefined ? { ...state, loss } : { ...state, loss, quality: unlose(quality) }
  if (open === 1) return withoutDoubt(taken)
  return { ...taken, lossDoubt: { loss: before, lost: lost - 1, open: open - 1 } }
}
