import { afterEach, describe, expect, it } from 'vitest'
import { type AdminServer, createAdminServer } from '../../src/admin/server.ts'
import type { Facade } from '../../src/app/facade.ts'
import { ReportStore } from '../../src/app/report-board.ts'
import { layOut } from '../../src/app/roster.ts'
import { concernedBy, type ReportOrder, takeReport } from '../../src/app/take-report.ts'
import { targetId } from '../../src/core/brand.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { settingsOf } from '../support/settings.ts'

const SETTINGS = settingsOf(`
probes:
  tcp: { type: tcp }
  backup: { type: push }
  calls: { type: push, expiresIn: 5m }
  both: { type: all, of: [tcp, backup] }
pools:
  edge:
    policy: failover
    probes: [tcp, both]
    targets: { sip1: { address: 192.0.2.11 }, sip2: { address: 192.0.2.12 } }
  core:
    policy: failover
    probes: [backup, calls]
    targets: { a: { address: 192.0.2.21 } }
  plain:
    policy: failover
    probes: [tcp]
    targets: { a: { address: 192.0.2.31 } }
`)

const reports = new ReportStore()
const orders: ReportOrder[] = []
let server: AdminServer | undefined
afterEach(async () => {
  await server?.close()
  orders.length = 0
})

async function put(path: string, body: unknown): Promise<{ status: number; body: unknown }> {
  const facade: Partial<Facade> = {
    report(pool, target, order) {
      orders.push(order)
      return takeReport(pool, target, order, { settings: SETTINGS, reports, nowMs: 1000 })
    },
  }
  const listen = { address: '127.0.0.1', port: 0 }
  server = createAdminServer({ listen }, facade as Facade, recordingLogger())
  const { port } = await server.listen()
  const answer = await fetch(`http://127.0.0.1:${port}/v1/pools/${path}/report`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: answer.status, body: await answer.json() }
}

describe('a pushed report', () => {
  it('is kept for the one push probe of the pool, be it a member of another', async () => {
    const answer = await put('edge/targets/sip1', {
      result: 'fail',
      detail: 'disk full\x1b[31m',
      expiresIn: '90s',
    })
    expect(answer).toEqual({ status: 200, body: { status: 'taken', probe: 'backup' } })
    expect(reports.latest(targetId('edge', 'sip1'), 'backup')).toEqual({
      outcome: { result: 'fail', reason: 'check-failed', detail: 'disk full\\x1b[31m', attempts: 1 },
      atMs: 1000,
      expiresInMs: 90_000,
    })
  })

  it('may say its reason, its round trip, and that a pass is impaired', async () => {
    await put('core/targets/a', {
      result: 'pass',
      reason: 'ok-noted',
      rttMs: 12.5,
      impaired: 'slow',
      probe: 'calls',
    })
    expect(reports.latest(targetId('core', 'a'), 'calls')?.outcome).toEqual({
      result: 'pass',
      reason: 'ok-noted',
      rttMs: 12.5,
      impaired: 'slow',
      attempts: 1,
    })
  })

  it.each([
    ['core/targets/a', { result: 'pass' }, 409, 'which-probe'],
    ['core/targets/a', { result: 'pass', probe: 'tcp' }, 404, 'unknown-probe'],
    ['plain/targets/a', { result: 'pass' }, 404, 'unknown-probe'],
    ['edge/targets/sip9', { result: 'pass' }, 404, 'unknown-target'],
    ['nowhere/targets/sip1', { result: 'pass' }, 404, 'unknown-target'],
  ])('%s %j: %i %s', async (path, body, status, code) => {
    expect(await put(path, body)).toMatchObject({ status, body: { error: { code } } })
  })

  it.each([
    [{}],
    [{ result: 'maybe' }],
    [{ result: 'pass', reason: 'timeout' }],
    [{ result: 'fail', reason: 'no-such-reason' }],
    [{ result: 'fail', impaired: 'x' }],
    [{ result: 'pass', expiresIn: 60 }],
    [{ result: 'pass', expiresIn: '0s' }],
    [{ result: 'pass', rttMs: -1 }],
    [{ result: 'pass', surely: 'unknown' }],
    [{ result: 'pass', detail: 'x'.repeat(501) }],
    [[]],
  ])('%j is refused before anything is kept', async (body) => {
    expect(await put('edge/targets/sip1', body)).toMatchObject({
      status: 400,
      body: { error: { code: 'bad-request' } },
    })
    expect(orders).toEqual([])
  })

  it('concerns the watches of that target that go by it', () => {
    const { watches } = layOut(SETTINGS)
    expect(concernedBy(watches.values(), 'edge', 'sip1', 'backup', SETTINGS)).toEqual([
      'edge/sip1 both 192.0.2.11',
    ])
    expect(concernedBy(watches.values(), 'core', 'a', 'calls', SETTINGS)).toEqual(['core/a calls 192.0.2.21'])
  })
})
