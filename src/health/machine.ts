import type { HealthState, Thresholds } from '../core/health.ts'
import { evidenceOf, type Outcome } from '../core/outcome.ts'
import { drainEnds, drainUntilMs } from './drain.ts'
import { learnImpairment } from './impairment.ts'
import { convicts, learnLoss } from './loss.ts'
import { learnQuality } from './quality.ts'
import { learnRtt } from './rtt.ts'
import { doubtOf, withoutDoubt } from './spurious.ts'
import { steadyPass } from './steady.ts'

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
 * | status  | pass                     | fail                              | 503 with Retry-After         | inconclusive |
 * |---------|--------------------------|-----------------------------------|------------------------------|--------------|
 * | unknown | up at once               | down when the run convicts        | drains when the run convicts | as it was    |
 * | up      | up                       | down when the run convicts        | drains when the run convicts | as it was    |
 * | drains  | up when the drain ends   | down when the run convicts        | drains, its time anew        | as it was    |
 * | down    | up after `rise` in line  | down                              | drains: it lives             | as it was    |
 *
 * One pass is enough to leave `unknown`, since unknown is answered as up already: waiting would change nothing.
 * When a run convicts is told in `loss.ts`, when a drain ends in `drain.ts`. `outage`: the silence that a pass ends was an outage, as others
 * know (`outage.ts`).
 */
export function step(
  state: HealthState,
  outcome: Outcome,
  thresholds: Thresholds,
  nowMs: number,
  outage = false,
): HealthState {
  const steady = thresholds.quality === undefined ? steadyPass(state, outcome, nowMs) : undefined
  if (steady !== undefined) return steady
  if (state.lossDoubt !== undefined) return step(withoutDoubt(state), outcome, thresholds, nowMs, outage)
  if (outcome.result === 'inconclusive') return { ...state, last: outcome, lastAtMs: nowMs }
  const next =
    outcome.result === 'pass'
      ? passed(state, outcome, thresholds, nowMs, outage)
      : failed(state, outcome, thresholds.fall, nowMs)
  if (thresholds.quality === undefined && state.poor === undefined) return sinceWorse(next, nowMs)
  const { quality: _, poor: _1, ...rest } = next
  const quality = learnQuality(state, outcome, thresholds, !isDead(state) && !outage, nowMs)
  return sinceWorse({ ...rest, ...quality }, nowMs)
}

/** `sinceMs` tells since when it is up, not since when its answers are worse than they may be. */
function sinceWorse(next: HealthState, nowMs: number): HealthState {
  const worse = next.impaired === true || next.poor !== undefined
  if (worse) return next.worseSinceMs === undefined ? { ...next, worseSinceMs: nowMs } : next
  if (next.worseSinceMs === undefined) return next
  const { worseSinceMs: _, ...rest } = next
  return rest
}

function passed(
  state: HealthState,
  outcome: Outcome,
  thresholds: Thresholds,
  nowMs: number,
  outage: boolean,
): HealthState {
  const { failingSinceMs: _, impaired: _1, impairedRun: _2, drainUntilMs: _3, ...rest } = state
  const passes = state.passes + 1
  const lost = outage ? 0 : lostBefore(state, outcome)
  const lossDoubt = doubtOf(state.loss, lost, outcome.attempts)
  const next: HealthState = {
    ...rest,
    ...learnRtt(state, outcome),
    ...learnImpairment(state, outcome, thresholds),
    passes,
    fails: 0,
    hardFails: 0,
    unanswered: 0,
    loss: learnLoss(state.loss, lost),
    ...(lossDoubt === undefined ? {} : { lossDoubt }),
    heardAtMs: nowMs,
    last: outcome,
    lastAtMs: nowMs,
  }
  if (state.status === 'up') return next
  if (state.status === 'unknown') return { ...next, status: 'up', sinceMs: nowMs }
  const back =
    state.drainUntilMs === undefined
      ? passes >= thresholds.rise
      : drainEnds(state.drainUntilMs, passes, thresholds.rise, nowMs)
  if (back) return { ...next, status: 'up', sinceMs: nowMs, changes: state.changes + 1 }
  return state.drainUntilMs === undefined ? next : { ...next, drainUntilMs: state.drainUntilMs }
}

/**
 * Transmissions that were lost before this pass. Silence that ended without a conviction was loss; silence that convicted was an outage and
 * says nothing of the path, and nor does what the first question answered after it had sent in vain: the outage ended between its
 * transmissions.
 */
function lostBefore(state: HealthState, { attempts }: Outcome): number {
  if (!isDead(state)) return state.unanswered + Math.max(0, attempts - 1)
  return state.passes === 0 ? 0 : Math.max(0, attempts - 1)
}

function failed(state: HealthState, outcome: Outcome, fall: number, nowMs: number): HealthState {
  const hard = evidenceOf(outcome) === 'hard'
  const untilMs = drainUntilMs(outcome, nowMs)
  // Its own word that it lives, while it was out already: no fail, but the drain's time anew.
  if (untilMs !== undefined && state.status === 'down') return drained(state, outcome, untilMs, nowMs)
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
  if (isDead(state) || !convicts(next, fall)) return next
  const changes = state.changes + (state.status === 'up' ? 1 : 0)
  const { drainUntilMs: _, ...dead } = next
  const down: HealthState = { ...dead, status: 'down', sinceMs: nowMs, changes }
  return untilMs === undefined ? down : drained(down, outcome, untilMs, nowMs)
}

/** `sinceMs` moves where a death turns into a drain: they are told apart. */
function drained(state: HealthState, outcome: Outcome, untilMs: number, nowMs: number): HealthState {
  const { failingSinceMs: _, ...rest } = state
  return {
    ...rest,
    sinceMs: isDead(state) ? nowMs : state.sinceMs,
    passes: 0,
    fails: 0,
    hardFails: 0,
    unanswered: 0,
    heardAtMs: nowMs,
    drainUntilMs: untilMs,
    last: outcome,
    lastAtMs: nowMs,
  }
}

function isDead(state: HealthState): boolean {
  return state.status === 'down' && state.drainUntilMs === undefined
}
