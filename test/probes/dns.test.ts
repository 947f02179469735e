import { type Answer, decode, encode, type Packet, streamEncode, TRUNCATED_RESPONSE } from 'dns-packet'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Outcome } from '../../src/core/outcome.ts'
import type { AskContext } from '../../src/probes/definition.ts'
import { composeQuery, type Query, queryName, readReply } from '../../src/probes/dns/query.ts'
import { dns } from '../../src/probes/dns.ts'
import { createSipTransports } from '../../src/probes/transport/shared-sip-transports.ts'
import { createDatagramLab, type DatagramLab } from '../support/datagram-lab.ts'
import { probeDeps } from '../support/probe-deps.ts'
import { labTarget } from '../support/sip-targets.ts'
import { createStreamLab, type StreamLab } from '../support/stream-lab.ts'
import { VirtualTime } from '../support/virtual-time.ts'

const AUTHORITATIVE = 1 << 10
const NXDOMAIN = 3

let udp: DatagramLab
let tcp: StreamLab
let time: VirtualTime
beforeEach(async () => {
  udp = await createDatagramLab()
  tcp = await createStreamLab()
  time = new VirtualTime()
})
afterEach(() => Promise.all([udp.close(), tcp.close()]))

function ask(options: Record<string, unknown>, context: Partial<AskContext> = {}): Promise<Outcome> {
  const sip = createSipTransports({ clock: time, timers: time })
  const port = options.transport === 'tcp' ? tcp.port : udp.port
  const settings = dns.options.parse({ name: 'sip.example.com', port, ...options })
  const prober = dns.create(settings, probeDeps({ clock: time, timers: time, sip }))
  return prober.ask(labTarget(1), '127.0.0.1', { timeoutMs: 1000, ...context })
}

function reply(query: Uint8Array, answers: Answer[], flags = 0): Buffer {
  const { id, questions } = decode(Buffer.from(query))
  const packet: Packet = { type: 'response', id: id ?? 0, flags, questions: questions ?? [], answers }
  return encode(packet)
}

const a = (data: string): Answer => ({ type: 'A', name: 'sip.example.com', ttl: 30, data })

