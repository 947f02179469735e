import { afterEach, describe, expect, test } from 'vitest'
import type { ProbeDefinition } from '../../src/probes/definition.ts'
import { sipRegister } from '../../src/probes/sip-register.ts'
import { type CallBench, type CallBenchOptions, createCallBench } from '../support/call-bench.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { type Behaviour, status } from '../support/sip-behaviours.ts'
import { type DigestOptions, PROBE_PASSWORD, PROBE_USER } from '../support/sip-digest.ts'
import { databaseGone, Registrar, type RegistrarOptions } from '../support/sip-registrar.ts'

const definition = sipRegister as ProbeDefinition
const account = { user: PROBE_USER, password: PROBE_PASSWORD, domain: 'lab.example' }

let bench: CallBench | undefined
afterEach(async () => {
  await bench?.close()
  bench = undefined
})

async function against(
  behaviour: Behaviour,
  options: Readonly<Record<string, unknown>> = account,
  rest: Partial<CallBenchOptions> = {},
): Promise<CallBench> {
  bench = await createCallBench({ definition, server: { transport: 'udp' }, options, ...rest })
  bench.server.behave(behaviour)
  return bench
}

async function registrar(
  given: RegistrarOptions & { digest?: DigestOptions } = { digest: {} },
  options: Readonly<Record<string, unknown>> = account,
  rest: Partial<CallBenchOptions> = {},
): Promise<CallBench & { readonly registrar: Registrar }> {
  const made = new Registrar(given)
  return { ...(await against(made, options, rest)), registrar: made }
}

describe('sip-register asks which bindings there are', () => {
  test('without a Contact, so that it leaves none and evicts no phone (RFC 3261 section 10.2.3)', async () => {
    const lab = await registrar()
    expect(await lab.asked()).toMatchObject({
      result: 'pass',
      reason: 'ok',
      status: 200,
      attempts: 1,
      detail: '200 OK',
    })
    expect(lab.server.requests.map(({ method }) => method)).toEqual(['REGISTER', 'REGISTER'])
    for (const request of lab.server.requests) {
      expect(request.header('contact')).toBeUndefined()
      expect(request.header('expires')).toBeUndefined()
    }
    expect([...(lab.registrar.bindings.get('sip:probe@lab.example') ?? [])]).toEqual([])
  })

  test('for a domain, never for a user, with the account in To and From', async () => {
    const lab = await registrar()
    await lab.asked()
    const [request] = lab.server.requests
    expect(request?.uri).toBe('sip:lab.example')
    expect(request?.header('to')).toBe('<sip:probe@lab.example>')
    expect(request?.header('from')).toMatch(/^<sip:probe@lab\.example>;tag=\w+$/)
  })

  test('and answers the challenge with the same Call-ID, the next number and a new branch (RFC 3261 section 22.2)', async () => {
    const lab = await registrar()
    await lab.asked()
    const [first, second] = lab.server.requests
    expect(second?.header('call-id')).toBe(first?.header('call-id'))
    expect([first?.header('cseq'), second?.header('cseq')]).toEqual(['1 REGISTER', '2 REGISTER'])
    expect(second?.header('via')).not.toBe(first?.header('via'))
  })

  test.each(['udp', 'tcp', 'tls'] as const)('over %s', async (transport) => {
    const lab = await registrar({ digest: {} }, account, { server: { transport } })
    expect(await lab.asked()).toMatchObject({ result: 'pass', status: 200 })
    expect(lab.registrar.gate?.accepted).toBe(1)
  })
})

