import { afterEach, describe, expect, test } from 'vitest'
import type { ProbeDefinition } from '../../src/probes/definition.ts'
import { sipInvite } from '../../src/probes/sip-invite.ts'
import { type CallBench, type CallBenchOptions, createCallBench } from '../support/call-bench.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { type Behaviour, loss, response, status } from '../support/sip-behaviours.ts'
import { PROBE_PASSWORD, PROBE_USER } from '../support/sip-digest.ts'
import { createExtension, type Extension, type ExtensionOptions } from '../support/sip-extension.ts'

const definition = sipInvite as ProbeDefinition
const whom = { extension: '600' }
const account = { ...whom, user: PROBE_USER, password: PROBE_PASSWORD }

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function against(
  behaviour: Behaviour,
  options: Readonly<Record<string, unknown>> = whom,
  rest: Partial<CallBenchOptions> = {},
): Promise<CallBench> {
  const bench = await createCallBench({ definition, server: { transport: 'udp' }, options, ...rest })
  bench.server.behave(behaviour)
  cleanups.push(() => bench.close())
  return bench
}

async function extension(
  given: ExtensionOptions = {},
  options: Readonly<Record<string, unknown>> = whom,
  rest: Partial<CallBenchOptions> = {},
): Promise<CallBench & { readonly extension: Extension }> {
  const made = await createExtension(given)
  cleanups.push(() => made.close())
  return { ...(await against(made, options, rest)), extension: made }
}

describe('a call that is answered', () => {
  test.each(['udp', 'tcp', 'tls'] as const)(
    'over %s passes: INVITE, ACK, BYE, and nothing stands',
    async (transport) => {
      const lab = await extension({}, whom, { server: { transport } })
      expect(await lab.asked()).toMatchObject({
        result: 'pass',
        reason: 'ok',
        status: 200,
        attempts: 1,
        detail: '200 OK',
      })
      expect(lab.extension.log).toEqual(['INVITE 1', 'ACK 1', 'BYE 2'])
      expect(lab.extension.standing).toEqual([])
    },
  )

  test('is asked for at the extension, with an offer that asks for no media', async () => {
    const lab = await extension()
    await lab.asked()
    const [invite] = lab.server.requests
    expect(invite?.uri).toBe(`sip:600@127.0.0.1:${lab.server.port}`)
    expect(invite?.header('content-type')).toBe('application/sdp')
    expect(invite?.text).toContain('m=audio 9 RTP/AVP 0 8\r\n')
    expect(invite?.text).toContain('a=inactive\r\n')
    expect(invite?.header('contact')).toMatch(/^<sip:monitor@127\.0\.0\.1:\d+>$/)
    expect(Buffer.byteLength(invite?.text ?? '', 'latin1')).toBeLessThan(1300)
  })

  test('can go to a domain and come from an account', async () => {
    const lab = await extension(
      {},
      { extension: '*43', domain: 'voice.example.com', user: 'probe', transport: 'tcp' },
      { server: { transport: 'tcp' } },
    )
    await lab.asked()
    const [invite] = lab.server.requests
    expect(invite?.uri).toBe('sip:*43@voice.example.com;transport=tcp')
    expect(invite?.header('from')).toMatch(/^<sip:probe@voice\.example\.com>;tag=/)
  })

  test('has one Call-ID, the tags of both sides, and an ACK that is a transaction of its own', async () => {
    const lab = await extension()
    await lab.asked()
    const [invite, ack, bye] = lab.server.requests
    for (const request of [ack, bye]) {
      expect(request?.header('call-id')).toBe(invite?.header('call-id'))
      expect(request?.header('from')).toBe(invite?.header('from'))
      expect(request?.header('to')).toBe(`${invite?.header('to')};tag=lab`)
    }
    const branches = [invite, ack, bye].map((one) => /branch=([^;]+)/.exec(one?.header('via') ?? '')?.[1])
    expect(new Set(branches).size).toBe(3)
  })

  test('can stand for a while before it is ended', async () => {
    const lab = await extension({}, { ...whom, hold: '1s' })
    const startMs = lab.time.nowMs()
    expect(await lab.asked()).toMatchObject({ reason: 'ok' })
    expect(lab.time.nowMs() - startMs).toBeGreaterThanOrEqual(1000)
    expect(lab.extension.standing).toEqual([])
  })

  test('late passes, if in time', async () => {
    const lab = await extension({ answerAfterMs: 2500 })
    expect(await lab.asked()).toMatchObject({ result: 'pass', attempts: 1 })
    // One INVITE: a provisional response ends Timer A (RFC 3261 section 17.1.1.2).
    expect(lab.extension.log).toEqual(['INVITE 1', 'ACK 1', 'BYE 2'])
  })

  test('tells each request but the first, so that the pace of the target counts it', async () => {
    const lab = await extension({ digest: {} }, account)
    let told = 0
    await lab.asked({ onSend: () => told++ })
    expect(lab.extension.log).toEqual(['INVITE 1', 'ACK 1', 'INVITE 2', 'ACK 2', 'BYE 3'])
    expect(told).toBe(4)
  })

  test('whose BYE is not answered passes with a note; the BYE is sent again after the outcome', async () => {
    const lab = await extension({ ignoresBye: true })
    expect(await lab.asked({ timeoutMs: 800 })).toMatchObject({ result: 'pass', reason: 'ok-noted' })
    await lab.play(8000, 100)
    expect(lab.extension.log.filter((one) => one.startsWith('BYE')).length).toBeGreaterThanOrEqual(5)
  })
})

