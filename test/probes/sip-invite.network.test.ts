import { afterEach, describe, expect, test } from 'vitest'
import type { ProbeDefinition } from '../../src/probes/definition.ts'
import { sipInvite } from '../../src/probes/sip-invite.ts'
import { ACCOUNT, CallRig, WHOM } from '../support/call-rig.ts'
import { loss, response, status } from '../support/sip-behaviours.ts'
import { seededRandom } from '../support/virtual-time.ts'

const rig = new CallRig(sipInvite as ProbeDefinition)
afterEach(() => rig.close())

describe('an INVITE over UDP', () => {
  test('is sent again by Timer A, byte for byte, until something comes back', async () => {
    const lab = await rig.against({ onRequest: () => {} })
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
    const lab = await rig.against({ onRequest: () => {} })
    expect(await lab.asked({ timeoutMs: 4000, mayRetransmit: () => false })).toMatchObject({ attempts: 1 })
    expect(lab.server.requests).toHaveLength(1)
  })

  test('that gets no answer is not cancelled: there is nothing to cancel yet (RFC 3261 section 9.1)', async () => {
    const lab = await rig.against({ onRequest: () => {} })
    await lab.asked({ timeoutMs: 1000 })
    await lab.play(3000, 100)
    expect(new Set(lab.server.requests.map(({ method }) => method))).toEqual(new Set(['INVITE']))
  })

  test('whose answer comes broken waits for a whole one', async () => {
    const lab = await rig.extension()
    let broken = 0
    lab.server.behave({
      onRequest: (request, reply) => {
        if (request.method === 'INVITE' && broken++ === 0) {
          reply.send(response(request, 200).replace(/^CSeq: .*\r\n/m, ''))
        } else lab.extension.onRequest(request, reply)
      },
    })
    expect(await lab.asked()).toMatchObject({ result: 'pass', reason: 'ok' })
    expect(lab.extension.standing).toEqual([])
  })

  test('refused by ICMP fails at once', async () => {
    const lab = await rig.against({ onRequest: () => {} })
    await lab.server.close()
    expect(await lab.asked()).toMatchObject({ result: 'fail', reason: 'refused' })
    expect(lab.time.pending).toBeLessThan(2)
  })

  test('works through 20 % loss each way, and leaves no call', async () => {
    const made = await rig.bare()
    for (let seed = 1; seed <= 8; seed++) {
      const lab = await rig.against(loss(0.2, seed, made), WHOM, { timeoutMs: 8000 })
      const outcome = await lab.asked()
      expect(['ok', 'ok-noted']).toContain(outcome.reason)
      await lab.play(40_000, 250)
      expect(made.standing, `seed ${seed}`).toEqual([])
    }
  })
})

