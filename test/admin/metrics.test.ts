import { describe, expect, it } from 'vitest'
import { createMetrics } from '../../src/admin/metrics.ts'
import type { TargetReport } from '../../src/app/pool-report.ts'
import type { StatusReport } from '../../src/app/status.ts'
import { Tally } from '../../src/publishers/responder/tally.ts'

const COUNTERS = {
  ...new Tally().counters(),
  queries: { udp: { SRV: 7 }, tcp: {} },
  threads: {},
  transfers: {},
  notify: { sent: 0, acknowledged: 0, lost: 0, pending: 0 },
  publishing: { snapshots: 0, totalMs: 0, lastMs: 0 },
}

const target = (effective: 'up' | 'down' | 'degraded'): TargetReport => ({
  addresses: ['192.0.2.11'],
  real: effective,
  effective,
  since: '2026-01-01T00:00:00.000Z',
  planes: { control: effective },
  why: [],
  probes: [
    {
      probe: 'options',
      address: '192.0.2.11',
      status: effective === 'down' ? 'down' : 'up',
      since: '2026-01-01T00:00:00.000Z',
      passes: 1,
      fails: 0,
      loss: 0.25,
      last: { result: 'pass', reason: 'ok', attempts: 1, rttMs: 12, at: '2026-01-01T00:00:00.000Z' },
    },
  ],
})

function report(targets: Record<string, TargetReport>): StatusReport {
  return {
    node: 'ns1',
    version: '1.2.3',
    now: '2026-01-01T00:00:00.000Z',
    started: '2026-01-01T00:00:00.000Z',
    ready: true,
    notReady: [],
    blind: false,
    generation: 3,
    questions: { asked: 10, p50Ms: 2, p99Ms: 10, worstMs: 15 },
    zones: { 'voice.example.com.': { serial: 1_800_000_000, sets: 4, publish: ['dns'] } },
    pools: {
      edge: {
        policy: 'failover',
        decisions: [
          { probes: 'options', mode: 'failover', active: [], members: [], suspect: false, why: [] },
        ],
        targets,
      },
    },
    providers: {},
    dns: { listen: [], counters: COUNTERS },
  } as unknown as StatusReport
}

describe('the metrics', () => {
  it('tell of targets, probes, pools, zones and queries', async () => {
    const metrics = createMetrics(() => report({ sip1: target('down'), sip2: target('degraded') }))
    const text = await metrics.render()
    expect(metrics.contentType).toContain('text/plain')
    for (const line of [
      'sipvane_info{version="1.2.3",node="ns1"} 1',
      'sipvane_ready 1',
      'sipvane_target_up{pool="edge",target="sip1"} 0',
      'sipvane_target_up{pool="edge",target="sip2"} 1',
      'sipvane_target_degraded{pool="edge",target="sip2"} 1',
      'sipvane_probe_up{pool="edge",target="sip1",address="192.0.2.11",probe="options"} 0',
      'sipvane_probe_rtt_seconds{pool="edge",target="sip2",address="192.0.2.11",probe="options"} 0.012',
      'sipvane_probe_loss_ratio{pool="edge",target="sip2",address="192.0.2.11",probe="options"} 0.25',
      'sipvane_pool_mode{pool="edge",probes="options",mode="failover"} 1',
      'sipvane_zone_serial{zone="voice.example.com."} 1800000000',
      'sipvane_question_lateness_seconds{quantile="0.99"} 0.01',
      'sipvane_dns_queries_total{transport="udp",qtype="SRV"} 7',
    ]) {
      expect(text.split('\n')).toContain(line)
    }
  })

  it('forget a target that is gone, and count nothing twice', async () => {
    let targets = { sip1: target('up'), sip2: target('up') } as Record<string, TargetReport>
    const metrics = createMetrics(() => report(targets))
    await metrics.render()
    targets = { sip1: target('up') }
    const text = await metrics.render()
    expect(text).not.toContain('sip2')
    expect(text).toContain('sipvane_dns_queries_total{transport="udp",qtype="SRV"} 7\n')
  })
})