describe('an INVITE over UDP', () => {
  test('is sent again by Timer A, byte for byte, until something comes back', async () => {
    const lab = await against({ onRequest: () => {} })
    expect(await lab.asked({ timeoutMs: 4000 })).toMatchObject({
      result: 'fail',
      reason: 'timeout',
      attempts: 4,
    })
    const texts = lab.server.requests.map(({ text }) => text)
    // At 0, 0.5, 1.5 and 3.5 s.
    expect(texts).toHaveLength(4)
    expect(new Set(texts).size).toBe(1)
  })

  test('is not sent again where the share of requests is used up', async () => {
    const lab = await against({ onRequest: () => {} })
    expect(await lab.asked({ timeoutMs: 4000, mayRetransmit: () => false })).toMatchObject({ attempts: 1 })
    expect(lab.server.requests).toHaveLength(1)
  })

  test('that gets no answer is not cancelled: there is nothing to cancel yet (RFC 3261 section 9.1)', async () => {
    const lab = await against({ onRequest: () => {} })
    await lab.asked({ timeoutMs: 1000 })
    await lab.play(3000, 100)
    expect(new Set(lab.server.requests.map(({ method }) => method))).toEqual(new Set(['INVITE']))
  })

  test('refused by ICMP fails at once', async () => {
    const lab = await against({ onRequest: () => {} })
    await lab.server.close()
    expect(await lab.asked()).toMatchObject({ result: 'fail', reason: 'refused' })
    expect(lab.time.pending).toBeLessThan(2)
  })

  test('works through 20 % loss each way, and leaves no call', async () => {
    const made = await createExtension()
    cleanups.push(() => made.close())
    for (let seed = 1; seed <= 8; seed++) {
      const lab = await against(loss(0.2, seed, made), whom, { timeoutMs: 8000 })
      const outcome = await lab.asked()
      expect(['ok', 'ok-noted']).toContain(outcome.reason)
      await lab.play(40_000, 250)
      expect(made.standing, `seed ${seed}`).toEqual([])
    }
  })
})