describe('sip-register authenticates', () => {
  test.each([
    ['MD5', ['MD5'], 'MD5'],
    ['SHA-256', ['SHA-256'], 'SHA-256'],
    ['SHA-512-256', ['SHA-512-256'], 'SHA-512-256'],
    ['no algorithm named, which is MD5', [''], 'MD5'],
    ['the topmost of several', ['SHA-256', 'MD5'], 'SHA-256'],
    ['the topmost that it knows', ['SHA-1', 'MD5', 'SHA-256'], 'MD5'],
  ])('with %s', async (_what, algorithms, used) => {
    const lab = await registrar({ digest: { algorithms } })
    expect(await lab.asked()).toMatchObject({ result: 'pass' })
    expect(lab.registrar.gate?.used).toEqual([used])
  })

  test.each([
    ['without qop, as old servers do', { qop: false }],
    ['with opaque', { opaque: 'a"b' }],
    ['toward a proxy', { side: 'proxy' as const }],
    ['in a realm with odd characters', { realm: 'a, "b" \\ c' }],
    ['with a password of any characters', { users: { [PROBE_USER]: 'pä"ss:\\wörd' } }],
  ])('%s', async (_what, digest) => {
    const users = 'users' in digest ? digest.users : undefined
    const lab = await registrar({ digest }, { ...account, password: users?.[PROBE_USER] ?? PROBE_PASSWORD })
    expect(await lab.asked()).toMatchObject({ result: 'pass' })
  })

  test('as another user than the one that registers', async () => {
    const lab = await registrar(
      { digest: { users: { 'acct 7': 'x' } } },
      { ...account, authUser: 'acct 7', password: 'x' },
    )
    expect(await lab.asked()).toMatchObject({ result: 'pass' })
  })

  test('with a nonce kept from the question before: one round trip from then on, each use counted', async () => {
    const lab = await registrar()
    for (let round = 0; round < 4; round++)
      expect(await lab.asked()).toMatchObject({ result: 'pass', attempts: 1 })
    expect(lab.server.requests).toHaveLength(5)
    const counts = lab.server.requests.map((one) => /nc=(\w+)/.exec(one.header('authorization') ?? '')?.[1])
    expect(counts).toEqual([undefined, '00000001', '00000002', '00000003', '00000004'])
    const cnonces = lab.server.requests.map(
      (one) => /cnonce="(\w+)"/.exec(one.header('authorization') ?? '')?.[1],
    )
    expect(new Set(cnonces).size).toBe(5)
  })

  test.each([
    ['that says so', false],
    ['that hides it, having forgotten the nonce over a restart', true],
  ])('anew where the kept nonce is too old for a server %s', async (_what, hidesStale) => {
    const lab = await registrar({ digest: { usesPerNonce: 1, hidesStale } })
    for (let round = 0; round < 3; round++) expect(await lab.asked()).toMatchObject({ result: 'pass' })
    expect(lab.registrar.gate?.accepted).toBe(3)
    expect(lab.registrar.gate?.refused).toBe(0)
    expect(lab.server.requests).toHaveLength(6)
  })

  test('and answers a stale nonce once in a question, not for ever', async () => {
    const lab = await registrar({ digest: { usesPerNonce: 0 } })
    expect(await lab.asked()).toMatchObject({ result: 'inconclusive', reason: 'credentials-refused' })
    expect(lab.server.requests).toHaveLength(3)
  })

  test('only in the realm it is told to', async () => {
    const lab = await registrar({ digest: { realm: 'evil.example' } }, { ...account, realm: 'lab.example' })
    expect(await lab.asked()).toMatchObject({
      reason: 'credentials-refused',
      detail: expect.stringContaining('evil.example'),
    })
    expect(lab.server.requests).toHaveLength(1)
    expect(lab.server.requests[0]?.header('authorization')).toBeUndefined()
  })

  test('only with the algorithms it is told to', async () => {
    const lab = await registrar({ digest: { algorithms: ['MD5'] } }, { ...account, algorithms: ['SHA-256'] })
    expect(await lab.asked()).toMatchObject({ result: 'inconclusive', reason: 'credentials-refused' })
    expect(lab.server.requests).toHaveLength(1)
  })
})

