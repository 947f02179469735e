import packet from 'dns-packet'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CLASS, TYPE } from '../../../src/wire/dns/constants.ts'
import { canonicalName } from '../../../src/wire/dns/name.ts'
import { formatRdata } from '../../../src/wire/dns/rdata/registry.ts'
import { readMessage, ttlSeconds } from '../../../src/wire/dns/read-message.ts'
import { headerOnly, optOf, queryOf, recordOf, u16, wireName } from '../../support/dns-query.ts'

const SEED = 1035

/** A reply made by somebody else's encoder, with names compressed where it does. */
function reply(): Buffer {
  return packet.encode({
    type: 'response',
    id: 4711,
    flags: packet.AUTHORITATIVE_ANSWER,
    questions: [{ name: '_sip._udp.Example.com', type: 'SRV' }],
    answers: [
      {
        name: '_sip._udp.example.com',
        type: 'SRV',
        ttl: 30,
        data: { priority: 10, weight: 60, port: 5060, target: 'sip1.example.com' },
      },
      { name: 'example.com', type: 'MX', ttl: 30, data: { preference: 5, exchange: 'mail.example.com' } },
      { name: 'example.com', type: 'TXT', ttl: 30, data: ['one', 'two'] },
    ],
    authorities: [{ name: 'example.com', type: 'NS', ttl: 30, data: 'ns1.example.com' }],
    additionals: [{ name: 'sip1.example.com', type: 'A', ttl: 30, data: '192.0.2.11' }],
  })
}

function read(bytes: Uint8Array) {
  const reading = readMessage(bytes)
  if (!reading.ok) throw new Error(reading.fault)
  return reading.message
}

const faultOf = (bytes: Uint8Array) => {
  const reading = readMessage(bytes)
  return reading.ok ? 'none' : reading.fault
}

