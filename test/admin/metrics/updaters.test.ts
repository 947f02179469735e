import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { updaters } from '../../../src/admin/metrics/updaters.ts'
import { createMetrics } from '../../../src/admin/metrics.ts'
import type { ProviderReport, StatusReport } from '../../../src/app/status.ts'
import { exportedBy, tableIn } from '../../support/metric-table.ts'

const NOW = '2026-01-01T00:01:00.000Z'

function report(rest: Partial<ProviderReport> = {}): StatusReport {
  const aws: ProviderReport = {
    kind: 'route53',
    state: 'converged',
    owner: 'ns1',
    dryRun: false,
    owned: 4,
    wanted: 4,
    pending: { create: 0, update: 0, delete: 0, marks: 0 },
    refusals: [],
    counters: {
      calls: 9,
      throttles: 2,
      readings: 1,
      batches: 1,
      changes: 8,
      failures: 3,
      conflicts: 1,
      drifted: 5,
      held: 6,
    },
    calls: [
      { kind: 'read', result: 'ok', count: 3, totalMs: 1_500 },
      { kind: 'apply', result: 'ok', count: 1, totalMs: 250 },
      { kind: 'apply', result: 'throttled', count: 2, totalMs: 500 },
    ],
    zones: { 'voice.example.com.': { wanted: 4, differing: 3, refused: 1 } },
    callsPerSecond: 2.5,
    ...rest,
  }
  const status = {
    node: 'ns1',
    version: '1',
    now: NOW,
    zones: {},
    pools: {},
    providers: { aws },
    questions: { asked: 0, p50Ms: 0, p99Ms: 0, worstMs: 0 },
  }
  return status as unknown as StatusReport
}

async function linesOf(rest: Partial<ProviderReport> = {}): Promise<string[]> {
  const text = await createMetrics(() => report(rest)).render()
  return text.split('\n').filter((line) => line.startsWith('sipvane_provider_'))
}

describe('the metrics of updaters', () => {
  it('stand in the table of docs/updaters.md, each with its type and labels', async () => {
    const page = await readFile(new URL('../../../docs/updaters.md', import.meta.url), 'utf8')
    expect(tableIn(page)).toEqual(exportedBy(updaters))
  })

  it('count calls by kind and result, and the time that they took by kind', async () => {
    const lines = await linesOf()
    expect(lines).toContain('sipvane_provider_calls_total{provider="aws",kind="apply",result="throttled"} 2')
    expect(lines).toContain('sipvane_provider_calls_total{provider="aws",kind="read",result="ok"} 3')
    expect(lines).toContain('sipvane_provider_call_seconds_total{provider="aws",kind="apply"} 0.75')
    expect(lines).toContain('sipvane_provider_throttles_total{provider="aws"} 2')
    expect(lines).toContain('sipvane_provider_drift_total{provider="aws"} 5')
    expect(lines).toContain('sipvane_provider_plans_held_total{provider="aws"} 6')
  })

  it('tell by zone how many sets differ', async () => {
    const labels = '{provider="aws",zone="voice.example.com."}'
    const lines = await linesOf()
    expect(lines).toContain(`sipvane_provider_sets_wanted${labels} 4`)
    expect(lines).toContain(`sipvane_provider_sets_differing${labels} 3`)
    expect(lines).toContain(`sipvane_provider_sets_refused${labels} 1`)
  })

  it('tell of a provider that cannot be reached, and when it is asked again', async () => {
    const failure = {
      code: 'provider-unreachable',
      message: 'no connection',
      attempts: 3,
      since: '2026-01-01T00:00:00.000Z',
      next: '2026-01-01T00:01:04.500Z',
    }
    const lines = await linesOf({ state: 'failing', reachable: false, failure })
    expect(lines).toContain('sipvane_provider_reachable{provider="aws"} 0')
    expect(lines).toContain('sipvane_provider_retry_wait_seconds{provider="aws"} 4.5')
    expect(lines).toContain('sipvane_provider_failures_in_a_row{provider="aws"} 3')
    expect(lines).toContain('sipvane_provider_state{provider="aws",state="failing"} 1')
  })

  it('leave out what is not known yet, instead of saying nought', async () => {
    const lines = await linesOf()
    for (const name of ['reachable', 'last_success_timestamp_seconds', 'propagation_seconds'])
      expect(lines.filter((line) => line.startsWith(`sipvane_provider_${name}{`))).toEqual([])
    const known = await linesOf({
      reachable: true,
      lastConverged: '2026-01-01T00:00:30.000Z',
      propagatedMs: 12_500,
      held: '9 of 10',
    })
    expect(known).toContain('sipvane_provider_reachable{provider="aws"} 1')
    expect(known).toContain('sipvane_provider_last_success_timestamp_seconds{provider="aws"} 1767225630')
    expect(known).toContain('sipvane_provider_propagation_seconds{provider="aws"} 12.5')
    expect(known).toContain('sipvane_provider_held{provider="aws"} 1')
  })
})