describe('a wrong password', () => {
  const wrong = { ...account, password: 'not it' }

  test('is our own fault, and costs the server one refusal', async () => {
    const lab = await registrar({ digest: {} }, wrong)
    expect(await lab.asked()).toMatchObject({
      result: 'inconclusive',
      reason: 'credentials-refused',
      status: 401,
      detail: 'user or password refused for realm "lab.example"',
    })
    expect(lab.registrar.gate?.refused).toBe(1)
  })

  test('ends the asking for a quarter of an hour: nothing is sent, the outcome stays, the log says it once', async () => {
    const logger = recordingLogger()
    const lab = await registrar({ digest: {} }, wrong, { deps: { logger } })
    await lab.asked()
    const sent = lab.server.requests.length
    for (let minute = 0; minute < 14; minute++) {
      await lab.time.advance(60_000)
      expect(await lab.asked()).toMatchObject({
        result: 'inconclusive',
        reason: 'credentials-refused',
        attempts: 0,
      })
    }
    expect(lab.server.requests).toHaveLength(sent)
    expect(lab.registrar.gate?.refused).toBe(1)
    await lab.time.advance(60_001)
    expect(await lab.asked()).toMatchObject({ reason: 'credentials-refused' })
    expect(lab.registrar.gate?.refused).toBe(2)
    expect(logger.messagesOf('probe.credentials-refused')).toHaveLength(1)
  })

  test('that was put right on the server works again after the pause', async () => {
    const users: Record<string, string> = { [PROBE_USER]: 'other' }
    const lab = await registrar({ digest: { users } })
    expect(await lab.asked()).toMatchObject({ reason: 'credentials-refused' })
    users[PROBE_USER] = PROBE_PASSWORD
    expect(await lab.asked()).toMatchObject({ reason: 'credentials-refused', attempts: 0 })
    await lab.time.advance(15 * 60_000)
    expect(await lab.asked()).toMatchObject({ result: 'pass' })
    expect(await lab.asked()).toMatchObject({ result: 'pass' })
  })

  test('is told in the log anew once the account had worked in between', async () => {
    const logger = recordingLogger()
    const users: Record<string, string> = { [PROBE_USER]: 'other' }
    const lab = await registrar({ digest: { users } }, account, { deps: { logger } })
    await lab.asked()
    users[PROBE_USER] = PROBE_PASSWORD
    await lab.time.advance(15 * 60_000)
    expect(await lab.asked()).toMatchObject({ result: 'pass' })
    users[PROBE_USER] = 'other'
    expect(await lab.asked()).toMatchObject({ reason: 'credentials-refused' })
    expect(logger.messagesOf('probe.credentials-refused')).toHaveLength(2)
  })

  test.each([403, 404])('may be told by %s as well', async (code) => {
    const lab = await against(status(code))
    expect(await lab.asked()).toMatchObject({
      result: 'inconclusive',
      reason: 'credentials-refused',
      status: code,
    })
    expect(await lab.asked()).toMatchObject({ attempts: 0 })
  })

  test('that is not configured at all is told from a wrong one', async () => {
    const lab = await registrar({ digest: {} }, { user: PROBE_USER })
    expect(await lab.asked()).toMatchObject({
      reason: 'credentials-refused',
      detail: 'it asks for credentials, and none are configured',
    })
  })

  test('shows neither in the outcome nor in the trace nor in the log, and no digest of it does', async () => {
    const logger = recordingLogger()
    for (const password of [PROBE_PASSWORD, 'not it at all']) {
      const lab = await registrar({ digest: {} }, { ...account, password }, { deps: { logger } })
      const outcome = await lab.asked()
      const digests = lab.server.requests.flatMap(
        (one) => /response="(\w+)"/.exec(one.header('authorization') ?? '')?.[1] ?? [],
      )
      expect(digests.length).toBeGreaterThan(0)
      const shown = JSON.stringify([outcome, lab.trace, logger.events])
      expect(shown).toContain('REGISTER sip:lab.example')
      for (const secret of [password, ...digests]) expect(shown).not.toContain(secret)
      await lab.close()
    }
    bench = undefined
  })
})