describe('the dns probe', () => {
  test('passes on an answer, and asks what it was told to', async () => {
    udp.behave((query, to) => to.send(reply(query, [a('192.0.2.1'), a('192.0.2.2')])))
    expect(await ask({ name: 'SIP.example.com.', answers: ['192.0.2.2'], recursion: true })).toEqual({
      result: 'pass',
      reason: 'ok',
      detail: 'NOERROR, 192.0.2.1, 192.0.2.2',
      attempts: 1,
      rttMs: 0,
    })
    expect(decode(Buffer.from(udp.received[0] ?? []))).toMatchObject({
      type: 'query',
      flag_rd: true,
      questions: [{ name: 'sip.example.com', type: 'A', class: 'IN' }],
    })
    expect(time.pending).toBe(0)
  })

  test('SRV and NAPTR data are compared by meaning, not by spelling', async () => {
    const srv: Answer = {
      type: 'SRV',
      name: 'x.example',
      data: { priority: 10, weight: 60, port: 5060, target: 'SIP1.example.com' },
    }
    udp.behave((query, to) => to.send(reply(query, [srv])))
    expect(await ask({ recordType: 'SRV', answers: ['010 60 5060 sip1.EXAMPLE.com.'] })).toMatchObject({
      result: 'pass',
    })
    const naptr: Answer = {
      type: 'NAPTR',
      name: 'x.example',
      data: {
        order: 10,
        preference: 50,
        flags: 's',
        services: 'SIP+D2U',
        regexp: '',
        replacement: '_sip._udp.example.com',
      },
    }
    udp.behave((query, to) => to.send(reply(query, [naptr])))
    const answers = ['10 50 "s" "SIP+D2U" "" _sip._udp.example.com.']
    expect(await ask({ recordType: 'NAPTR', answers })).toMatchObject({ result: 'pass' })
  })

  test.each([
    [{ rcode: ['NXDOMAIN'] }, [], NXDOMAIN, 'ok', 'NXDOMAIN'],
    [{}, [], NXDOMAIN, 'unexpected', 'NXDOMAIN, not NOERROR'],
    [{}, [], 0, 'unexpected', '0 answers, not 1: no record of that type'],
    [{ minAnswers: 0 }, [], 0, 'ok', 'NOERROR'],
    [{ minAnswers: 2 }, [a('192.0.2.1')], 0, 'unexpected', '1 answers, not 2: 192.0.2.1'],
    [{ answers: ['192.0.2.9'] }, [a('192.0.2.1')], 0, 'unexpected', 'missing 192.0.2.9; it has 192.0.2.1'],
    [{ authoritative: true }, [a('192.0.2.1')], 0, 'unexpected', 'the answer is not authoritative'],
    [{ authoritative: true }, [a('192.0.2.1')], AUTHORITATIVE, 'ok', 'NOERROR, 192.0.2.1'],
  ])('%j, answered %j with flags %i: %s', async (options, answers, flags, reason, detail) => {
    udp.behave((query, to) => to.send(reply(query, answers, flags)))
    expect(await ask(options)).toMatchObject({ reason, detail })
  })

  test('an error without a question is an answer', async () => {
    udp.behave((query, to) =>
      to.send(encode({ type: 'response', id: decode(Buffer.from(query)).id ?? 0, flags: 5 })),
    )
    expect(await ask({})).toMatchObject({ reason: 'unexpected', detail: 'REFUSED, not NOERROR' })
  })

  test('asks once more after half the time, and not where that is too much', async () => {
    const answer = ask({})
    await udp.count(1)
    await time.advance(500)
    await udp.count(2)
    await time.advance(500)
    expect(await answer).toMatchObject({ reason: 'timeout', attempts: 2 })
    const held = ask({}, { mayRetransmit: () => false })
    await udp.count(3)
    await time.advance(1000)
    expect(await held).toMatchObject({ reason: 'timeout', attempts: 1 })
  })

  test('ignores answers to other questions, other IDs, other ports, and requests', async () => {
    udp.behave((query, to) => {
      const good = reply(query, [a('192.0.2.66')])
      const otherId = Buffer.from(good)
      otherId.writeUInt16BE(good.readUInt16BE(0) ^ 1)
      to.send(otherId)
      to.sendFromElsewhere(good)
      to.send(query)
      const { id } = decode(Buffer.from(query))
      to.send(
        encode({
          type: 'response',
          id: id ?? 0,
          questions: [{ type: 'A', name: 'else.example' }],
          answers: [],
        }),
      )
      to.send(reply(query, [a('192.0.2.1')]))
    })
    expect(await ask({})).toMatchObject({ result: 'pass', detail: 'NOERROR, 192.0.2.1' })
  })

  test('a truncated answer is asked for again over TCP, and the pace is told', async () => {
    udp.behave((query, to) => to.send(reply(query, [], TRUNCATED_RESPONSE)))
    let told = 0
    // The TCP half asks the same port, where nobody listens.
    expect(await ask({}, { onSend: () => told++ })).toMatchObject({ result: 'fail', reason: 'refused' })
    expect(told).toBe(1)
  })

  test('over TCP, in whatever pieces the answer comes', async () => {
    tcp.behave({
      onData: (text, to) => {
        const query = Buffer.from(text, 'latin1').subarray(2)
        const { id, questions } = decode(query)
        const bytes = streamEncode({
          type: 'response',
          id: id ?? 0,
          questions: questions ?? [],
          answers: [a('192.0.2.1')],
        })
        for (const octet of bytes) to.send(Uint8Array.of(octet))
        return true
      },
    })
    expect(await ask({ transport: 'tcp' })).toMatchObject({
      result: 'pass',
      detail: 'NOERROR, 192.0.2.1',
      attempts: 1,
    })
  })

  test.each([
    ['\x00\x04abcd', 'bad-reply', 'an answer to something else'],
    ['\x00', 'closed', 'the far end closed before it had answered'],
  ])('over TCP, %j and then the end: %s', async (said, reason, detail) => {
    tcp.behave({
      onData: (_text, to) => {
        to.end(said)
        return true
      },
    })
    expect(await ask({ transport: 'tcp' })).toMatchObject({ result: 'fail', reason, detail })
  })

  test.each([
    [{ name: 'a b' }],
    [{ name: 'x..y' }],
    [{ name: 'x', recordType: 'ANY' }],
    [{ name: 'x', answers: ['not-an-address'] }],
    [{ name: 'x', recordType: 'SRV', answers: ['1 2 3'] }],
    [{ name: 'x', rcode: [] }],
    [{}],
  ])('%j is refused', (given) => {
    expect(dns.options.safeParse(given).success).toBe(false)
  })
})

describe('an answer from a stranger', () => {
  const name = queryName('sip.example.com')
  if (name === undefined) throw new Error('a name that is none')
  const query: Query = { name, type: 'A', recursion: false }
  const id = 4711

  test('a pointer chain of 64 KB costs nothing to speak of', () => {
    const bytes = Buffer.alloc(65_535)
    bytes.writeUInt16BE(id)
    bytes.writeUInt16BE(0x8000, 2)
    // One record whose data is a chain of pointers, then as many records as fit, each owned by the chain's end.
    bytes.writeUInt16BE(10, 13)
    bytes.writeUInt16BE(1, 15)
    bytes.writeUInt16BE(16_000, 21)
    let last = 23
    let at = 24
    for (; at + 2 < 16_023; at += 2) {
      bytes.writeUInt16BE(0xc000 | last, at)
      last = at
    }
    let records = 1
    for (at = 23 + 16_000; at + 12 <= bytes.length; at += 12, records++)
      bytes.writeUInt16BE(0xc000 | last, at)
    bytes.writeUInt16BE(records, 6)
    const startMs = performance.now()
    expect(readReply(bytes, query, id)).toMatchObject({ kind: 'malformed' })
    expect(performance.now() - startMs).toBeLessThan(200)
  })

  test('is read without a throw, whatever it is', () => {
    const truth = reply(composeQuery(query, id), [a('192.0.2.1')])
    const mutated = fc
      .array(fc.tuple(fc.nat(truth.length - 1), fc.nat(255)), { maxLength: 5 })
      .map((changes) => {
        const copy = Buffer.from(truth)
        for (const [at, octet] of changes) copy[at] = octet
        return copy
      })
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 100 })), (bytes) => {
        expect(['message', 'truncated', 'malformed', undefined]).toContain(readReply(bytes, query, id)?.kind)
      }),
      { seed: 20261121, numRuns: 3000 },
    )
  })
})
