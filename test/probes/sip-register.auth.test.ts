import { afterEach, describe, expect, test } from 'vitest'
import { recordingLogger } from '../support/recording-logger.ts'
import { REGISTERED, RegisterRig } from '../support/register-rig.ts'
import { status } from '../support/sip-behaviours.ts'
import { PROBE_PASSWORD, PROBE_USER } from '../support/sip-digest.ts'

const rig = new RegisterRig()
afterEach(() => rig.close())

describe('sip-register authenticates', () => {
  test.each([
    ['MD5', ['MD5'], 'MD5'],
    ['SHA-256', ['SHA-256'], 'SHA-256'],
    ['SHA-512-256', ['SHA-512-256'], 'SHA-512-256'],
    ['no algorithm named, which is MD5', [''], 'MD5'],
    ['the topmost of several', ['SHA-256', 'MD5'], 'SHA-256'],
    ['the topmost that it knows', ['SHA-1', 'MD5', 'SHA-256'], 'MD5'],
  ])('with %s', async (_what, algorithms, used) => {
    const lab = await rig.registrar({ digest: { algorithms } })
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
    const lab = await rig.registrar(
      { digest },
      { ...REGISTERED, password: users?.[PROBE_USER] ?? PROBE_PASSWORD },
    )
    expect(await lab.asked()).toMatchObject({ result: 'pass', status: 200 })
    expect(lab.registrar.gate?.accepted).toBe(1)
  })

  test('as another user than the one that registers', async () => {
    const lab = await rig.registrar(
      { digest: { users: { 'acct 7': 'x' } } },
      { ...REGISTERED, authUser: 'acct 7', password: 'x' },
    )
    expect(await lab.asked()).toMatchObject({ result: 'pass' })
  })

  test('with a nonce kept from the question before: one round trip from then on, each use counted', async () => {
    const lab = await rig.registrar()
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

  test('without taking the nonce of one server to another', async () => {
    const lab = await rig.registrar()
    await lab.asked()
    const other = { ...lab.target, id: 'edge/other' as typeof lab.target.id }
    const asking = lab.prober.ask(other, lab.server.address, { timeoutMs: 1000 })
    await lab.play(40)
    expect(await asking).toMatchObject({ result: 'pass' })
    expect(lab.server.requests.map((one) => one.header('authorization') !== undefined)).toEqual([
      false,
      true,
      false,
      true,
    ])
  })

  test.each([
    ['that says so', false],
    ['that hides it, having forgotten the nonce over a restart', true],
  ])('anew where the kept nonce is too old for a server %s', async (_what, hidesStale) => {
    const lab = await rig.registrar({ digest: { usesPerNonce: 1, hidesStale } })
    for (let round = 0; round < 3; round++) expect(await lab.asked()).toMatchObject({ result: 'pass' })
    expect(lab.registrar.gate?.accepted).toBe(3)
    expect(lab.registrar.gate?.refused).toBe(0)
    expect(lab.server.requests).toHaveLength(6)
  })

  test('and answers a stale nonce once in a question, not for ever', async () => {
    const lab = await rig.registrar({ digest: { usesPerNonce: 0 } })
    expect(await lab.asked()).toMatchObject({ result: 'inconclusive', reason: 'credentials-refused' })
    expect(lab.server.requests).toHaveLength(3)
  })

  test.each([
    ['says so', false],
    ['does not say so', true],
  ])(
    'each request of a question anew where a nonce signs one only, and the server %s: no binding is left',
    async (_what, hidesStale) => {
      const lab = await rig.registrar(
        { digest: { usesPerNonce: 1, hidesStale } },
        { ...REGISTERED, bind: true },
      )
      for (let round = 0; round < 3; round++) {
        expect(await lab.asked()).toMatchObject({ result: 'pass', reason: 'ok' })
        expect([...(lab.registrar.bindings.get('sip:probe@lab.example') ?? [])]).toEqual([])
      }
      expect(lab.registrar.gate?.refused).toBe(0)
      expect(lab.registrar.gate?.accepted).toBe(6)
    },
  )

  test('only in the realm it is told to', async () => {
    const lab = await rig.registrar(
      { digest: { realm: 'evil.example' } },
      { ...REGISTERED, realm: 'lab.example' },
    )
    expect(await lab.asked()).toMatchObject({
      reason: 'credentials-refused',
      detail: expect.stringContaining('evil.example'),
    })
    expect(lab.server.requests).toHaveLength(1)
    expect(lab.server.requests[0]?.header('authorization')).toBeUndefined()
  })

  test('only with the algorithms it is told to', async () => {
    const lab = await rig.registrar(
      { digest: { algorithms: ['MD5'] } },
      { ...REGISTERED, algorithms: ['SHA-256'] },
    )
    expect(await lab.asked()).toMatchObject({ result: 'inconclusive', reason: 'credentials-refused' })
    expect(lab.server.requests).toHaveLength(1)
  })
})

describe('a wrong password', () => {
  const wrong = { ...REGISTERED, password: 'not it' }

  test('is our own fault, and costs the server one refusal', async () => {
    const lab = await rig.registrar({ digest: {} }, wrong)
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
    const lab = await rig.registrar({ digest: {} }, wrong, { deps: { logger } })
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
    const lab = await rig.registrar({ digest: { users } })
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
    const lab = await rig.registrar({ digest: { users } }, REGISTERED, { deps: { logger } })
    await lab.asked()
    users[PROBE_USER] = PROBE_PASSWORD
    await lab.time.advance(15 * 60_000)
    expect(await lab.asked()).toMatchObject({ result: 'pass' })
    users[PROBE_USER] = 'other'
    expect(await lab.asked()).toMatchObject({ reason: 'credentials-refused' })
    expect(logger.messagesOf('probe.credentials-refused')).toHaveLength(2)
  })

  test.each([403, 404])('may be told by %s as well', async (code) => {
    const lab = await rig.against(status(code))
    expect(await lab.asked()).toMatchObject({
      result: 'inconclusive',
      reason: 'credentials-refused',
      status: code,
    })
    expect(await lab.asked()).toMatchObject({ attempts: 0 })
  })

  test('that is not configured at all is told from a wrong one', async () => {
    const lab = await rig.registrar({ digest: {} }, { user: PROBE_USER })
    expect(await lab.asked()).toMatchObject({
      reason: 'credentials-refused',
      detail: 'it asks for credentials, and none are configured',
    })
  })

  test('shows neither in the outcome nor in the trace nor in the log, and no digest of it does', async () => {
    const logger = recordingLogger()
    for (const password of [PROBE_PASSWORD, 'not it at all']) {
      const lab = await rig.registrar({ digest: {} }, { ...REGISTERED, password }, { deps: { logger } })
      const outcome = await lab.asked()
      const digests = lab.server.requests.flatMap(
        (one) => /response="(\w+)"/.exec(one.header('authorization') ?? '')?.[1] ?? [],
      )
      expect(digests.length).toBeGreaterThan(0)
      const shown = JSON.stringify([outcome, lab.trace, logger.events])
      expect(shown).toContain('REGISTER sip:lab.example')
      for (const secret of [password, ...digests]) expect(shown).not.toContain(secret)
    }
  })
})
