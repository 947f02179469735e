import { afterEach, describe, expect, test } from 'vitest'
import type { TraceStep } from '../../src/probes/definition.ts'
import { sipOptions } from '../../src/probes/sip-options.ts'
import { createSipTransports } from '../../src/probes/transport/shared-sip-transports.ts'
import { probeDeps } from '../support/probe-deps.ts'
import * as lab from '../support/sip-behaviours.ts'
import { createSipBench, type SipBench, settled, TIMEOUT_MS } from '../support/sip-bench.ts'
import { until } from '../support/sip-real-time.ts'
import { createSipServer } from '../support/sip-server.ts'
import { labTarget } from '../support/sip-targets.ts'

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

describe('OPTIONS over UDP', () => {
  test('a 200 passes, with its status, one attempt and a round-trip time', async () => {
    const { ask, time } = await bench()
    const answer = await ask()
    expect(answer).toEqual({
      result: 'pass',
      reason: 'ok',
      detail: '200 OK',
      status: 200,
      attempts: 1,
      rttMs: 0,
    })
    expect(time.pending).toBe(1) // the sweep of idle sockets, nothing of the question
  })

  test('the request carries what RFC 3261 section 8.1.1 demands, and nothing of ours that offends stock Kamailio', async () => {
    const { ask, server } = await bench()
    await ask()
    const [request] = server.requests
    expect(request?.uri).toBe(`sip:127.0.0.1:${server.port}`)
    expect(request?.header('via')).toMatch(
      new RegExp(`^SIP/2\\.0/UDP 127\\.0\\.0\\.1:${request?.source.port};branch=z9hG4bK-[0-9a-f]{32};rport$`),
    )
    expect(request?.header('max-forwards')).toBe('70')
    expect(request?.header('from')).toMatch(/^<sip:monitor@127\.0\.0\.1>;tag=[0-9a-f]{16}$/)
    expect(request?.header('to')).toBe('<sip:127.0.0.1>')
    expect(request?.header('call-id')).toMatch(/^[0-9a-f]{32}$/)
    expect(request?.header('cseq')).toBe('1 OPTIONS')
    expect(request?.header('contact')).toBe(`<sip:monitor@127.0.0.1:${request?.source.port}>`)
    expect(request?.header('accept')).toBe('application/sdp')
    expect(request?.header('user-agent')).toMatch(/^sipvane\/\d+\.\d+\.\d+ \(\+health check\)$/)
    expect(request?.text).not.toMatch(/friendly|scanner|sipcli|sipvicious|vaxsip|pplsip/i)
    expect(request?.text.endsWith('Content-Length: 0\r\n\r\n')).toBe(true)
    expect(request?.text.length).toBeLessThan(1300)
  })

  test('each question has its own branch, tag and Call-ID, and leaves by the same port', async () => {
    const { ask, server } = await bench()
    await ask()
    await ask()
    const [first, second] = server.requests
    for (const name of ['via', 'from', 'call-id']) expect(first?.header(name)).not.toBe(second?.header(name))
    expect(first?.source.port).toBe(second?.source.port)
  })

  test('the options shape the request', async () => {
    const { ask, server } = await bench({
      user: 'ping',
      from: 'sip:probe@example.org',
      maxForwards: 0,
      userAgent: 'lab/1',
    })
    await ask()
    const [request] = server.requests
    expect(request?.uri).toBe(`sip:ping@127.0.0.1:${server.port}`)
    expect(request?.header('from')).toMatch(/^<sip:probe@example\.org>;tag=/)
    expect(request?.header('max-forwards')).toBe('0')
    expect(request?.header('user-agent')).toBe('lab/1')
  })

  test('silence is asked again once, byte for byte, at half the budget, and fails as timeout', async () => {
    const { ask, server, time } = await bench({}, lab.silence)
    const answer = ask()
    await server.received(1)
    await time.advance(TIMEOUT_MS / 2)
    await server.received(2)
    expect(server.requests[1]?.text).toBe(server.requests[0]?.text)
    await time.advance(TIMEOUT_MS / 2)
    expect(await answer).toEqual({ result: 'fail', reason: 'timeout', detail: 'no answer', attempts: 2 })
    expect(server.requests).toHaveLength(2)
  })

  test('no retransmission where the scheduler holds it back', async () => {
    const { ask, server, time } = await bench({}, lab.silence)
    const answer = ask({ mayRetransmit: () => false })
    await server.received(1)
    await time.advance(TIMEOUT_MS)
    expect(await answer).toMatchObject({ reason: 'timeout', attempts: 1 })
    expect(server.requests).toHaveLength(1)
  })

  test('an answer to the retransmission passes; which one it answers is unknown, so no round-trip time', async () => {
    const { ask, server, time } = await bench({}, lab.inTurn(lab.silence, lab.status(200)))
    const answer = ask()
    await server.received(1)
    await time.advance(TIMEOUT_MS / 2)
    const got = await answer
    expect(got).toMatchObject({ result: 'pass', attempts: 2 })
    expect(got).not.toHaveProperty('rttMs')
  })

  test('a closed port is refused at once: no time passes', async () => {
    const { ask, server, time, sip } = await bench()
    await server.close()
    const answer = await ask()
    expect(answer).toMatchObject({ result: 'fail', reason: 'refused', attempts: 1 })
    expect(time.nowMs()).toBe(0)
    // The socket is as good as before: the ICMP error has not closed it.
    expect(sip.sockets).toBe(1)
    expect(await ask()).toMatchObject({ reason: 'refused' })
  })

  test('a server that comes back on the port is seen by the very next question', async () => {
    const { ask, server, time } = await bench()
    await server.close()
    await ask()
    const again = await createSipServer({ transport: 'udp', port: server.port, timers: time })
    cleanups.push(() => again.close())
    expect(await ask()).toMatchObject({ result: 'pass' })
  })

  test('100 and then nothing is provisional-only', async () => {
    const { ask, server, time } = await bench({}, lab.provisionalOnly)
    const answer = ask()
    await server.received(1)
    await time.advance(TIMEOUT_MS / 4)
    await settled()
    await time.advance(TIMEOUT_MS)
    expect(await answer).toMatchObject({ result: 'fail', reason: 'provisional-only', status: 100 })
  })

  test('a server that answers in three copies is counted once, the rest as foreign', async () => {
    const { ask, sip } = await bench({}, lab.duplicate(3))
    expect(await ask()).toMatchObject({ result: 'pass' })
    await until(() => sip.counters.foreign === 2, 'two late copies')
  })

  test('the trace shows both messages and how the server sees us', async () => {
    const { ask } = await bench(
      {},
      lab.altered((text) => text.replace(/received=[^;\r]*/, 'received=203.0.113.7')),
    )
    const steps: TraceStep[] = []
    await ask({ trace: (step) => steps.push(step) })
    expect(steps.map((step) => step.direction)).toEqual(['note', 'sent', 'received', 'note'])
    expect(steps[1]?.text).toMatch(/^OPTIONS sip:127\.0\.0\.1/)
    expect(steps[2]?.text).toMatch(/^SIP\/2\.0 200 OK\nVia: /)
    expect(steps[3]?.text).toMatch(/^the server sees us as 203\.0\.113\.7 port \d+$/)
  })

  test('withdrawn questions are inconclusive at once, before and while they run', async () => {
    const { ask, server, time } = await bench({}, lab.silence)
    expect(await ask({ signal: AbortSignal.abort() })).toMatchObject({
      result: 'inconclusive',
      reason: 'aborted',
      attempts: 0,
    })
    const controller = new AbortController()
    const answer = ask({ signal: controller.signal })
    await server.received(1)
    controller.abort()
    expect(await answer).toMatchObject({ result: 'inconclusive', reason: 'aborted' })
    expect(time.nowMs()).toBe(0)
  })

  test("an own source address that does not exist is our fault, not the server's", async () => {
    const { prober, server } = await bench()
    const target = labTarget(server.port, { source: '192.0.2.77' })
    const answer = await prober.ask(target, '127.0.0.1', { timeoutMs: TIMEOUT_MS })
    expect(answer).toMatchObject({ result: 'inconclusive', reason: 'no-route', attempts: 0 })
    const wrongSide = labTarget(server.port, { source: '127.0.0.1' })
    const unroutable = await prober.ask(wrongSide, '192.0.2.200', { timeoutMs: TIMEOUT_MS })
    expect(unroutable).toMatchObject({ result: 'inconclusive', reason: 'no-route', attempts: 0 })
  })

  test('our own loop standing still at the deadline is inconclusive', async () => {
    const { server } = await bench({}, lab.silence)
    let nowMs = 0
    const fires: (() => void)[] = []
    const late = {
      nowMs: () => nowMs,
      after: (_delayMs: number, fire: () => void) => {
        fires.push(fire)
        return () => {}
      },
    }
    const sip = createSipTransports({ clock: late, timers: late })
    cleanups.push(() => sip.close())
    const deps = probeDeps({ clock: late, timers: late, sip })
    const prober = sipOptions.create(sipOptions.options.parse({}), deps)
    const answer = prober.ask(labTarget(server.port), server.address, { timeoutMs: TIMEOUT_MS })
    await server.received(1)
    nowMs = TIMEOUT_MS + 400
    for (const fire of [...fires]) fire()
    expect(await answer).toMatchObject({ result: 'inconclusive', reason: 'event-loop-late' })
  })

  test('IPv6 works alike, with brackets where the grammar wants them', async () => {
    const six = await createSipBench({ server: { transport: 'udp', address: '::1' } })
    cleanups.push(() => six.close())
    expect(await six.ask()).toMatchObject({ result: 'pass' })
    expect(six.server.requests[0]?.uri).toBe(`sip:[::1]:${six.server.port}`)
    expect(six.server.requests[0]?.header('via')).toMatch(/^SIP\/2\.0\/UDP \[::1\]:\d+;/)
  })
})
