import { afterEach, describe, expect, test } from 'vitest'
import type { LostConnection } from '../../src/probes/transport/sip-transports.ts'
import * as lab from '../support/sip-behaviours.ts'
import {
  createSipBench,
  type SipBench,
  type SipBenchOptions,
  settled,
  TIMEOUT_MS,
} from '../support/sip-bench.ts'
import { until } from '../support/sip-real-time.ts'
import { createSipServer } from '../support/sip-server.ts'

const cleanups: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function bench(
  behaviour: lab.Behaviour = lab.status(200),
  options: Omit<SipBenchOptions, 'server'> = {},
): Promise<SipBench> {
  const made = await createSipBench({ server: { transport: 'tcp' }, ...options })
  made.server.behave(behaviour)
  cleanups.push(() => made.close())
  return made
}

describe('OPTIONS over TCP', () => {
  test('a 200 passes, and the next question goes over the same connection', async () => {
    const { ask, server, sip } = await bench()
    expect(await ask()).toMatchObject({ result: 'pass', reason: 'ok', attempts: 1, rttMs: 0 })
    expect(await ask()).toMatchObject({ result: 'pass', attempts: 1 })
    expect(server.accepted).toBe(1)
    expect(sip.sockets).toBe(1)
    expect(server.requests[0]?.uri).toBe(`sip:127.0.0.1:${server.port};transport=tcp`)
    expect(server.requests[0]?.header('via')).toMatch(/^SIP\/2\.0\/TCP 127\.0\.0\.1:\d+;/)
    expect(server.requests[0]?.header('contact')).toMatch(/;transport=tcp>$/)
  })

  test('an answer in pieces is put together, and several in one read are taken apart', async () => {
    const { ask, server } = await bench(lab.split(5))
    expect(await ask()).toMatchObject({ result: 'pass' })
    server.behave(lab.merged)
    expect(await ask()).toMatchObject({ result: 'pass' })
    expect(server.accepted).toBe(1)
  })

  test('a closed port is refused at once', async () => {
    const { ask, server, time } = await bench()
    await server.close()
    expect(await ask()).toMatchObject({ result: 'fail', reason: 'refused', attempts: 1 })
    expect(time.nowMs()).toBe(0)
  })

  test('unreachable keeps its meaning while the routing table is asked whose fault it is', async () => {
    const { prober, target } = await bench()
    // The kernel refuses TCP to a multicast address with ENETUNREACH and sends nothing.
    const answer = await prober.ask(target, '224.0.0.1', { timeoutMs: TIMEOUT_MS })
    expect(answer.reason).toMatch(/^(?:unreachable|no-route)$/)
  })

  test('accepting without ever answering times out after one transmission', async () => {
    const { ask, server, time } = await bench(lab.silence)
    const answer = ask()
    await server.received(1)
    await time.advance(TIMEOUT_MS)
    expect(await answer).toEqual({ result: 'fail', reason: 'timeout', detail: 'no answer', attempts: 1 })
    expect(server.requests).toHaveLength(1)
  })

  test.each([
    ['closed', lab.closeMidway],
    ['reset', lab.resetMidway],
  ] as const)('an answer broken off on a new connection is %s', async (reason, behaviour) => {
    const { ask, time, sip } = await bench(behaviour)
    expect(await ask()).toMatchObject({ result: 'fail', reason, attempts: 1 })
    expect(time.nowMs()).toBe(0)
    expect(sip.counters.reconnects).toBe(0)
  })

  test('bytes that are not SIP end the question and the connection', async () => {
    const { ask, sip } = await bench(lab.altered(() => 'HTTP/1.1 400 Bad Request\r\n\r\n'))
    expect(await ask()).toMatchObject({ result: 'fail', reason: 'bad-reply' })
    expect(sip.sockets).toBe(0)
  })

  test('an answer without Content-Length is a bad reply: where it ends is unknown', async () => {
    const { ask } = await bench(lab.altered((text) => text.replace(/^Content-Length: 0\r\n/m, '')))
    expect(await ask()).toMatchObject({
      reason: 'bad-reply',
      detail: 'what came is not SIP (no-content-length)',
    })
  })

  test('a broken answer in a whole frame is a bad reply at once: a stream repeats nothing', async () => {
    const { ask, time } = await bench(lab.altered((text) => text.replace(/^CSeq: .*\r\n/m, '')))
    expect(await ask()).toMatchObject({ reason: 'bad-reply' })
    expect(time.nowMs()).toBe(0)
  })

  test.each(['end', 'reset'] as const)(
    'a kept connection that the server ended (%s) while idle is told, and the next question opens a new one',
    async (how) => {
      const { ask, server, sip } = await bench()
      const lost: LostConnection[] = []
      sip.onLost((each) => lost.push(each))
      await ask()
      server.dropConnections(how)
      await until(() => lost.length === 1, 'the loss to be told')
      expect(lost[0]).toMatchObject({
        reason: how === 'end' ? 'closed' : 'reset',
        endpoint: { transport: 'tcp', port: server.port },
      })
      expect(sip.sockets).toBe(0)
      expect(await ask()).toMatchObject({ result: 'pass', attempts: 1 })
      expect(server.accepted).toBe(2)
    },
  )

  test('a kept connection found dead by the question itself costs one retry, not a fail', async () => {
    const { ask, server, sip } = await bench(lab.inTurn(lab.status(200), lab.resetMidway, lab.status(200)))
    const lost: LostConnection[] = []
    sip.onLost((each) => lost.push(each))
    await ask()
    expect(await ask()).toMatchObject({ result: 'pass', attempts: 1 })
    expect(sip.counters.reconnects).toBe(1)
    expect(server.accepted).toBe(2)
    expect(lost).toEqual([])
  })

  test('the retry is one: a server that resets the new connection as well fails', async () => {
    const { ask, sip } = await bench(lab.inTurn(lab.status(200), lab.resetMidway))
    await ask()
    expect(await ask()).toMatchObject({ result: 'fail', reason: 'reset', attempts: 1 })
    expect(sip.counters.reconnects).toBe(1)
  })

  test('the retry on a server that is gone is refused', async () => {
    const { ask, server, sip } = await bench(lab.inTurn(lab.status(200), lab.silence))
    await ask()
    const answer = ask()
    await server.received(2)
    await server.close()
    expect(await answer).toMatchObject({ result: 'fail', reason: 'refused' })
    expect(sip.counters.reconnects).toBe(1)
  })

  test('a kept connection that went silent is doubted at half the budget: a new one may pass', async () => {
    const { ask, server, time, sip } = await bench(lab.inTurn(lab.status(200), lab.silence, lab.status(200)))
    await ask()
    const answer = ask()
    await server.received(2)
    await time.advance(TIMEOUT_MS / 2)
    expect(await answer).toMatchObject({ result: 'pass', attempts: 2, rttMs: 0 })
    expect(server.requests[2]?.header('via')).not.toBe(server.requests[1]?.header('via'))
    await until(() => server.open === 1, 'the silent connection to be closed')
    expect(sip.sockets).toBe(1)
  })

  test('a slow answer over the kept connection still wins while the new one is silent', async () => {
    const { ask, server, time } = await bench(
      lab.inTurn(lab.status(200), lab.delay(TIMEOUT_MS * 0.7), lab.silence),
    )
    await ask()
    const answer = ask()
    await server.received(2)
    await time.advance(TIMEOUT_MS / 2)
    await server.received(3)
    await time.advance(TIMEOUT_MS * 0.2)
    expect(await answer).toMatchObject({ result: 'pass', attempts: 2, rttMs: TIMEOUT_MS * 0.7 })
  })

  test('a kept connection is silent and a new one refused: refused it is, at the deadline', async () => {
    const { ask, server, time } = await bench(lab.inTurn(lab.status(200), lab.silence))
    await ask()
    const answer = ask()
    await server.received(2)
    server.behave(lab.resetOnConnect)
    await time.advance(TIMEOUT_MS / 2)
    await until(() => server.accepted === 2, 'the second connection')
    await settled()
    await time.advance(TIMEOUT_MS / 2)
    expect(await answer).toMatchObject({ result: 'fail', reason: 'reset' })
  })

  test('no second connection where the scheduler holds it back', async () => {
    const { ask, server, time } = await bench(lab.inTurn(lab.status(200), lab.silence))
    await ask()
    const answer = ask({ mayRetransmit: () => false })
    await server.received(2)
    await time.advance(TIMEOUT_MS)
    expect(await answer).toMatchObject({ reason: 'timeout', attempts: 1 })
    expect(server.accepted).toBe(1)
  })

  test('a kept connection is replaced when it grows old', async () => {
    const { ask, server, time, sip } = await bench(lab.status(200), { limits: { maxAgeMs: 8000 } })
    for (let round = 0; round < 3; round++) {
      await ask()
      await time.advance(5000)
    }
    expect(server.accepted).toBe(2)
    expect(sip.sockets).toBe(1)
  })

  test('idle connections are closed: after a minute at first, then by the pauses between questions', async () => {
    const { ask, time, sip } = await bench()
    await ask()
    await time.advance(30_000)
    expect(sip.sockets).toBe(1)
    await ask()
    await time.advance(70_000)
    expect(sip.sockets).toBe(1)
    await time.advance(15_000)
    expect(sip.sockets).toBe(0)
    expect(time.pending).toBe(0)
  })

  test('closing the transports ends the questions under way as aborted and leaves nothing', async () => {
    const { ask, server, time, sip } = await bench(lab.silence)
    const answer = ask()
    await server.received(1)
    await sip.close()
    expect(await answer).toMatchObject({ result: 'inconclusive', reason: 'aborted' })
    expect(sip.sockets).toBe(0)
    expect(time.pending).toBe(0)
    expect(await ask()).toMatchObject({ reason: 'aborted', attempts: 0 })
    await sip.close()
  })

  test('over the limit of sockets idle ones make room, and where none is idle it is our own shortage', async () => {
    const { ask, prober, server, sip, target, time } = await bench(lab.status(200), {
      limits: { maxSockets: 1 },
    })
    const other = await createSipServer({
      transport: 'tcp',
      address: '127.0.0.2',
      port: server.port,
      timers: time,
    })
    cleanups.push(() => other.close())
    await ask()
    const toOther = () => prober.ask(target, '127.0.0.2', { timeoutMs: TIMEOUT_MS })
    expect(await toOther()).toMatchObject({ result: 'pass' })
    expect(sip.sockets).toBe(1)
    server.behave(lab.silence)
    const waiting = ask()
    await until(() => server.requests.length === 2, 'the question to be under way')
    expect(await toOther()).toMatchObject({ result: 'inconclusive', reason: 'no-resources', attempts: 0 })
    await time.advance(TIMEOUT_MS)
    await waiting
  })
})
