import { describe, expect, it } from 'vitest'
import { HEADER } from '../../../src/wire/dns/query.ts'
import { answerTo, ask } from '../../support/dns-ask.ts'
import { hostilePackets } from '../../support/dns-hostile.ts'
import { optionOf, queryOf, recordOf, u16 } from '../../support/dns-query.ts'

/** What holds for every reply, however wrong the query was. Gives the RCODE's low bits. */
function checkReply(query: Uint8Array, reply: Uint8Array): number {
  const hasOpt = (reply[11] ?? 0) > 0 && Buffer.from(reply).includes(Buffer.from([0, 0, 41, 4, 208]))
  expect(reply.length).toBeGreaterThanOrEqual(HEADER)
  expect(reply.length).toBeLessThanOrEqual(hasOpt ? 1232 : 512)
  expect(Buffer.from(reply.subarray(0, 2))).toEqual(Buffer.from(query.subarray(0, 2)))
  expect((reply[2] ?? 0) & 0x80).toBe(0x80)
  expect((reply[3] ?? 0) & 0xf0).toBe(0)
  return (reply[3] ?? 0) & 0x0f
}

describe('hostile octets', () => {
  it('get a small sound reply or none, 60,000 times', () => {
    const seen = new Map<number, number>()
    let dropped = 0
    const packets = hostilePackets(60, 65_535)
    for (let i = 0; i < 60_000; i++) {
      const query = packets.next().value as Buffer
      const before = Buffer.from(query)
      const reply = answerTo(query)
      if (reply === undefined) {
        expect(query.length < HEADER || (query[2] ?? 0) >= 0x80).toBe(true)
        dropped++
        continue
      }
      expect(query.equals(before)).toBe(true)
      const rcode = checkReply(query, reply)
      seen.set(rcode, (seen.get(rcode) ?? 0) + 1)
    }
    // The corpus reaches every path: NOERROR, FORMERR, NXDOMAIN, NOTIMP and REFUSED all occur, and drops do.
    for (const rcode of [0, 1, 3, 4, 5]) expect(seen.get(rcode)).toBeGreaterThan(100)
    expect(dropped).toBeGreaterThan(1_000)
    expect(ask('voice.example.test', 'A').answer).toEqual(['voice.example.test 30 A 192.0.2.11'])
  })

  it('get the same treatment cut at every length and with every bit flipped', () => {
    const corpus = [
      queryOf('_sip._udp.voice.example.test', 'SRV', { edns: { options: optionOf(10, Buffer.alloc(8)) } }),
      queryOf('a.b.wild.voice.example.test', 'A'),
      queryOf('x.child.voice.example.test', 'A', { edns: { flags: 0x8000 } }),
    ]
    for (const whole of corpus) {
      for (let length = 0; length <= whole.length; length++) {
        const part = whole.subarray(0, length)
        const reply = answerTo(part)
        if (reply !== undefined) checkReply(part, reply)
        expect(reply === undefined).toBe(length < HEADER)
      }
      for (let bit = 16; bit < whole.length * 8; bit++) {
        const flipped = Buffer.from(whole)
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7))
        const reply = answerTo(flipped)
        if (bit === 16) expect(reply).toBeUndefined()
        else checkReply(flipped, reply ?? Buffer.alloc(0))
      }
    }
  })

  it.each([
    [
      'a pointer chain of 64 KB',
      queryOf('a.test', 'A', {
        records: Array.from({ length: 5_000 }, (_, i) =>
          recordOf(2, u16(0xc000 | ((12 + i * 2) & 0x3fff)), { owner: u16(0xc00c) }),
        ),
      }),
    ],
    ['64 KB of empty EDNS options', queryOf('a.test', 'A', { edns: { options: Buffer.alloc(65_000) } })],
    [
      '64 KB of questions',
      queryOf('.', 'A', {
        questions: 13_000,
        records: [Buffer.concat(Array.from({ length: 12_999 }, () => Buffer.from([0, 0, 1, 0, 1])))],
        counts: [0, 0, 0],
      }),
    ],
    [
      'counts of 65535 with nothing there',
      queryOf('a.test', 'A', { questions: 65535, counts: [65535, 65535, 65535] }),
    ],
    ['a name of 127 labels in our zone', queryOf(`${'a.'.repeat(117)}voice.example.test`, 'A')],
  ])('%s costs less than a millisecond', (_what, query) => {
    for (let i = 0; i < 300; i++) answerTo(query)
    const started = performance.now()
    for (let i = 0; i < 300; i++) answerTo(query)
    expect((performance.now() - started) / 300).toBeLessThan(1)
  })
})