describe('no call is left standing', () => {
  test('when it rings for ever: provisional-only, CANCEL, 487, ACK', async () => {
    const lab = await extension({ answerAfterMs: 'never' })
    expect(await lab.asked({ timeoutMs: 1000 })).toMatchObject({
      result: 'fail',
      reason: 'provisional-only',
      status: 180,
    })
    await lab.play(200)
    expect(lab.extension.log).toEqual(['INVITE 1', 'CANCEL 1', 'ACK 1'])
    expect(lab.extension.standing).toEqual([])
    const [invite, cancel, ack] = lab.server.requests
    // RFC 3261 section 9.1 and 17.1.1.3: the branch of the INVITE.
    expect(cancel?.header('via')).toBe(invite?.header('via'))
    expect(ack?.header('via')).toBe(invite?.header('via'))
    expect(cancel?.header('to')).toBe(invite?.header('to'))
  })

  test('when the answer crosses the CANCEL: ACK and BYE', async () => {
    const lab = await extension({ answerAfterMs: 'never', answersInSpiteOfCancel: true })
    expect(await lab.asked({ timeoutMs: 1000 })).toMatchObject({ reason: 'provisional-only' })
    await lab.play(500)
    expect(lab.extension.log).toEqual(['INVITE 1', 'CANCEL 1', 'ACK 1', 'BYE 2'])
    expect(lab.extension.answered).toBe(1)
    expect(lab.extension.standing).toEqual([])
  })

  test('when the first response comes after the question ended: it is cancelled then', async () => {
    const lab = await extension({ answerAfterMs: 'never', provisional: [] })
    let send = () => {}
    const inner = lab.extension
    lab.server.behave({
      onRequest: (request, reply) => {
        inner.onRequest(request, reply)
        if (request.method === 'INVITE') send = () => reply.send(response(request, 180))
      },
    })
    expect(await lab.asked({ timeoutMs: 1000 })).toMatchObject({ reason: 'timeout' })
    expect(new Set(inner.log)).toEqual(new Set(['INVITE 1']))
    send()
    await lab.play(500)
    expect(inner.log.slice(-2)).toEqual(['CANCEL 1', 'ACK 1'])
    expect(inner.standing).toEqual([])
  })

  test('when the answer comes after the question ended, without any provisional response', async () => {
    const lab = await extension({ answerAfterMs: 3000, provisional: [] })
    expect(await lab.asked({ timeoutMs: 1000 })).toMatchObject({ reason: 'timeout' })
    await lab.play(4000, 100)
    expect(lab.extension.answered).toBe(1)
    expect(lab.extension.log.slice(-2)).toEqual(['ACK 1', 'BYE 2'])
    expect(lab.extension.standing).toEqual([])
  })

  test('when a proxy forks it: each answer gets its ACK and BYE', async () => {
    const lab = await extension({ forks: ['a', 'b', 'c'] })
    expect(await lab.asked()).toMatchObject({ result: 'pass' })
    await lab.play(500)
    const tags = (method: string) =>
      lab.server.requests
        .filter((one) => one.method === method)
        .map((one) => /;tag=(\w+)$/.exec(one.header('to') ?? '')?.[1])
    expect(tags('ACK').sort()).toEqual(['a', 'b', 'c'])
    expect(tags('BYE').sort()).toEqual(['a', 'b', 'c'])
    expect(lab.extension.standing).toEqual([])
  })

  test('when a proxy forks it and the first answer goes on standing: the others are ended at once', async () => {
    const lab = await extension({ forks: ['a', 'b', 'c'] }, { ...whom, hold: '2s' }, { timeoutMs: 8000 })
    const asking = lab.ask()
    await lab.play(300)
    expect(lab.extension.standing).toEqual([expect.stringMatching(/ a$/)])
    await lab.play(3000)
    expect(await asking).toMatchObject({ result: 'pass' })
    expect(lab.extension.standing).toEqual([])
  })

  test('when ACKs get lost: each repeated 200 gets the same ACK again', async () => {
    const lab = await extension({ losesAcks: 2 }, { ...whom, hold: '3s' }, { timeoutMs: 8000 })
    expect(await lab.asked()).toMatchObject({ result: 'pass' })
    const acks = lab.server.requests.filter(({ method }) => method === 'ACK').map(({ text }) => text)
    expect(acks).toHaveLength(3)
    expect(new Set(acks).size).toBe(1)
    expect(lab.extension.standing).toEqual([])
  })

  test('when the question is withdrawn while it rings', async () => {
    const lab = await extension({ answerAfterMs: 'never' })
    const controller = new AbortController()
    const asking = lab.ask({ signal: controller.signal })
    await lab.play(100)
    controller.abort()
    expect(await asking).toMatchObject({ result: 'inconclusive', reason: 'aborted' })
    await lab.play(200)
    expect(lab.extension.log).toEqual(['INVITE 1', 'CANCEL 1', 'ACK 1'])
    expect(lab.extension.standing).toEqual([])
  })

  test('when the probe is closed while it rings: the close waits for the end of the call', async () => {
    const lab = await extension({ answerAfterMs: 'never' })
    const asking = lab.ask()
    await lab.play(100)
    const closing = lab.prober.close()
    expect(await asking).toMatchObject({ reason: 'aborted' })
    await lab.play(100)
    await closing
    expect(lab.extension.standing).toEqual([])
    expect(lab.time.pending).toBeLessThan(2)
  })

  test('when the probe is closed while it stands', async () => {
    const lab = await extension({}, { ...whom, hold: '2s' })
    const asking = lab.ask()
    await lab.play(100)
    expect(lab.extension.standing).toHaveLength(1)
    const closing = lab.prober.close()
    await lab.play(200)
    await closing
    expect(lab.extension.standing).toEqual([])
    await lab.play(4000, 100)
    expect(await asking).toMatchObject({ result: 'pass' })
  })

  test('and closing does not wait for ever on a server that answers no BYE', async () => {
    const lab = await extension({ ignoresBye: true })
    await lab.asked({ timeoutMs: 500 })
    const closing = lab.prober.close()
    await lab.play(1600)
    await closing
    expect(lab.time.pending).toBeLessThan(4)
  })

  test('when the far end hangs up by itself: its BYE is answered', async () => {
    const lab = await extension({ hangsUpAfterMs: 200 }, { ...whom, hold: '2s' })
    const answers: string[] = []
    expect(
      await lab.asked({
        trace: (step) => step.direction === 'sent' && answers.push(step.text.split('\n')[0] ?? ''),
      }),
    ).toMatchObject({
      result: 'pass',
    })
    expect(answers).toContain('SIP/2.0 200 OK')
    expect(lab.extension.log).not.toContain('BYE 2')
    expect(lab.extension.standing).toEqual([])
  })

  test('nothing is listened for and no timer left once nothing can come any more', async () => {
    const lab = await extension()
    await lab.asked()
    await lab.play(33_000, 500)
    // The sweep of idle sockets alone; after it the socket itself is gone.
    expect(lab.time.pending).toBeLessThan(2)
    await lab.play(90_000, 2500)
    expect(lab.sip.sockets).toBe(0)
  })

  test('a CANCEL is sent again until it is answered, though the 487 keeps away', async () => {
    for (const [answered, expected] of [
      [true, 1],
      [false, 4],
    ] as const) {
      const lab = await against({
        onRequest: (request, reply) => {
          if (request.method === 'INVITE') reply.send(response(request, 180))
          else if (request.method === 'CANCEL' && answered) reply.send(response(request, 200))
        },
      })
      expect(await lab.asked({ timeoutMs: 400 })).toMatchObject({ reason: 'provisional-only' })
      await lab.play(10_000, 100)
      expect(lab.server.requests.filter(({ method }) => method === 'CANCEL')).toHaveLength(expected)
    }
  })
})

