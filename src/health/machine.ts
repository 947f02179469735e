import type { HealthState, Thresholds } from '../core/health.ts'
import { evidenceOf, type Outcome } from '../core/outcome.ts'
import { convicts, learnLoss } from './loss.ts'

/** Nothing is known yet; `nowMs` in epoch milliseconds. */
export function initialHealth(nowMs: number): HealthState {
  return {
    status: 'unknown',
    sinceMs: nowMs,
    passes: 0,
    fails: 0,
    hardFails: 0,
    unanswered: 0,
    loss: 0,
    changes: 0,
  }
}

/**
 * Health after one more outcome. Pure; `nowMs` is when the outcome came in.
 *
 * | status  | pass                    | fail                              | inconclusive |
 * |---------|-------------------------|-----------------------------------|--------------|
 * | unknown | up at once              | down when the run convicts        | as it was    |
 * | up      | up                      | down when the run convicts        | as it was    |
 * | down    | up after `rise` in line | down                              | as it was    |
 *
 * One pass is enough to leave `unknown`, since unknown is answered as up already: waiting would change nothing.
 * When a run convicts is told in `loss.ts`.
 */
export function step(
  state: HealthState,
  outcome: Outcome,
  thresholds: Thresholds,
  nowMs: number,
): HealthState {
  if (outcome.result === 'inconclusive') return { ...state, last: outcome, lastAtMs: nowMs }
  return outcome.result === 'pass'
    ? passed(state, outcome, thresholds.rise, nowMs)
    : failed(state, outcome, thresholds.fall, nowMs)
}

function passed(state: HealthState, outcome: Outcome, rise: number, nowMs: number): HealthState {
  const { failingSinceMs: _, ...rest } = state
  // Silence that ended without a conviction was loss; silence that convicted was an outage and says nothing of the path.
  const lostBefore = state.status === 'down' ? 0 : state.unanswered
  const next: HealthState = {
    ...rest,
    passes: state.passes + 1,
    fails: 0,
    hardFails: 0,
    unanswered: 0,
    loss: learnLoss(state.loss, lostBefore + Math.max(0, outcome.attempts - 1)),
    heardAtMs: nowMs,
    last: outcome,
    lastAtMs: nowMs,
  }
  if (state.status === 'up') return next
  if (state.status === 'unknown') return { ...next, status: 'up', sinceMs: nowMs }
  return next.passes >= rise ? { ...next, status: 'up', sinceMs: nowMs, changes: state.changes + 1 } : next
}

function failed(state: HealthState, outcome: Outcome, fall: number, nowMs: number): HealthState {
  const hard = evidenceOf(outcome) === 'hard'
  const next: HealthState = {
    ...state,
    passes: 0,
    fails: state.fails + 1,
    hardFails: state.hardFails + (hard ? 1 : 0),
    unanswered: state.unanswered + (hard ? 0 : Math.max(1, outcome.attempts)),
    failingSinceMs: state.failingSinceMs ?? nowMs,
    ...(hard ? { heardAtMs: nowMs } : {}),
    last: outcome,
    lastAtMs: nowMs,
  }
  if (state.status === 'down' || !convicts(next, fall)) return next
  const changes = state.changes + (state.status === 'up' ? 1 : 0)
  return { ...next, status: 'down', sinceMs: nowMs, changes }
}
