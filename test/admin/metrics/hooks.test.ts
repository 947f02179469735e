import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { hooks } from '../../../src/admin/metrics/hooks.ts'
import { createMetrics } from '../../../src/admin/metrics.ts'
import type { StatusReport } from '../../../src/app/status.ts'
import { exportedBy, tableIn } from '../../support/metric-table.ts'

it('the metrics of hooks stand in the table of docs/hooks.md, each with its type and labels', async () => {
  const page = await readFile(new URL('../../../docs/hooks.md', import.meta.url), 'utf8')
  expect(tableIn(page)).toEqual(exportedBy(hooks))
})

it('are rendered with the hook, its kind, and what came of its runs', async () => {
  const pbx = {
    kind: 'asterisk-ami',
    runs: { ran: 3, failed: 1, stopped: 2 },
    retries: 4,
    limited: 5,
    passedOver: 6,
    dropped: 7,
    totalMs: 1_500,
    waiting: 8,
    running: true,
  }
  const status = {
    now: '2026-01-01T00:00:00.000Z',
    zones: {},
    pools: {},
    providers: {},
    hooks: { pbx },
    questions: { asked: 0, p50Ms: 0, p99Ms: 0, worstMs: 0 },
  }
  const text = await createMetrics(() => status as unknown as StatusReport).render()
  const labels = 'hook="pbx",kind="asterisk-ami"'
  for (const line of [
    `sipvane_hook_runs_total{${labels},result="failed"} 1`,
    `sipvane_hook_runs_total{${labels},result="stopped"} 2`,
    `sipvane_hook_run_seconds_total{${labels}} 1.5`,
    `sipvane_hook_retries_total{${labels}} 4`,
    `sipvane_hook_rate_limited_total{${labels}} 5`,
    `sipvane_hook_passed_over_total{${labels}} 6`,
    `sipvane_hook_dropped_total{${labels}} 7`,
    `sipvane_hook_waiting{${labels}} 8`,
    `sipvane_hook_running{${labels}} 1`,
  ])
    expect(text.split('\n')).toContain(line)
})