describe('ACK and BYE follow the route of the answer', () => {
  test('through recorded routes, turned round, to the Contact (RFC 3261 sections 12.1.2 and 12.2.1.1)', async () => {
    const lab = await extension({
      recordRoute: ['<sip:inner.example;lr>', '<sip:outer.example;lr;x=1>'],
      contact: '<sip:pbx@inside.example:5099>',
    })
    expect(await lab.asked()).toMatchObject({ reason: 'ok' })
    for (const request of lab.server.requests.slice(1)) {
      expect(request.uri).toBe('sip:pbx@inside.example:5099')
      const routes = [...request.text.matchAll(/^Route: (.*)\r$/gm)].map((one) => one[1])
      expect(routes).toEqual(['<sip:outer.example;lr;x=1>', '<sip:inner.example;lr>'])
    }
  })

  test('to the address of the Contact itself where no route was recorded', async () => {
    const elsewhere = await createExtension()
    cleanups.push(() => elsewhere.close())
    const other = await against(elsewhere)
    const lab = await extension({ contact: `<sip:pbx@127.0.0.1:${other.server.port}>` })
    expect(await lab.asked()).toMatchObject({ result: 'pass' })
    expect(lab.extension.log).toEqual(['INVITE 1'])
    expect(elsewhere.log.slice(0, 2)).toEqual(['ACK 1', 'BYE 2'])
  })

  test('and BYE does not overtake the ACK where that way has to be opened first', async () => {
    const elsewhere = await createExtension()
    cleanups.push(() => elsewhere.close())
    const other = await against(elsewhere, { ...whom, transport: 'tcp' }, { server: { transport: 'tcp' } })
    const lab = await extension({ contact: `<sip:pbx@127.0.0.1:${other.server.port};transport=tcp>` })
    const controller = new AbortController()
    // Withdrawn in the very moment of the answer: hanging up and opening the way for the ACK meet.
    const asking = lab.ask({
      signal: controller.signal,
      trace: ({ text }) => {
        if (text.startsWith('SIP/2.0 200')) queueMicrotask(() => controller.abort())
      },
    })
    await lab.play(500)
    expect(await asking).toMatchObject({ reason: 'aborted' })
    // The lab's extension behind the INVITE knows nothing of that ACK, and asks for it again later.
    expect(elsewhere.log.slice(0, 2)).toEqual(['ACK 1', 'BYE 2'])
  })

  test('and back to who took the INVITE where that way is dead: no call stands for a wrong Contact', async () => {
    const dead = await against({ onRequest: () => {} })
    const lab = await extension({ contact: `<sip:pbx@127.0.0.1:${dead.server.port}>` })
    await dead.server.close()
    await lab.asked({ timeoutMs: 3000 })
    await lab.play(5000, 100)
    expect(lab.extension.log).toContain('BYE 3')
    expect(lab.extension.standing).toEqual([])
  })

  test('to who took the INVITE where the Contact is missing, or names a host', async () => {
    for (const contact of ['', '<sip:pbx@pbx.example.com>', '<tel:+1>', '<sip:0.0.0.0>']) {
      const lab = await extension({ contact })
      expect(await lab.asked()).toMatchObject({ reason: 'ok' })
      expect(lab.extension.log).toEqual(['INVITE 1', 'ACK 1', 'BYE 2'])
    }
  })
})

