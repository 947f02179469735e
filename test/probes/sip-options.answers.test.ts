import { afterEach, describe, expect, test } from 'vitest'
import type { TraceStep } from '../../src/probes/definition.ts'
import * as lab from '../support/sip-behaviours.ts'
import { createSipBench, type SipBench, settled, TIMEOUT_MS } from '../support/sip-bench.ts'
import { until } from '../support/sip-real-time.ts'

const cleanups: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function bench(probe: Record<string, unknown> = {}, behaviour = lab.status(200)): Promise<SipBench> {
  const made = await createSipBench({ server: { transport: 'udp' }, probe })
  made.server.behave(behaviour)
  cleanups.push(() => made.close())
  return made
}

describe('what comes back to OPTIONS over UDP', () => {
  test.each([
    ['a wrong branch', lab.wrongBranch],
    ['a wrong Call-ID', lab.wrongCallId],
    ['a wrong CSeq method', lab.wrongMethod],
  ])('an answer with %s is counted and does not pass', async (_what, behaviour) => {
    const { ask, server, time, sip } = await bench({}, behaviour)
    const steps: TraceStep[] = []
    const answer = ask({ trace: (step) => steps.push(step), mayRetransmit: () => false })
    await until(() => sip.counters.foreign === 1, 'the stray to be counted')
    await time.advance(TIMEOUT_MS)
    expect(await answer).toMatchObject({
      result: 'fail',
      reason: 'timeout',
      detail: 'no answer; ignored 1 that were not answers to it',
    })
    expect(steps.some((step) => step.direction === 'note' && step.text.startsWith('ignored: '))).toBe(true)
    expect(server.requests).toHaveLength(1)
  })

  test('the right answer from the wrong port never arrives: the kernel drops it', async () => {
    const { ask, server, time, sip } = await bench({}, lab.foreignSource)
    const answer = ask()
    await server.received(1)
    await settled()
    await time.advance(TIMEOUT_MS)
    expect(await answer).toMatchObject({ result: 'fail', reason: 'timeout', detail: 'no answer' })
    expect(sip.counters).toMatchObject({ foreign: 0, malformed: 0 })
  })

  test('garbage is counted and waits for the deadline: anybody may have sent it', async () => {
    const { ask, time, sip } = await bench({}, lab.garbage())
    const answer = ask({ mayRetransmit: () => false })
    await until(() => sip.counters.malformed === 1, 'the garbage to be counted')
    await time.advance(TIMEOUT_MS)
    expect(await answer).toMatchObject({ result: 'fail', reason: 'timeout' })
  })

  test.each([
    ['no CSeq', (text: string) => text.replace(/^CSeq: .*\r\n/m, '')],
    ['a body shorter than it says', (text: string) => text.replace('Content-Length: 0', 'Content-Length: 9')],
    ['a header without a colon', (text: string) => text.replace('From: ', 'From ')],
    ['a status line that is none', (text: string) => text.replace('SIP/2.0 200', 'SIP/2.0 2000')],
  ])('an answer of ours with %s is a bad reply, once nothing better came', async (_what, alter) => {
    const { ask, time, sip, server } = await bench({}, lab.altered(alter))
    const answer = ask()
    await until(() => sip.counters.malformed === 1, 'the broken answer to be counted')
    await time.advance(TIMEOUT_MS / 2)
    await server.received(2)
    await time.advance(TIMEOUT_MS / 2)
    expect(await answer).toMatchObject({ result: 'fail', reason: 'bad-reply', attempts: 2 })
  })

  test('a broken answer and then a whole one passes', async () => {
    const broken = lab.altered((text) => text.replace(/^CSeq: .*\r\n/m, ''))
    const { ask, time, sip } = await bench({}, lab.inTurn(broken, lab.status(200)))
    const answer = ask()
    await until(() => sip.counters.malformed === 1, 'the broken answer to be counted')
    await time.advance(TIMEOUT_MS / 2)
    expect(await answer).toMatchObject({ result: 'pass', attempts: 2 })
  })

  test('answers that lack To, or have compact headers and folding, still count', async () => {
    const sloppy = lab.altered((text) =>
      text
        .replace(/^To: .*\r\n/m, '')
        .replace('Via: ', 'v:\r\n ')
        .replace('Call-ID:', 'i :'),
    )
    expect(await (await bench({}, sloppy)).ask()).toMatchObject({ result: 'pass' })
  })

  test('Retry-After means nothing with another status', async () => {
    const { ask } = await bench({}, lab.status(500, { headers: [['Retry-After', '120']] }))
    const outcome = await ask()
    expect(outcome).toMatchObject({ reason: 'bad-status', status: 500 })
    expect(outcome.retryAfterMs).toBeUndefined()
  })

  test('503 with Retry-After is overload and keeps the time; without it is a bad status', async () => {
    const headers = [['Retry-After', '120 (busy);duration=60']] as const
    const busy = await bench({}, lab.status(503, { headers }))
    expect(await busy.ask()).toMatchObject({
      result: 'fail',
      reason: 'overload',
      status: 503,
      retryAfterMs: 120_000,
      detail: '503 Service Unavailable: asks for no new calls for 120 s',
    })
    busy.server.behave(lab.status(503))
    const down = await busy.ask()
    expect(down).toMatchObject({ reason: 'bad-status', status: 503 })
    expect(down).not.toHaveProperty('retryAfterMs')
  })

  test('`expect` replaces the table: listed passes, unlisted is unexpected, overload stays overload', async () => {
    const { ask, server } = await bench({ expect: [404, '200-204', '5xx'] })
    server.behave(lab.status(404))
    expect(await ask()).toMatchObject({ result: 'pass', reason: 'ok' })
    server.behave(lab.status(500))
    expect(await ask()).toMatchObject({ result: 'pass', reason: 'ok' })
    server.behave(lab.status(401))
    expect(await ask()).toMatchObject({ result: 'fail', reason: 'unexpected', status: 401 })
    const strict = await bench({ expect: ['2xx'] }, lab.status(503, { headers: [['Retry-After', '5']] }))
    expect(await strict.ask()).toMatchObject({ reason: 'overload', retryAfterMs: 5000 })
  })

  test('a hostile reason phrase reaches the detail escaped and capped', async () => {
    const { ask } = await bench({}, lab.status(500, { phrase: `\x1b[2J${'A'.repeat(4000)}` }))
    const { detail = '' } = await ask()
    expect(detail).toMatch(/^500 \\x1b\[2JA+\.\.\.$/)
    expect(detail.length).toBeLessThanOrEqual(200)
  })
})
