import packet from 'dns-packet'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DomainName } from '../../../src/core/brand.ts'
import type { Rdata } from '../../../src/core/records.ts'
import { BodyWriter, FLAG, OVERFLOW, QNAME, writeHeader } from '../../../src/wire/dns/message.ts'
import { encodeName } from '../../../src/wire/dns/name.ts'
import { queryOf, u16, wireName } from '../../support/dns-query.ts'

const ZONE = 'voice.example.test.' as DomainName
const name = (text: string) => text as DomainName
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** A whole message around a body, for a QNAME that may be longer than the reference. */
function messageOf(writer: BodyWriter, reference: DomainName, qname: string, answers: number): Buffer {
  const body = Buffer.from(writer.bytes())
  const octets = wireName(qname)
  const distance = octets.length - encodeName(reference).length
  for (const at of writer.relocations) body.writeUInt16BE(body.readUInt16BE(at) + distance, at)
  return Buffer.concat([u16(1, 0x8400, 1, answers, 0, 0), octets, u16(1, 1), body])
}

function decode(message: Buffer) {
  return (packet.decode(message).answers ?? []).map((record) => [
    record.name,
    'data' in record ? record.data : undefined,
  ])
}

describe('BodyWriter', () => {
  it('writes QNAME as owner in two octets', () => {
    const writer = new BodyWriter(ZONE)
    writer.record(QNAME, 30, { type: 'A', address: '192.0.2.1' })
    expect(hex(writer.bytes())).toBe(`c00c000100010000001e0004c0000201`)
    expect(writer.relocations).toEqual([])
  })

  it('points at the labels that a name shares with the question or an earlier name', () => {
    const writer = new BodyWriter(ZONE)
    writer.record(QNAME, 30, { type: 'CNAME', target: name('sip1.voice.example.test.') })
    writer.record(name('sip1.voice.example.test.'), 30, { type: 'A', address: '192.0.2.1' })
    writer.record(name('other.test.'), 30, { type: 'MX', preference: 1, exchange: name('mx.other.test.') })
    expect(hex(writer.bytes())).toContain(`0007${hex(Buffer.from('\x04sip1'))}c00c`)
    const records = decode(messageOf(writer, ZONE, 'voice.example.test', 3))
    expect(records).toEqual([
      ['voice.example.test', 'sip1.voice.example.test'],
      ['sip1.voice.example.test', '192.0.2.1'],
      ['other.test', { preference: 1, exchange: 'mx.other.test' }],
    ])
    // `other` is spelled out once, and `test` only in the question.
    expect(hex(writer.bytes()).split(hex(Buffer.from('other'))).length).toBe(2)
  })

  it.each<[string, Rdata]>([
    [
      'SRV (RFC 2782)',
      { type: 'SRV', priority: 1, weight: 2, port: 3, target: name('sip1.voice.example.test.') },
    ],
    [
      'NAPTR (RFC 3597 section 4)',
      {
        type: 'NAPTR',
        order: 1,
        preference: 2,
        flags: 's',
        services: 'SIP+D2U',
        regexp: '',
        replacement: name('sip1.voice.example.test.'),
      },
    ],
  ])('never compresses a name inside %s, but may point at it later', (_type, rdata) => {
    const writer = new BodyWriter(ZONE)
    writer.record(QNAME, 30, rdata)
    const before = writer.length
    writer.record(name('sip1.voice.example.test.'), 30, { type: 'A', address: '192.0.2.1' })
    expect(
      hex(writer.bytes())
        .slice(0, before * 2)
        .endsWith(hex(wireName('sip1.voice.example.test'))),
    ).toBe(true)
    expect(writer.length - before).toBe(2 + 10 + 4)
    expect(decode(messageOf(writer, ZONE, 'voice.example.test', 2))[1]?.[0]).toBe('sip1.voice.example.test')
  })

  it('serves every QNAME below the reference when its pointers are moved', () => {
    const writer = new BodyWriter(ZONE)
    writer.record(ZONE, 15, {
      type: 'SOA',
      mname: name('ns1.voice.example.test.'),
      rname: name('hostmaster.voice.example.test.'),
      serial: 1,
      refresh: 2,
      retry: 3,
      expire: 4,
      minimum: 5,
    })
    for (const qname of [
      'voice.example.test',
      'nope.voice.example.test',
      `a.${'b'.repeat(63)}.c.voice.example.test`,
    ]) {
      expect(decode(messageOf(writer, ZONE, qname, 1))).toMatchObject([
        ['voice.example.test', { mname: 'ns1.voice.example.test', rname: 'hostmaster.voice.example.test' }],
      ])
    }
  })

  it('takes only the parent of a wildcard for granted, for QNAME has other first labels', () => {
    const wildcard = name('*.voice.example.test.')
    const writer = new BodyWriter(wildcard, true)
    writer.record(QNAME, 30, { type: 'CNAME', target: wildcard })
    writer.record(QNAME, 30, { type: 'CNAME', target: ZONE })
    expect(decode(messageOf(writer, wildcard, 'x.y.voice.example.test', 2))).toEqual([
      ['x.y.voice.example.test', '*.voice.example.test'],
      ['x.y.voice.example.test', 'voice.example.test'],
    ])
  })

  it('points no farther than 14 bits reach, for the longest QNAME too', () => {
    const writer = new BodyWriter(ZONE)
    const target = (i: number) => name(`host${i % 900}.far.test.`)
    const count = 1_700
    for (let i = 0; i < count; i++) writer.record(name(`n${i}.test.`), 1, { type: 'NS', target: target(i) })
    expect(writer.length).toBeGreaterThan(20_000)
    const qname = `${'x'.repeat(63)}.${'y'.repeat(63)}.${'z'.repeat(63)}.${'w'.repeat(42)}.voice.example.test`
    expect(wireName(qname)).toHaveLength(255)
    const records = decode(messageOf(writer, ZONE, qname, count))
    expect(records).toEqual(Array.from({ length: count }, (_, i) => [`n${i}.test`, target(i).slice(0, -1)]))
  })

  it('says when a message can hold no more', () => {
    const writer = new BodyWriter(ZONE)
    const rdata: Rdata = { type: 'TXT', strings: Array.from({ length: 200 }, () => 'x'.repeat(255)) }
    expect(writer.record(QNAME, 1, rdata)).toBeUndefined()
    expect(writer.record(QNAME, 1, rdata)).toBe(OVERFLOW)
  })

  it('writes what dns-packet reads, for any names, however far into the message', () => {
    const label = fc.stringMatching(/^[a-z0-9-]{1,12}$/)
    const domain = fc
      .array(label, { minLength: 1, maxLength: 5 })
      .map((labels) => name(`${labels.join('.')}.`))
    fc.assert(
      fc.property(
        domain,
        fc.array(fc.tuple(domain, domain), { maxLength: 700 }),
        fc.boolean(),
        (reference, pairs, compressed) => {
          const writer = new BodyWriter(reference)
          for (const [owner, target] of pairs)
            writer.record(
              owner,
              1,
              compressed ? { type: 'NS', target } : { type: 'SRV', priority: 0, weight: 0, port: 0, target },
            )
          const read = decode(messageOf(writer, reference, reference.slice(0, -1), pairs.length))
          const plain = (text: DomainName) => text.slice(0, -1)
          expect(
            read.map(([owner, data]) => [
              owner,
              typeof data === 'string' ? data : (data as { target: string }).target,
            ]),
          ).toEqual(pairs.map(([owner, target]) => [plain(owner), plain(target)]))
        },
      ),
      { seed: 35, numRuns: 60 },
    )
  })
})

describe('writeHeader', () => {
  it('copies id, opcode and RD, clears RA, Z, AD and CD, and sets what it is given', () => {
    const query = queryOf('a.test', 'A', { id: 0xbeef, opcode: 5, flags: 0x07ff })
    const out = new Uint8Array(12)
    writeHeader(out, query, FLAG.QR | FLAG.AA, 3, 1, 0x102, 0x304, 0x506)
    expect(hex(out)).toBe('beefad030001010203040506')
  })
})