describe('a call that needs an account', () => {
  test.each(['www', 'proxy'] as const)('answers the challenge (%s)', async (side) => {
    const lab = await extension({ digest: { side } }, account)
    expect(await lab.asked()).toMatchObject({ result: 'pass', attempts: 1 })
    const [first, , second, ack] = lab.server.requests
    const header = side === 'www' ? 'authorization' : 'proxy-authorization'
    expect(first?.header(header)).toBeUndefined()
    expect(second?.header('call-id')).toBe(first?.header('call-id'))
    // RFC 3261 section 13.2.2.4: the ACK carries the credentials of the INVITE.
    expect(ack?.header(header)).toBe(second?.header(header))
    expect(lab.extension.standing).toEqual([])
  })

  test('uses the nonce again', async () => {
    const lab = await extension({ digest: {} }, account)
    await lab.asked()
    lab.extension.log.length = 0
    expect(await lab.asked()).toMatchObject({ result: 'pass' })
    expect(lab.extension.log).toEqual(['INVITE 1', 'ACK 1', 'BYE 2'])
  })

  test('that is refused is not made again for a quarter of an hour, and the log says it once', async () => {
    const logger = recordingLogger()
    const lab = await extension({ digest: {} }, { ...account, password: 'wrong' }, { deps: { logger } })
    expect(await lab.asked()).toMatchObject({
      result: 'inconclusive',
      reason: 'credentials-refused',
      status: 401,
    })
    const sent = lab.server.requests.length
    expect(await lab.asked()).toMatchObject({ reason: 'credentials-refused', attempts: 0 })
    expect(lab.server.requests).toHaveLength(sent)
    expect(lab.extension.gate?.refused).toBe(1)
    expect(logger.messagesOf('probe.credentials-refused')).toHaveLength(1)
    expect(lab.extension.log.at(-1)).toBe('ACK 2')
  })

  test('shows no secret anywhere', async () => {
    const lab = await extension({ digest: {} }, account)
    const outcome = await lab.asked()
    const shown = JSON.stringify([outcome, lab.trace])
    const digests = lab.server.requests.flatMap(
      (one) => /response="(\w+)"/.exec(one.header('authorization') ?? '')?.[1] ?? [],
    )
    expect(digests.length).toBeGreaterThan(0)
    for (const secret of [PROBE_PASSWORD, ...digests]) expect(shown).not.toContain(secret)
  })
})

