import { expect, test } from 'vitest'
import { ReportStore } from '../../src/app/report-board.ts'
import { targetId } from '../../src/core/brand.ts'
import { outcome } from '../../src/core/outcome.ts'
import { push } from '../../src/probes/push.ts'
import { createSipTransports } from '../../src/probes/transport/shared-sip-transports.ts'
import { probeDeps } from '../support/probe-deps.ts'
import { labTarget } from '../support/sip-targets.ts'
import { VirtualTime } from '../support/virtual-time.ts'

const TARGET = targetId('edge', 'sip1')

function bench(options: Record<string, unknown> = {}) {
  const time = new VirtualTime(1_000_000)
  const sip = createSipTransports({ clock: time, timers: time })
  const reports = new ReportStore()
  const deps = probeDeps({ clock: time, timers: time, sip, reports, probe: 'backup' })
  const prober = push.create(push.options.parse(options), deps)
  return { time, reports, prober, ask: () => prober.ask(labTarget(1), '127.0.0.1', { timeoutMs: 1000 }) }
}

test('a report counts until its time is over; then silence is failure', async () => {
  const { time, reports, ask } = bench({ expiresIn: '30s' })
  const good = outcome('ok', { attempts: 1, detail: 'backup done', rttMs: 12 })
  reports.put(TARGET, 'backup', { outcome: good, atMs: time.nowMs() })
  expect(await ask()).toEqual(good)
  await time.advance(29_999)
  expect(await ask()).toEqual(good)
  await time.advance(1)
  expect(await ask()).toEqual({
    result: 'fail',
    reason: 'report-missing',
    attempts: 1,
    detail: 'the last report (pass) is 30s old, good for 30s',
  })
})

test("the reporter's own time goes before the configuration's", async () => {
  const { time, reports, ask } = bench({ expiresIn: '30s' })
  reports.put(TARGET, 'backup', {
    outcome: outcome('ok', { attempts: 1 }),
    atMs: time.nowMs(),
    expiresInMs: 90_000,
  })
  await time.advance(89_999)
  expect((await ask()).result).toBe('pass')
  await time.advance(1)
  expect((await ask()).result).toBe('fail')
})

test('reporters get their time after a start before silence counts', async () => {
  const { time, prober, ask } = bench({ expiresIn: '30s' })
  await time.advance(20_000)
  await prober.start()
  await time.advance(29_999)
  expect(await ask()).toMatchObject({ result: 'inconclusive', reason: 'no-verdict' })
  await time.advance(1)
  expect(await ask()).toMatchObject({ result: 'fail', reason: 'report-missing' })
})

test("another probe's report, or another target's, is not this one's", async () => {
  const { time, reports, ask } = bench()
  const bad = outcome('check-failed', { attempts: 1 })
  reports.put(TARGET, 'other', { outcome: bad, atMs: time.nowMs() })
  reports.put(targetId('edge', 'sip2'), 'backup', { outcome: bad, atMs: time.nowMs() })
  expect(await ask()).toMatchObject({ reason: 'no-verdict' })
})

test('the newest report wins, and what a new configuration has no use for is forgotten', () => {
  const { time, reports } = bench()
  for (const reason of ['check-failed', 'ok'] as const) {
    reports.put(TARGET, 'backup', { outcome: outcome(reason, { attempts: 1 }), atMs: time.nowMs() })
  }
  expect(reports.latest(TARGET, 'backup')?.outcome.reason).toBe('ok')
  reports.keepOnly((target, probe) => target === TARGET && probe === 'backup')
  expect(reports.latest(TARGET, 'backup')).toBeDefined()
  reports.keepOnly(() => false)
  expect(reports.latest(TARGET, 'backup')).toBeUndefined()
})

test('asks nobody, so it takes nothing of the pace', () => {
  expect(bench().prober.requests).toBe(0)
})
