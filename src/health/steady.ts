import type { HealthState } from '../core/health.ts'
import type { Outcome } from '../core/outcome.ts'
import { learnLoss } from './loss.ts'
import { learnRtt } from './rtt.ts'

/** What a server that is simply well has nothing of. */
type Trouble =
  | 'failingSinceMs'
  | 'drainUntilMs'
  | 'impaired'
  | 'impairedRun'
  | 'quality'
  | 'poor'
  | 'worseSinceMs'
  | 'lossDoubt'
/** All the rest, so that a field added to health cannot be forgotten here: it does not compile without. */
type Steady = Required<Omit<HealthState, Trouble>>

/**
 * One more pass of a server that is well, where nothing moves but the figures; undefined for any other state or outcome, which `step` takes
 * its general way. Says what that way would say, written field by field: ten thousand times a second, states spread into one another are a
 * twentieth of the CPU and most of what the collector has to keep.
 */
export function steadyPass(state: HealthState, outcome: Outcome, nowMs: number): HealthState | undefined {
  // What came only after a retransmission leaves a doubt; one that an earlier answer left ends here, by not being copied.
  if (outcome.attempts > 1) return undefined
  if (state.status !== 'up' || outcome.result !== 'pass' || outcome.impaired !== undefined) return undefined
  if (state.failingSinceMs !== undefined || state.drainUntilMs !== undefined) return undefined
  if (state.impaired !== undefined || state.impairedRun !== undefined) return undefined
  if (state.quality !== undefined || state.poor !== undefined) return undefined
  const { srttMs, rttvarMs, rttSamples, rttBackoff } = learnRtt(state, outcome)
  if (srttMs === undefined || rttvarMs === undefined) return undefined
  if (rttSamples === undefined || rttBackoff === undefined) return undefined
  const next: Steady = {
    status: 'up',
    sinceMs: state.sinceMs,
    passes: state.passes + 1,
    fails: 0,
    hardFails: 0,
    unanswered: 0,
    heardAtMs: nowMs,
    loss: learnLoss(state.loss, state.unanswered),
    changes: state.changes,
    srttMs,
    rttvarMs,
    rttSamples,
    rttBackoff,
    last: outcome,
    lastAtMs: nowMs,
  }
  return next
}
