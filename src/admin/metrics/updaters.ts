import type { ProviderReport } from '../../app/status.ts'
import type { Subject } from './instruments.ts'

/** The updaters of managed zones. docs/updaters.md has the table. */
export const updaters: Subject = (make) => {
  const provider = ['provider'] as const
  const zone = ['provider', 'zone'] as const
  const state = make.gauge('provider_state', '1 for the state that the updater is in.', ['provider', 'state'])
  const wanted = make.gauge('provider_sets_wanted', 'Record sets that health drives in the zone.', zone)
  const differing = make.gauge('provider_sets_differing', 'Of these, not yet as they shall be.', zone)
  const refused = make.gauge('provider_sets_refused', 'Of these, left alone.', zone)
  const owned = make.gauge('provider_sets_owned', 'Record sets marked as ours, as last read.', provider)
  const calls = make.counter('provider_calls_total', 'What was asked of the provider, and what came of it.', [
    'provider',
    'kind',
    'result',
  ])
  const callSeconds = make.counter('provider_call_seconds_total', 'Time spent in these calls.', [
    'provider',
    'kind',
  ])
  const requests = make.counter(
    'provider_requests_total',
    'Requests of the API, of all updaters with its account.',
    provider,
  )
  const throttles = make.counter('provider_throttles_total', 'Requests that were too many for it.', provider)
  const rate = make.gauge('provider_requests_per_second', 'Allowed at present, as learned.', provider)
  const changes = make.counter('provider_changes_total', 'Changes that were accepted, marks too.', provider)
  const drift = make.counter('provider_drift_total', 'Sets of ours that others changed.', provider)
  const conflicts = make.counter(
    'provider_conflicts_total',
    'Calls that found the zone otherwise than it was read.',
    provider,
  )
  const heldPlans = make.counter('provider_plans_held_total', 'Plans refused for being too large.', provider)
  const held = make.gauge('provider_held', '1 while a plan is held back.', provider)
  const contended = make.gauge(
    'provider_contended',
    '1 while another instance keeps putting our changes back.',
    provider,
  )
  const reachable = make.gauge(
    'provider_reachable',
    '1 when the last call was answered, 0 when not; absent before the first.',
    provider,
  )
  const retryWait = make.gauge(
    'provider_retry_wait_seconds',
    'Until the next attempt; 0 when the last one did not fail.',
    provider,
  )
  const failures = make.gauge('provider_failures_in_a_row', 'Attempts since the last success.', provider)
  const read = make.gauge('provider_last_read_timestamp_seconds', 'When the zone was read.', provider)
  const applied = make.gauge(
    'provider_last_applied_timestamp_seconds',
    'When a change was accepted.',
    provider,
  )
  const success = make.gauge(
    'provider_last_success_timestamp_seconds',
    'When the zone was last found or made to be as it shall be.',
    provider,
  )
  const acceptance = make.gauge(
    'provider_acceptance_seconds',
    'From the last decision to the acceptance of its urgent changes.',
    provider,
  )
  const propagation = make.gauge(
    'provider_propagation_seconds',
    'From the last acceptance until it was in force everywhere.',
    provider,
  )

  return ({ providers, now }) => {
    for (const [name, report] of Object.entries(providers)) {
      fillZones(name, report)
      fillCalls(name, report)
      fillOne(name, report, now)
    }
  }

  function fillZones(name: string, { zones }: ProviderReport): void {
    for (const [origin, counts] of Object.entries(zones)) {
      const labels = { provider: name, zone: origin }
      wanted.set(labels, counts.wanted)
      differing.set(labels, counts.differing)
      refused.set(labels, counts.refused)
    }
  }

  function fillCalls(name: string, report: ProviderReport): void {
    const labels = { provider: name }
    for (const { kind, result, count, totalMs } of report.calls) {
      calls.set({ ...labels, kind, result }, count)
      callSeconds.set({ ...labels, kind }, totalMs / 1000)
    }
    const { counters, reachable: isReachable } = report
    requests.set(labels, counters.calls)
    throttles.set(labels, counters.throttles)
    changes.set(labels, counters.changes)
    drift.set(labels, counters.drifted)
    conflicts.set(labels, counters.conflicts)
    heldPlans.set(labels, counters.held)
    if (isReachable !== undefined) reachable.set(labels, Number(isReachable))
  }

  function fillOne(name: string, report: ProviderReport, now: string): void {
    const labels = { provider: name }
    state.set({ ...labels, state: report.state }, 1)
    owned.set(labels, report.owned)
    rate.set(labels, report.callsPerSecond)
    held.set(labels, Number(report.held !== undefined))
    contended.set(labels, Number(report.contended !== undefined))
    const { failure } = report
    const waitMs = failure === undefined ? 0 : Date.parse(failure.next) - Date.parse(now)
    retryWait.set(labels, Math.max(0, waitMs) / 1000)
    failures.set(labels, failure?.attempts ?? 0)
    if (report.lastRead !== undefined) read.set(labels, Date.parse(report.lastRead) / 1000)
    if (report.lastApplied !== undefined) applied.set(labels, Date.parse(report.lastApplied) / 1000)
    if (report.lastConverged !== undefined) success.set(labels, Date.parse(report.lastConverged) / 1000)
    if (report.acceptedMs !== undefined) acceptance.set(labels, report.acceptedMs / 1000)
    if (report.propagatedMs !== undefined) propagation.set(labels, report.propagatedMs / 1000)
  }
}