describe('a call that is not taken', () => {
  test.each([
    [486, 'pass', 'ok-noted'],
    [600, 'pass', 'ok-noted'],
    [603, 'pass', 'ok-noted'],
    [488, 'pass', 'ok-noted'],
    [404, 'fail', 'bad-status'],
    [480, 'fail', 'bad-status'],
    [484, 'fail', 'bad-status'],
    [487, 'fail', 'bad-status'],
    [405, 'fail', 'bad-status'],
    [408, 'fail', 'bad-status'],
    [500, 'fail', 'bad-status'],
    [503, 'fail', 'bad-status'],
    [403, 'inconclusive', 'credentials-refused'],
    [302, 'pass', 'ok-noted'],
    [400, 'pass', 'ok-noted'],
  ])('with %s is %s, %s, and its ACK is sent', async (code, result, reason) => {
    const lab = await extension({ reject: code })
    expect(await lab.asked()).toMatchObject({ result, reason, status: code, attempts: 1 })
    expect(lab.extension.log).toEqual(['INVITE 1', 'ACK 1'])
    expect(lab.server.requests[1]?.header('via')).toBe(lab.server.requests[0]?.header('via'))
    expect(lab.server.requests[1]?.header('to')).toMatch(/;tag=lab$/)
  })

  test('gets an ACK for each time that its refusal is repeated', async () => {
    const lab = await against({
      onRequest: (request, reply) => {
        if (request.method !== 'INVITE') return
        for (let times = 0; times < 3; times++) reply.send(response(request, 486))
      },
    })
    expect(await lab.asked()).toMatchObject({ status: 486 })
    await lab.play(100)
    expect(lab.server.requests.filter(({ method }) => method === 'ACK')).toHaveLength(3)
  })

  test('is overload with 503 and Retry-After', async () => {
    const lab = await extension({ reject: 503, rejectHeaders: [['Retry-After', '300']] })
    expect(await lab.asked()).toMatchObject({ reason: 'overload', retryAfterMs: 300_000 })
  })

  test.each([
    [486, ['486'], 'pass', 'ok'],
    [486, ['200'], 'fail', 'unexpected'],
    [603, ['6xx'], 'pass', 'ok'],
    [404, ['404'], 'pass', 'ok'],
    [403, ['403'], 'pass', 'ok'],
  ])('%s where %j is expected is %s, %s', async (code, expected, result, reason) => {
    const lab = await extension({ reject: code }, { ...whom, expect: expected })
    expect(await lab.asked()).toMatchObject({ result, reason, status: code })
  })

  test('an answer where busy is expected is unexpected, and hung up', async () => {
    const lab = await extension({}, { ...whom, expect: [486] })
    expect(await lab.asked()).toMatchObject({ result: 'fail', reason: 'unexpected', status: 200 })
    expect(lab.extension.standing).toEqual([])
  })
})