describe('ACK and BYE follow the route of the answer', () => {
  test('through recorded routes, turned round, to the Contact (RFC 3261 sections 12.1.2 and 12.2.1.1)', async () => {
    const lab = await rig.extension({
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
    const elsewhere = await rig.bare()
    const other = await rig.against(elsewhere)
    const lab = await rig.extension({ contact: `<sip:pbx@127.0.0.1:${other.server.port}>` })
    expect(await lab.asked()).toMatchObject({ result: 'pass' })
    expect(lab.extension.log).toEqual(['INVITE 1'])
    expect(elsewhere.log.slice(0, 2)).toEqual(['ACK 1', 'BYE 2'])
  })

  test('and BYE does not overtake the ACK where that way has to be opened first', async () => {
    const elsewhere = await rig.bare()
    const other = await rig.against(
      elsewhere,
      { ...WHOM, transport: 'tcp' },
      { server: { transport: 'tcp' } },
    )
    const lab = await rig.extension({ contact: `<sip:pbx@127.0.0.1:${other.server.port};transport=tcp>` })
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
    await lab.play(2000, 100)
    expect(elsewhere.log.filter((one) => one.startsWith('BYE'))).toHaveLength(1)
  })

  test('and back to who took the INVITE where that way is dead: no call stands for a wrong Contact', async () => {
    const dead = await rig.against({ onRequest: () => {} })
    const lab = await rig.extension({ contact: `<sip:pbx@127.0.0.1:${dead.server.port}>` })
    await dead.server.close()
    // At once: the way that is dead need not be waited for.
    expect(await lab.asked({ timeoutMs: 900 })).toMatchObject({ reason: 'ok' })
    expect(lab.extension.log).toContain('BYE 3')
    expect(lab.extension.standing).toEqual([])
  })

  test('to who took the INVITE where the Contact is missing, or names a host', async () => {
    for (const contact of ['', '<sip:pbx@pbx.example.com>', '<tel:+1>', '<sip:0.0.0.0>']) {
      const lab = await rig.extension({ contact })
      expect(await lab.asked()).toMatchObject({ reason: 'ok' })
      expect(lab.extension.log).toEqual(['INVITE 1', 'ACK 1', 'BYE 2'])
    }
  })
})

describe('a stream', () => {
  test('that was kept and turns out dead costs one new connection, not a fail', async () => {
    const lab = await rig.extension({}, WHOM, { server: { transport: 'tcp' } })
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
    const lab = await rig.against({ onRequest: (_request, reply) => reply.reset() }, WHOM, {
      server: { transport: 'tcp' },
    })
    expect(await lab.asked()).toMatchObject({ result: 'fail', reason: 'reset' })
  })

  test('that breaks while the call stands, to a server that takes no other for five seconds: BYE is tried until it does', async () => {
    const lab = await rig.extension({}, { ...WHOM, hold: '1s' }, { server: { transport: 'tcp' } })
    const asking = lab.ask()
    await lab.play(200)
    lab.server.behave({ onRequest: () => {}, onConnection: 'reset' })
    lab.server.dropConnections('reset')
    await lab.play(5000)
    expect(await asking).toMatchObject({ result: 'pass', reason: 'ok-noted' })
    expect(lab.extension.standing).toHaveLength(1)
    lab.server.behave(lab.extension)
    await lab.play(5000)
    expect(lab.extension.standing).toEqual([])
  })

  test('that breaks while the call stands: BYE goes over a new connection', async () => {
    const lab = await rig.extension({}, { ...WHOM, hold: '1s' }, { server: { transport: 'tcp' } })
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
    const lab = await rig.against({
      onRequest: (request, reply) =>
        reply.send(alter(response(request, 200, { headers: [['Contact', '<sip:x@127.0.0.1>']] }))),
    })
    const outcome = await lab.asked({ timeoutMs: 600 })
    expect(outcome.result).not.toBe('inconclusive')
    expect(outcome.detail ?? '').toMatch(/^[\x20-\x7e]*$/)
    await lab.play(8000, 200)
  })

  test('of any kind, cut, doubled and changed at random, give a sound outcome and leave nothing running', async () => {
    const random = seededRandom(20261121)
    const pick = (limit: number) => Math.floor(random.next() * limit)
    const mutate = (text: string) => {
      const bytes = Buffer.from(text, 'latin1')
      for (let times = pick(4); times > 0; times--) bytes[pick(bytes.length)] = pick(256)
      return random.next() < 0.2 ? bytes.subarray(0, pick(bytes.length)) : bytes
    }
    const body = 'v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 9 RTP/AVP 0\r\n'
    const lab = await rig.against(
      {
        onRequest: (request, reply) => {
          for (let times = 1 + pick(3); times > 0; times--) {
            const code = [100, 180, 183, 200, 200, 302, 401, 407, 486, 503][pick(10)] ?? 200
            const headers = [
              ['Contact', '<sip:x@127.0.0.1>'],
              ['Record-Route', '<sip:127.0.0.1;lr>'],
              ['WWW-Authenticate', 'Digest realm="r", nonce="n", qop="auth"'],
            ] as const
            reply.send(mutate(response(request, code, { headers, body })))
          }
        },
      },
      { ...ACCOUNT, domain: 'lab.example' },
    )
    const reasons = new Set<string>()
    for (let round = 0; round < 150; round++) {
      const { reason, detail = '' } = await lab.asked({ timeoutMs: 200 })
      expect(detail).toMatch(/^[\x20-\x7e]{0,200}$/)
      expect(['internal', 'aborted']).not.toContain(reason)
      reasons.add(reason)
      // Over a refused ACCOUNT the probe would rest.
      if (reason === 'credentials-refused') await lab.time.advance(15 * 60_000)
    }
    expect(reasons.size).toBeGreaterThan(3)
    await lab.play(40_000, 500)
    expect(lab.time.pending).toBeLessThan(3)
  })

  test('requests of strangers on our socket are counted and not answered', async () => {
    const lab = await rig.against({
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
