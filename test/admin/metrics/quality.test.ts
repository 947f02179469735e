import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { quality } from '../../../src/admin/metrics/quality.ts'
import { createMetrics } from '../../../src/admin/metrics.ts'
import { qualityReport } from '../../../src/app/quality-report.ts'
import type { StatusReport } from '../../../src/app/status.ts'
import type { HealthState } from '../../../src/core/health.ts'
import { outcome } from '../../../src/core/outcome.ts'
import { initialHealth, step } from '../../../src/health/machine.ts'
import { exportedBy, tableIn } from '../../support/metric-table.ts'

const PROBE = { rise: 2, fall: 3, quality: { loss: 0.1, latencyMs: 150, windowMs: 30_000 } }

/** A pass a second, of 20 and 30 ms by turns, every tenth at its second try. */
function measured(seconds: number): HealthState {
  let state = initialHealth(0)
  for (let second = 0; second < seconds; second++) {
    const attempts = second % 10 === 9 ? 2 : 1
    const rttMs = second % 2 === 0 ? 20 : 30
    state = step(state, outcome('ok', { attempts, rttMs }), PROBE, second * 1000)
  }
  return state
}

it('the metrics of paths stand in the table of docs/health.md, each with its type and labels', async () => {
  const page = await readFile(new URL('../../../docs/health.md', import.meta.url), 'utf8')
  expect(tableIn(page)).toEqual(exportedBy(quality))
})

it('the figures of a path are told with what made it poor, and none while too little is known', () => {
  expect(qualityReport(measured(9), PROBE)).toBeUndefined()
  expect(qualityReport(measured(20), PROBE)).toEqual({ sent: 22, loss: 0.0909, latencyMs: 25, jitterMs: 10 })
  const strict = { ...PROBE, quality: { ...PROBE.quality, loss: 0.01 } }
  const poor = step(measured(20), outcome('ok', { attempts: 1, rttMs: 20 }), strict, 20_000)
  expect(qualityReport(poor, strict)?.poor).toBe('loss 8.7 % (2 of 23), more than 1 %')
  expect(qualityReport(poor, { ...PROBE, quality: undefined } as never)).toBeUndefined()
})

it('are rendered for probes that have limits', async () => {
  const probe = (name: string, rest: object) => ({
    probe: name,
    address: '192.0.2.1',
    status: 'up',
    loss: 0,
    ...rest,
  })
  const probes = [
    probe('upstream', { quality: { sent: 40, loss: 0.05, latencyMs: 25, jitterMs: 10, poor: 'loss' } }),
    probe('plain', {}),
  ]
  const targets = { dsl: { effective: 'degraded', probes } }
  const status = {
    now: '2026-01-01T00:00:00.000Z',
    zones: {},
    pools: { links: { decisions: [], targets } },
    providers: {},
    questions: { asked: 0, p50Ms: 0, p99Ms: 0, worstMs: 0 },
  }
  const text = await createMetrics(() => status as unknown as StatusReport).render()
  const labels = 'pool="links",target="dsl",address="192.0.2.1",probe="upstream"'
  for (const line of [
    `sipvane_path_loss_ratio{${labels}} 0.05`,
    `sipvane_path_latency_seconds{${labels}} 0.025`,
    `sipvane_path_jitter_seconds{${labels}} 0.01`,
    `sipvane_path_poor{${labels}} 1`,
  ])
    expect(text.split('\n')).toContain(line)
  expect(text).not.toMatch(/sipvane_path_\w+\{[^}]*probe="plain"/)
})