describe('with ring: true', () => {
  test.each([180, 183])('%s is enough: the call is cancelled before anybody answers', async (code) => {
    const lab = await extension({ provisional: [100, code], answerAfterMs: 'never' }, { ...whom, ring: true })
    expect(await lab.asked()).toMatchObject({ result: 'pass', reason: 'ok', status: code })
    expect(lab.extension.log).toEqual(['INVITE 1', 'CANCEL 1', 'ACK 1'])
    expect(lab.extension.answered).toBe(0)
    expect(lab.extension.standing).toEqual([])
  })

  test('100 alone is not', async () => {
    const lab = await extension({ provisional: [100], answerAfterMs: 'never' }, { ...whom, ring: true })
    expect(await lab.asked({ timeoutMs: 1000 })).toMatchObject({ result: 'fail', reason: 'provisional-only' })
  })
})

describe('a stream', () => {
  test('that was kept and turns out dead costs one new connection, not a fail', async () => {
    const lab = await extension({}, whom, { server: { transport: 'tcp' } })
    expect(await lab.asked()).toMatchObject({ result: 'pass' })
    await lab.play(40_000, 500)
    const made = lab.extension
    let first = true
    lab.server.behave({
      onRequest: (request, reply) => {
        if (first) reply.reset()
        else made.onRequest(request, reply)
        first = false
      },
    })
    expect(await lab.asked()).toMatchObject({ result: 'pass', attempts: 1 })
    expect(lab.server.accepted).toBe(2)
    expect(made.standing).toEqual([])
  })

  test('that breaks in the middle of a first call fails at once', async () => {
    const lab = await against({ onRequest: (_request, reply) => reply.reset() }, whom, {
      server: { transport: 'tcp' },
    })
    expect(await lab.asked()).toMatchObject({ result: 'fail', reason: 'reset' })
  })

  test('that breaks while the call stands: BYE goes over a new connection', async () => {
    const lab = await extension({}, { ...whom, hold: '1s' }, { server: { transport: 'tcp' } })
    const asking = lab.ask()
    await lab.play(200)
    lab.server.dropConnections('reset')
    await lab.play(3000)
    expect(await asking).toMatchObject({ result: 'pass' })
    expect(lab.extension.log).toEqual(['INVITE 1', 'ACK 1', 'BYE 2'])
    expect(lab.extension.standing).toEqual([])
  })
})

describe('hostile answers', () => {
  test.each([
    ['a To that no line can hold', (text: string) => text.replace(';tag=lab', ';tag=a\0b')],
    ['a Contact of nonsense', (text: string) => text.replace(/Contact: .*/, 'Contact: <sip:\x1b[2J>')],
    [
      'a thousand routes',
      (text: string) =>
        text.replace('\r\nContact', `${'\r\nRecord-Route: <sip:127.0.0.1;lr>'.repeat(150)}\r\nContact`),
    ],
    ['another CSeq', (text: string) => text.replace(/CSeq: .*/, 'CSeq: 9 BYE')],
  ])('%s break nothing', async (_what, alter) => {
    const lab = await against({
      onRequest: (request, reply) =>
        reply.send(alter(response(request, 200, { headers: [['Contact', '<sip:x@127.0.0.1>']] }))),
    })
    const outcome = await lab.asked({ timeoutMs: 600 })
    expect(outcome.result).not.toBe('inconclusive')
    expect(outcome.detail ?? '').toMatch(/^[\x20-\x7e]*$/)
    await lab.play(8000, 200)
  })

  test('requests of strangers on our socket are counted and not answered', async () => {
    const lab = await against({
      onRequest: (request, reply) => {
        reply.send(
          `BYE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nCall-ID: other\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n`,
        )
        status(486).onRequest(request, reply)
      },
    })
    expect(await lab.asked()).toMatchObject({ status: 486 })
    expect(lab.sip.counters.requests).toBeGreaterThan(0)
    expect(lab.trace.some((step) => step.direction === 'sent' && step.text.startsWith('SIP/2.0'))).toBe(false)
  })
})
