import type { HealthState, Thresholds } from '../core/health.ts'
import type { Outcome } from '../core/outcome.ts'

type Impairment = Pick<HealthState, 'impaired' | 'impairedRun'>

/**
 * A pass may be worse than its thresholds allow. One slow answer is an everyday event, so it takes `degrade.fall` impaired passes in a
 * row to believe it, and `degrade.rise` good ones to believe that it is over; fails between count for neither.
 */
export function learnImpairment(state: Impairment, pass: Outcome, thresholds: Thresholds): Impairment {
  const { rise, fall } = thresholds.degrade ?? thresholds
  const before = state.impaired === true
  const seen = pass.impaired !== undefined
  if (seen === before) return before ? { impaired: true } : {}
  const run = (state.impairedRun ?? 0) + 1
  if (run >= (seen ? fall : rise)) return seen ? { impaired: true } : {}
  return before ? { impaired: true, impairedRun: run } : { impairedRun: run }
}