describe('what a registrar answers', () => {
  test.each([
    [500, 'fail', 'bad-status'],
    [503, 'fail', 'bad-status'],
    [408, 'fail', 'bad-status'],
    [480, 'fail', 'bad-status'],
    [405, 'fail', 'bad-status'],
    [501, 'fail', 'bad-status'],
    [603, 'fail', 'bad-status'],
    [400, 'pass', 'ok-noted'],
    [302, 'pass', 'ok-noted'],
  ])('%s is %s, %s', async (code, result, reason) => {
    const lab = await against(status(code))
    expect(await lab.asked()).toMatchObject({ result, reason, status: code })
  })

  test('503 with Retry-After is overload', async () => {
    const lab = await against(status(503, { headers: [['Retry-After', '30']] }))
    expect(await lab.asked()).toMatchObject({ reason: 'overload', retryAfterMs: 30_000 })
  })

  test('a registrar whose database is gone fails, though it answers OPTIONS', async () => {
    const lab = await against(databaseGone)
    expect(await lab.asked()).toMatchObject({ result: 'fail', reason: 'bad-status', status: 500 })
  })

  test('a challenge that cannot be read is a bad reply', async () => {
    const lab = await against(status(401, { headers: [['WWW-Authenticate', 'Digest realm="x"']] }))
    expect(await lab.asked()).toMatchObject({ result: 'fail', reason: 'bad-reply', status: 401 })
  })

  test('a challenge with hostile bytes in it is a bad reply, and breaks nothing', async () => {
    const lab = await against(
      status(401, { headers: [['WWW-Authenticate', 'Digest realm="\0\x1b[2J", nonce="n"']] }),
    )
    expect(await lab.asked()).toMatchObject({ result: 'fail', reason: 'bad-reply' })
  })

  test('silence fails as a time-out, after one retransmission', async () => {
    const lab = await against({ onRequest: () => {} })
    expect(await lab.asked({ timeoutMs: 1000 })).toMatchObject({
      result: 'fail',
      reason: 'timeout',
      attempts: 2,
    })
  })

  test('silence after the challenge fails as a time-out within the same budget', async () => {
    const lab = await registrar()
    const answers = lab.registrar
    lab.server.behave({
      onRequest: (request, reply) => {
        if (request.header('authorization') === undefined) answers.onRequest(request, reply)
      },
    })
    const startMs = lab.time.nowMs()
    expect(await lab.asked({ timeoutMs: 1000 })).toMatchObject({
      result: 'fail',
      reason: 'timeout',
      attempts: 2,
    })
    expect(lab.time.nowMs() - startMs).toBeLessThanOrEqual(1040)
  })

  test('each further request is told, so that the pace of the target counts it', async () => {
    const lab = await registrar()
    let told = 0
    await lab.asked({ onSend: () => told++ })
    expect(told).toBe(lab.server.requests.length - 1)
    expect(told).toBe(1)
  })
})

describe('sip-register with bind', () => {
  const bind = { ...account, bind: true }

  test('writes a binding of its own that ends soon, and removes it', async () => {
    const lab = await registrar({ digest: {} }, bind)
    expect(await lab.asked()).toMatchObject({ result: 'pass', reason: 'ok' })
    expect(lab.registrar.written).toEqual([
      { contact: expect.stringMatching(/^sip:sipvane-\w{12}@127\.0\.0\.1:\d+$/), expires: 60 },
    ])
    expect([...(lab.registrar.bindings.get('sip:probe@lab.example') ?? [])]).toEqual([])
    expect(lab.server.requests.map((one) => one.header('expires'))).toEqual(['60', '60', '0'])
    expect(lab.server.requests.map((one) => one.header('cseq'))).toEqual([
      '1 REGISTER',
      '2 REGISTER',
      '3 REGISTER',
    ])
    expect(new Set(lab.server.requests.map((one) => one.header('call-id'))).size).toBe(1)
  })

  test('leaves the bindings of phones alone', async () => {
    const lab = await registrar({ digest: {} }, bind)
    lab.registrar.bindings.set('sip:probe@lab.example', new Map([['sip:phone@192.0.2.5', 300]]))
    expect(await lab.asked()).toMatchObject({ result: 'pass' })
    expect([...(lab.registrar.bindings.get('sip:probe@lab.example') ?? [])]).toEqual([
      ['sip:phone@192.0.2.5', 300],
    ])
  })

  test('waits as long as the registrar wants (RFC 3261 section 10.2.8)', async () => {
    const lab = await registrar({ digest: {}, minExpires: 90 }, bind)
    expect(await lab.asked()).toMatchObject({ result: 'pass' })
    expect(lab.registrar.written).toMatchObject([{ expires: 90 }])
  })

  test('fails where the registrar says 200 and forgets the binding', async () => {
    const lab = await registrar({ digest: {}, forgetful: true }, bind)
    expect(await lab.asked()).toMatchObject({ result: 'fail', reason: 'unexpected', status: 200 })
  })

  test('says so where the binding could not be removed', async () => {
    const lab = await registrar({ digest: {} }, bind)
    const answers = lab.registrar
    lab.server.behave({
      onRequest: (request, reply) => {
        if (request.header('expires') === '0') status(500).onRequest(request, reply)
        else answers.onRequest(request, reply)
      },
    })
    expect(await lab.asked()).toMatchObject({
      result: 'pass',
      reason: 'ok-noted',
      detail: expect.stringContaining('not removed'),
    })
  })
})