describe('readMessage', () => {
  it('reads what another encoder wrote', () => {
    const message = read(reply())
    expect(message).toMatchObject({
      id: 4711,
      response: true,
      authoritative: true,
      truncated: false,
      rcode: 0,
    })
    expect(message.questions).toEqual([{ name: '_sip._udp.example.com.', type: TYPE.SRV, class: CLASS.IN }])
    const lines = [...message.answers, ...message.authorities, ...message.additionals].map(
      ({ name, ttl, rdata }) => `${name} ${ttl} ${rdata?.type} ${rdata && formatRdata(rdata)}`,
    )
    expect(lines).toEqual([
      '_sip._udp.example.com. 30 SRV 10 60 5060 sip1.example.com.',
      'example.com. 30 MX 5 mail.example.com.',
      'example.com. 30 TXT "one" "two"',
      'example.com. 30 NS ns1.example.com.',
      'sip1.example.com. 30 A 192.0.2.11',
    ])
  })

  it.each([
    ['SRV', TYPE.SRV, [0, 1, 0, 2, 0, 3], '1 2 3 x.example.com.'],
    ['MX', TYPE.MX, [0, 9], '9 x.example.com.'],
    ['CNAME', TYPE.CNAME, [], 'x.example.com.'],
    ['NAPTR', TYPE.NAPTR, [0, 1, 0, 2, 1, 0x73, 0, 0], '1 2 "s" "" "" x.example.com.'],
  ])('expands a compressed name in %s (RFC 3597 section 4)', (_, type, head, expected) => {
    const rdata = Buffer.from([...head, 1, 0x78, 0xc0, 12])
    const bytes = queryOf('example.com', 'ANY', { records: [recordOf(type, rdata)], counts: [1, 0, 0] })
    const record = read(bytes).answers[0]
    expect(record?.rdata && formatRdata(record.rdata)).toBe(expected)
  })

  it('keeps the case of names in the octets, and folds it in the value', () => {
    const rdata = Buffer.concat([Buffer.from([0, 1]), wireName('MaiL.Example.com')])
    const bytes = queryOf('example.com', 'MX', { records: [recordOf(TYPE.MX, rdata)], counts: [1, 0, 0] })
    const record = read(bytes).answers[0]
    expect(record?.rdata).toEqual({ type: 'MX', preference: 1, exchange: canonicalName('mail.example.com.') })
    expect(Buffer.from(record?.octets ?? [])).toEqual(rdata)
  })

  it('gives a record whose data does not fit its type as octets, and the rest as ever', () => {
    const records = [recordOf(TYPE.A, Buffer.from([1, 2, 3])), recordOf(TYPE.A, Buffer.from([1, 2, 3, 4]))]
    const { answers } = read(queryOf('example.com', 'A', { records, counts: [2, 0, 0] }))
    expect(answers.map(({ rdata }) => rdata)).toEqual([undefined, { type: 'A', address: '1.2.3.4' }])
  })

  it('takes the upper bits of the RCODE from the OPT (RFC 6891 section 6.1.3)', () => {
    const bytes = queryOf('example.com', 'A', { flags: 0x8000, records: [optOf({ extendedRcode: 1 })] })
    expect(read(bytes).rcode).toBe(16)
  })

  it('counts a TTL with its top bit set as 0 (RFC 2181 section 8)', () => {
    expect(ttlSeconds({ ttl: 0x80000000 })).toBe(0)
    expect(ttlSeconds({ ttl: 0x7fffffff })).toBe(0x7fffffff)
  })

  const pointer = (offset: number) => u16(0xc000 | offset)
  it.each([
    ['shorter than a header', Buffer.alloc(11), /header/],
    ['a count without its record', headerOnly(0x8000, [0, 1, 0, 0]), /runs past/],
    ['a question cut short', queryOf('example.com', 'A').subarray(0, -1), /question/],
    ['a pointer to itself', headerOnly(0, [1, 0, 0, 0], pointer(12)), /backwards/],
    [
      'a pointer forward',
      headerOnly(0, [1, 0, 0, 0], Buffer.concat([pointer(14), wireName('x')])),
      /backwards/,
    ],
    [
      'a label that leads into its own pointer',
      headerOnly(0, [1, 0, 0, 0], Buffer.from([1, 65, 0xc0, 12])),
      /backwards/,
    ],
    ['a label of an unknown kind', headerOnly(0, [1, 0, 0, 0], Buffer.from([0x41, 1])), /kind of label/],
    ['octets behind the last record', Buffer.concat([queryOf('example.com', 'A'), Buffer.of(0)]), /behind/],
    ['two OPTs', queryOf('example.com', 'A', { records: [optOf(), optOf()] }), /OPT/],
    [
      'rdata that runs past',
      queryOf('x', 'A', { records: [recordOf(1, Buffer.alloc(4)).subarray(0, -1)] }),
      /rdata/,
    ],
    [
      'a name that runs out of its record',
      queryOf('x', 'A', { records: [recordOf(TYPE.SRV, Buffer.alloc(6))], trailing: Buffer.of(0) }),
      /runs past its record/,
    ],
  ])('refuses %s', (_, bytes, expected) => {
    expect(faultOf(bytes)).toMatch(expected)
  })

  it('refuses a name that expands beyond 255 octets', () => {
    const long = wireName(Array.from({ length: 4 }, () => 'x'.repeat(62)).join('.'))
    const records = [
      recordOf(1, Buffer.alloc(4), { owner: Buffer.concat([Buffer.from([3, 97, 97, 97]), pointer(12)]) }),
    ]
    expect(faultOf(queryOf(long, 'A', { records }))).toMatch(/255/)
  })

  it('is through with a message full of pointer chains in little time', () => {
    // A chain of pointers, each to the one before, and thousands of owners that would follow it.
    const chain = Buffer.concat(
      Array.from({ length: 7000 }, (_, i) => pointer(i === 0 ? 11 : 23 + 2 * (i - 1))),
    )
    const carrier = recordOf(65280, chain)
    const owners = Array.from({ length: 4000 }, () =>
      recordOf(1, Buffer.alloc(0), { owner: pointer(23 + 2 * 6999) }),
    )
    const bytes = headerOnly(0x8000, [0, 4001, 0, 0], Buffer.concat([carrier, ...owners]))
    const before = process.cpuUsage()
    expect(faultOf(bytes)).toMatch(/too many pointers/)
    expect(process.cpuUsage(before).user).toBeLessThan(500_000)
  })

  it('never throws, whatever the octets are', () => {
    const whole = reply()
    const mangled = fc
      .array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 })
      .map((edits) => {
        const bytes = Buffer.from(whole)
        for (const [at, octet] of edits) bytes[at] = octet
        return bytes
      })
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      mangled,
      mangled.map((b) => b.subarray(0, -7)),
    )
    let refused = 0
    fc.assert(
      fc.property(anything, (bytes) => {
        const reading = readMessage(bytes)
        if (!reading.ok) refused++
        expect(typeof reading.ok).toBe('boolean')
      }),
      { seed: SEED, numRuns: 5000 },
    )
    expect(refused).toBeGreaterThan(500)
  })
})
