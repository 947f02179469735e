import type { HealthState } from '../core/health.ts'

/** Whether the step from one state to the next can change a verdict, its words worth telling, or the suspicion that shortens a TTL. */
export function isNews(before: HealthState, after: HealthState): boolean {
  return (
    before.status !== after.status ||
    before.fails > 0 !== after.fails > 0 ||
    (after.status === 'down' && after.passes > 0) ||
    before.impaired !== after.impaired ||
    (before.poor === undefined) !== (after.poor === undefined) ||
    before.drainUntilMs !== after.drainUntilMs
  )
}
