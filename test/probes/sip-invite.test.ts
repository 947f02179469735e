import { afterEach, describe, expect, test } from 'vitest'
import type { ProbeDefinition } from '../../src/probes/definition.ts'
import { sipInvite } from '../../src/probes/sip-invite.ts'
import { ACCOUNT, CallRig, WHOM } from '../support/call-rig.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { response } from '../support/sip-behaviours.ts'
import { PROBE_PASSWORD } from '../support/sip-digest.ts'

const rig = new CallRig(sipInvite as ProbeDefinition)
afterEach(() => rig.close())

describe('a call that is answered', () => {
  test.each(['udp', 'tcp', 'tls'] as const)(
    'over %s passes: INVITE, ACK, BYE, and nothing stands',
    async (transport) => {
      const lab = await rig.extension({}, WHOM, { server: { transport } })
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
    const lab = await rig.extension()
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
    const lab = await rig.extension(
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
    const lab = await rig.extension()
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
    const lab = await rig.extension({}, { ...WHOM, hold: '1s' })
    const startMs = lab.time.nowMs()
    expect(await lab.asked()).toMatchObject({ reason: 'ok' })
    expect(lab.time.nowMs() - startMs).toBeGreaterThanOrEqual(1000)
    expect(lab.extension.standing).toEqual([])
  })

  test('late passes, if in time', async () => {
    const lab = await rig.extension({ answerAfterMs: 2500 })
    expect(await lab.asked()).toMatchObject({ result: 'pass', attempts: 1 })
    // One INVITE: a provisional response ends Timer A (RFC 3261 section 17.1.1.2).
    expect(lab.extension.log).toEqual(['INVITE 1', 'ACK 1', 'BYE 2'])
  })

  test('tells each request but the first, so that the pace of the target counts it', async () => {
    const lab = await rig.extension({ digest: {} }, ACCOUNT)
    let told = 0
    await lab.asked({ onSend: () => told++ })
    expect(lab.extension.log).toEqual(['INVITE 1', 'ACK 1', 'INVITE 2', 'ACK 2', 'BYE 3'])
    expect(told).toBe(4)
  })

  test('whose BYE is not answered passes with a note; five are sent, twice each, within 31 s', async () => {
    const lab = await rig.extension({ ignoresBye: true })
    expect(await lab.asked({ timeoutMs: 800 })).toMatchObject({ result: 'pass', reason: 'ok-noted' })
    await lab.play(40_000, 200)
    const numbers = lab.extension.log.filter((one) => one.startsWith('BYE')).map((one) => one.slice(4))
    expect(numbers).toEqual(['2', '2', '3', '3', '4', '4', '5', '5', '6', '6'])
  })
})

describe('over IPv6', () => {
  test.each(['udp', 'tcp'] as const)(
    '(%s) addresses stand in brackets, and the call ends as it should',
    async (transport) => {
      const lab = await rig.extension({}, { ...WHOM, transport }, { server: { transport, address: '::1' } })
      expect(await lab.asked()).toMatchObject({ result: 'pass', reason: 'ok' })
      const [invite] = lab.server.requests
      expect(invite?.uri).toMatch(/^sip:600@\[::1\]:\d+/)
      expect(invite?.header('contact')).toMatch(/^<sip:monitor@\[::1\]:\d+/)
      expect(invite?.text).toContain('c=IN IP6 ::1\r\n')
      expect(lab.extension.log).toEqual(['INVITE 1', 'ACK 1', 'BYE 2'])
    },
  )
})

describe('a call that needs an account', () => {
  test.each(['www', 'proxy'] as const)('answers the challenge (%s)', async (side) => {
    const lab = await rig.extension({ digest: { side } }, ACCOUNT)
    expect(await lab.asked()).toMatchObject({ result: 'pass', attempts: 1 })
    const [first, , second, ack] = lab.server.requests
    const header = side === 'www' ? 'authorization' : 'proxy-authorization'
    expect(first?.header(header)).toBeUndefined()
    expect(second?.header('call-id')).toBe(first?.header('call-id'))
    // RFC 3261 section 13.2.2.4: the ACK carries the credentials of the INVITE.
    expect(ack?.header(header)).toBe(second?.header(header))
    expect(lab.extension.standing).toEqual([])
  })

  test('has the round trip of its first INVITE', async () => {
    const lab = await rig.extension({ digest: {} }, ACCOUNT)
    lab.server.behave({
      onRequest: (request, reply) =>
        reply.later(request.header('authorization') === undefined ? 200 : 20, () =>
          lab.extension.onRequest(request, reply),
        ),
    })
    const { rttMs = 0 } = await lab.asked({ retransmitMs: 400 })
    expect(rttMs).toBeGreaterThanOrEqual(200)
    expect(rttMs).toBeLessThan(260)
  })

  test('uses the nonce again', async () => {
    const lab = await rig.extension({ digest: {} }, ACCOUNT)
    await lab.asked()
    lab.extension.log.length = 0
    expect(await lab.asked()).toMatchObject({ result: 'pass' })
    expect(lab.extension.log).toEqual(['INVITE 1', 'ACK 1', 'BYE 2'])
  })

  test.each([
    ['says so', false, 'www'],
    ['does not say so', true, 'www'],
    ['is a proxy that does not', true, 'proxy'],
  ] as const)(
    'is ended with a nonce of its own where one signs a single request, and the server %s',
    async (_what, hidesStale, side) => {
      const lab = await rig.extension(
        { digest: { usesPerNonce: 1, hidesStale, side }, challengesBye: true },
        ACCOUNT,
      )
      for (let round = 0; round < 2; round++) {
        expect(await lab.asked()).toMatchObject({ result: 'pass', reason: 'ok' })
        expect(lab.extension.standing).toEqual([])
      }
      expect(lab.extension.gate?.refused).toBe(0)
    },
  )

  test('whose BYE is refused again and again is not said to have ended', async () => {
    const lab = await rig.extension({ digest: { usesPerNonce: 1 }, challengesBye: 'always' }, ACCOUNT)
    expect(await lab.asked()).toMatchObject({ result: 'pass', reason: 'ok-noted' })
    expect(lab.extension.log.filter((one) => one.startsWith('BYE'))).toHaveLength(2)
  })

  test('that is refused is not made again for a quarter of an hour, and the log says it once', async () => {
    const logger = recordingLogger()
    const lab = await rig.extension({ digest: {} }, { ...ACCOUNT, password: 'wrong' }, { deps: { logger } })
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
    const lab = await rig.extension({ digest: {} }, ACCOUNT)
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
    const lab = await rig.extension({ reject: code })
    expect(await lab.asked()).toMatchObject({ result, reason, status: code, attempts: 1 })
    expect(lab.extension.log).toEqual(['INVITE 1', 'ACK 1'])
    expect(lab.server.requests[1]?.header('via')).toBe(lab.server.requests[0]?.header('via'))
    expect(lab.server.requests[1]?.header('to')).toMatch(/;tag=lab$/)
  })

  test('gets an ACK for each time that its refusal is repeated', async () => {
    const lab = await rig.against({
      onRequest: (request, reply) => {
        if (request.method !== 'INVITE') return
        for (let times = 0; times < 3; times++) reply.send(response(request, 486))
      },
    })
    expect(await lab.asked()).toMatchObject({ status: 486 })
    await lab.play(100)
    expect(lab.server.requests.filter(({ method }) => method === 'ACK')).toHaveLength(3)
  })

  test.each([[undefined], [['200']]])(
    'is overload with 503 and Retry-After, where %j is expected',
    async (expected) => {
      const options = expected === undefined ? WHOM : { ...WHOM, expect: expected }
      const lab = await rig.extension({ reject: 503, rejectHeaders: [['Retry-After', '300']] }, options)
      expect(await lab.asked()).toMatchObject({ reason: 'overload', retryAfterMs: 300_000 })
    },
  )

  test.each([
    [486, ['486'], 'pass', 'ok'],
    [486, ['200'], 'fail', 'unexpected'],
    [603, ['6xx'], 'pass', 'ok'],
    [404, ['404'], 'pass', 'ok'],
    [403, ['403'], 'pass', 'ok'],
  ])('%s where %j is expected is %s, %s', async (code, expected, result, reason) => {
    const lab = await rig.extension({ reject: code }, { ...WHOM, expect: expected })
    expect(await lab.asked()).toMatchObject({ result, reason, status: code })
  })

  test('an answer where busy is expected is unexpected, and hung up', async () => {
    const lab = await rig.extension({}, { ...WHOM, expect: [486] })
    expect(await lab.asked()).toMatchObject({ result: 'fail', reason: 'unexpected', status: 200 })
    expect(lab.extension.standing).toEqual([])
  })
})

describe('with ring: true', () => {
  test.each([180, 183])('%s is enough: the call is cancelled before anybody answers', async (code) => {
    const lab = await rig.extension(
      { provisional: [100, code], answerAfterMs: 'never' },
      { ...WHOM, ring: true },
    )
    expect(await lab.asked()).toMatchObject({ result: 'pass', reason: 'ok', status: code })
    expect(lab.extension.log).toEqual(['INVITE 1', 'CANCEL 1', 'ACK 1'])
    expect(lab.extension.answered).toBe(0)
    expect(lab.extension.standing).toEqual([])
  })

  test('100 alone is not', async () => {
    const lab = await rig.extension({ provisional: [100], answerAfterMs: 'never' }, { ...WHOM, ring: true })
    expect(await lab.asked({ timeoutMs: 1000 })).toMatchObject({ result: 'fail', reason: 'provisional-only' })
  })
})
