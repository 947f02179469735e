import { afterEach, describe, expect, test } from 'vitest'
import { REGISTERED, RegisterRig } from '../support/register-rig.ts'
import { delay, status } from '../support/sip-behaviours.ts'
import { databaseGone } from '../support/sip-registrar.ts'

const rig = new RegisterRig()
afterEach(() => rig.close())

describe('sip-register asks which bindings there are', () => {
  test('without a Contact, so that it leaves none and evicts no phone (RFC 3261 section 10.2.3)', async () => {
    const lab = await rig.registrar()
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
    const lab = await rig.registrar()
    await lab.asked()
    const [request] = lab.server.requests
    expect(request?.uri).toBe('sip:lab.example')
    expect(request?.header('to')).toBe('<sip:probe@lab.example>')
    expect(request?.header('from')).toMatch(/^<sip:probe@lab\.example>;tag=\w+$/)
  })

  test('and answers the challenge with the same Call-ID, the next number and a new branch (RFC 3261 section 22.2)', async () => {
    const lab = await rig.registrar()
    await lab.asked()
    const [first, second] = lab.server.requests
    expect(second?.header('call-id')).toBe(first?.header('call-id'))
    expect([first?.header('cseq'), second?.header('cseq')]).toEqual(['1 REGISTER', '2 REGISTER'])
    expect(second?.header('via')).not.toBe(first?.header('via'))
  })

  test.each(['udp', 'tcp', 'tls'] as const)('over %s', async (transport) => {
    const lab = await rig.registrar({ digest: {} }, REGISTERED, { server: { transport } })
    expect(await lab.asked()).toMatchObject({ result: 'pass', status: 200 })
    expect(lab.registrar.gate?.accepted).toBe(1)
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
    const lab = await rig.against(status(code))
    expect(await lab.asked()).toMatchObject({ result, reason, status: code })
  })

  test('503 with Retry-After is overload', async () => {
    const lab = await rig.against(status(503, { headers: [['Retry-After', '30']] }))
    expect(await lab.asked()).toMatchObject({ reason: 'overload', retryAfterMs: 30_000 })
  })

  test('Retry-After means nothing with another status', async () => {
    const lab = await rig.against(status(500, { headers: [['Retry-After', '30']] }))
    const outcome = await lab.asked()
    expect(outcome).toMatchObject({ reason: 'bad-status', status: 500 })
    expect(outcome.retryAfterMs).toBeUndefined()
  })

  test('a registrar whose database is gone fails, though it answers OPTIONS', async () => {
    const lab = await rig.against(databaseGone)
    expect(await lab.asked()).toMatchObject({ result: 'fail', reason: 'bad-status', status: 500 })
  })

  test('a challenge that cannot be read is a bad reply', async () => {
    const lab = await rig.against(status(401, { headers: [['WWW-Authenticate', 'Digest realm="x"']] }))
    expect(await lab.asked()).toMatchObject({ result: 'fail', reason: 'bad-reply', status: 401 })
  })

  test('a challenge with hostile bytes in it is a bad reply, and breaks nothing', async () => {
    const lab = await rig.against(
      status(401, { headers: [['WWW-Authenticate', 'Digest realm="\0\x1b[2J", nonce="n"']] }),
    )
    expect(await lab.asked()).toMatchObject({ result: 'fail', reason: 'bad-reply' })
  })

  test('silence fails as a time-out, after one retransmission', async () => {
    const lab = await rig.against({ onRequest: () => {} })
    expect(await lab.asked({ timeoutMs: 1000 })).toMatchObject({
      result: 'fail',
      reason: 'timeout',
      attempts: 2,
    })
  })

  test('silence after the challenge fails as a time-out within the same budget', async () => {
    const lab = await rig.registrar()
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

  test('one budget holds for all that a question sends', async () => {
    const lab = await rig.registrar()
    lab.server.behave(delay(600, lab.registrar))
    const startMs = lab.time.nowMs()
    expect(await lab.asked({ timeoutMs: 1000, mayRetransmit: () => false })).toMatchObject({
      result: 'fail',
      reason: 'timeout',
    })
    expect(lab.time.nowMs() - startMs).toBeLessThanOrEqual(1040)
  })

  test('each further request is told, so that the pace of the target counts it', async () => {
    const lab = await rig.registrar()
    let told = 0
    await lab.asked({ onSend: () => told++ })
    expect(told).toBe(lab.server.requests.length - 1)
    expect(told).toBe(1)
  })
})

describe('sip-register with bind', () => {
  const bind = { ...REGISTERED, bind: true }

  test('writes a binding of its own that ends soon, and removes it', async () => {
    const lab = await rig.registrar({ digest: {} }, bind)
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
    const lab = await rig.registrar({ digest: {} }, bind)
    lab.registrar.bindings.set('sip:probe@lab.example', new Map([['sip:phone@192.0.2.5', 300]]))
    expect(await lab.asked()).toMatchObject({ result: 'pass' })
    expect([...(lab.registrar.bindings.get('sip:probe@lab.example') ?? [])]).toEqual([
      ['sip:phone@192.0.2.5', 300],
    ])
  })

  test('waits as long as the registrar wants (RFC 3261 section 10.2.8)', async () => {
    const lab = await rig.registrar({ digest: {}, minExpires: 90 }, bind)
    expect(await lab.asked()).toMatchObject({ result: 'pass' })
    expect(lab.registrar.written).toMatchObject([{ expires: 90 }])
  })

  test('fails where the registrar says 200 and forgets the binding', async () => {
    const lab = await rig.registrar({ digest: {}, forgetful: true }, bind)
    // A phone's binding under the same account is not ours.
    lab.registrar.bindings.set('sip:probe@lab.example', new Map([['sip:phone@192.0.2.5', 300]]))
    expect(await lab.asked()).toMatchObject({ result: 'fail', reason: 'unexpected', status: 200 })
  })

  test('is two requests for the pace of the target, without bind one', async () => {
    expect((await rig.registrar({ digest: {} }, bind)).prober.requests).toBe(2)
    expect((await rig.registrar()).prober.requests).toBe(1)
  })

  test('removes a binding that the registrar wrote and does not list', async () => {
    const lab = await rig.registrar({ digest: {} }, bind)
    const answers = lab.registrar
    lab.server.behave({
      onRequest: (request, reply) =>
        answers.onRequest(request, {
          ...reply,
          send: (text) => reply.send(String(text).replace(/^Contact: .*\r\n/gim, '')),
        }),
    })
    expect(await lab.asked()).toMatchObject({ result: 'fail', reason: 'unexpected', status: 200 })
    expect(lab.registrar.written).toHaveLength(1)
    expect([...(lab.registrar.bindings.get('sip:probe@lab.example') ?? [])]).toEqual([])
  })

  test('says so where the binding could not be removed', async () => {
    const lab = await rig.registrar({ digest: {} }, bind)
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

test('a slow registrar answers challenge and request twice each, and both times that nothing was lost is told', async () => {
  const lab = await rig.registrar()
  lab.server.behave(delay(60, lab.registrar))
  const begunMs = lab.time.nowMs()
  const spurious: number[] = []
  const seen = await lab.asked({ retransmitMs: 40, onSpurious: (sentMs) => spurious.push(sentMs) })
  expect(seen).toMatchObject({ result: 'pass', attempts: 3 })
  await lab.play(100)
  expect(lab.server.requests).toHaveLength(4)
  expect(spurious).toHaveLength(2)
  expect(Math.min(...spurious)).toBeGreaterThanOrEqual(begunMs)
})
