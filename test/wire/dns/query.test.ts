import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RCODE, TYPE } from '../../../src/wire/dns/constants.ts'
import { DROP, emptyQuery, HEADER, NO_QUESTION, readQuery } from '../../../src/wire/dns/query.ts'
import { headerOnly, optionOf, optOf, queryOf, recordOf, u16, wireName } from '../../support/dns-query.ts'

function read(bytes: Uint8Array, length = bytes.length) {
  const query = emptyQuery()
  return { status: readQuery(bytes, length, query), query }
}

const NAME = 'sip.example.test'
const TSIG = recordOf(TYPE.TSIG, Buffer.alloc(16), { owner: wireName('key'), qclass: 255 })

describe('readQuery', () => {
  it('reads the question, where its labels stand, and where it ends', () => {
    const bytes = queryOf('_sip._udp.Example.TEST', 'SRV', { flags: 0x0100 })
    const { status, query } = read(bytes)
    expect(status).toBe(RCODE.NOERROR)
    expect(query).toMatchObject({ opcode: 0, labels: 4, qtype: 33, qclass: 1, edns: false, tsig: false })
    expect([...query.labelStarts.slice(0, 4)]).toEqual([0, 5, 10, 18])
    expect(query.nameEnd).toBe(HEADER + 24)
    expect(query.questionEnd).toBe(bytes.length)
  })

  it('takes the root as a name without labels', () => {
    expect(read(queryOf('.', 'NS'))).toMatchObject({
      status: RCODE.NOERROR,
      query: { labels: 0, nameEnd: 13 },
    })
  })

  it('forgets what the query before it held', () => {
    const query = emptyQuery()
    const first = queryOf('a.b.c', 'A', { records: [optOf({ flags: 0x8000 }), TSIG] })
    expect(readQuery(first, first.length, query)).toBe(RCODE.NOTAUTH)
    const second = queryOf('d', 'AAAA')
    expect(readQuery(second, second.length, query)).toBe(RCODE.NOERROR)
    expect(query).toMatchObject({
      labels: 1,
      qtype: 28,
      edns: false,
      dnssecOk: false,
      tsig: false,
      udpPayload: 0,
    })
  })

  it.each([0, 1, 2, 11])('drops %i octets: there is no header to answer', (length) => {
    expect(read(Buffer.alloc(length)).status).toBe(DROP)
  })

  it('drops responses, so that two servers never talk to each other for ever', () => {
    expect(read(queryOf(NAME, 'A', { flags: 0x8000 })).status).toBe(DROP)
  })

  it('drops a length that the octets do not have', () => {
    expect(read(queryOf(NAME, 'A'), 500).status).toBe(DROP)
  })

  it.each([
    ['a name that is cut', Buffer.from([5, 97, 98])],
    ['a pointer', Buffer.from([0xc0, 0x0c])],
    ['a pointer to itself behind a label', Buffer.from([1, 97, 0xc0, 0x0c])],
    ['a pointer ahead', Buffer.from([0xc0, 0x20])],
    ['an extended label (0x40)', Buffer.concat([Buffer.from([0x41]), Buffer.alloc(80, 97)])],
    ['a reserved label (0x80)', Buffer.concat([Buffer.from([0x81]), Buffer.alloc(150, 97)])],
    ['256 octets', wireName([...Array(3).fill('a'.repeat(63)), 'b'.repeat(62)].join('.'))],
  ])('calls %s in QNAME a format error, with no question to echo', (_what, name) => {
    const { status, query } = read(queryOf(name, 'A'))
    expect(status).toBe(RCODE.FORMERR)
    expect(query.questionEnd).toBe(HEADER)
  })

  it('takes no length above 63 for a label, however many octets follow', () => {
    for (let length = 64; length < 256; length++) {
      const name = Buffer.concat([Buffer.from([length]), Buffer.alloc(length, 0x61), Buffer.from([0])])
      expect(read(queryOf(name, 'A', { trailing: Buffer.alloc(300) })).status, `${length}`).toBe(
        RCODE.FORMERR,
      )
    }
  })

  it('accepts a name of 255 octets, and one of 127 labels', () => {
    const long = wireName([...Array(3).fill('a'.repeat(63)), 'b'.repeat(61)].join('.'))
    expect(long).toHaveLength(255)
    expect(read(queryOf(long, 'A')).status).toBe(RCODE.NOERROR)
    expect(read(queryOf(Array(127).fill('a').join('.'), 'A'))).toMatchObject({
      status: RCODE.NOERROR,
      query: { labels: 127 },
    })
  })

  it.each([
    [
      'QDCOUNT 2 (RFC 9619)',
      queryOf(NAME, 'A', {
        questions: 2,
        records: [Buffer.concat([wireName(NAME), u16(1, 1)])],
        counts: [0, 0, 0],
      }),
    ],
    ['QDCOUNT 65535 with nothing there', headerOnly(0, [65535, 65535, 65535, 65535])],
    ['ARCOUNT 1 with nothing there', queryOf(NAME, 'A', { counts: [0, 0, 1] })],
    ['ANCOUNT 65535 with nothing there', queryOf(NAME, 'A', { counts: [65535, 0, 0] })],
    [
      'an RDLENGTH beyond the end',
      queryOf(NAME, 'A', { records: [Buffer.concat([Buffer.from([0]), u16(1, 1, 0, 0, 9)])] }),
    ],
    [
      'a record owned by 256 octets',
      queryOf(NAME, 'A', {
        records: [
          recordOf(1, Buffer.alloc(4), {
            owner: wireName([...Array(3).fill('a'.repeat(63)), 'b'.repeat(62)].join('.')),
          }),
        ],
      }),
    ],
    ['two OPTs', queryOf(NAME, 'A', { records: [optOf(), optOf()] })],
    ['an OPT in the answer section', queryOf(NAME, 'A', { records: [optOf()], counts: [1, 0, 0] })],
    ['an OPT in the authority section', queryOf(NAME, 'A', { records: [optOf()], counts: [0, 1, 0] })],
    ['an OPT with an owner', queryOf(NAME, 'A', { edns: { owner: wireName('a') } })],
    ['an OPT owned by a pointer', queryOf(NAME, 'A', { edns: { owner: Buffer.from([0xc0, 0x0c]) } })],
    ['an EDNS option that overruns', queryOf(NAME, 'A', { edns: { options: u16(10, 8, 0) } })],
    ['more than 128 EDNS options', queryOf(NAME, 'A', { edns: { options: Buffer.alloc(129 * 4) } })],
    ['an EDNS option header that is cut', queryOf(NAME, 'A', { edns: { options: Buffer.from([0, 10, 0]) } })],
    ['a TSIG before the OPT', queryOf(NAME, 'A', { records: [TSIG, optOf()] })],
    ['two TSIGs', queryOf(NAME, 'A', { records: [TSIG, TSIG] })],
    ['a TSIG in the answer section', queryOf(NAME, 'A', { records: [TSIG], counts: [1, 0, 0] })],
    ['a TSIG of class IN', queryOf(NAME, 'A', { records: [recordOf(TYPE.TSIG)] })],
    [
      'a TSIG with a TTL',
      queryOf(NAME, 'A', { records: [recordOf(TYPE.TSIG, Buffer.alloc(0), { qclass: 255, ttl: 1 })] }),
    ],
  ])('calls %s a format error', (_what, bytes) => {
    expect(read(bytes).status).toBe(RCODE.FORMERR)
  })

  it('tells a query without a question from a wrong one, for it may ask for a cookie (RFC 7873 section 5.4)', () => {
    expect(read(headerOnly(0)).status).toBe(NO_QUESTION)
    const { status, query } = read(
      headerOnly(0, [0, 0, 0, 1], optOf({ options: optionOf(10, Buffer.alloc(8)) })),
    )
    expect([status, query.edns, query.questionEnd]).toEqual([NO_QUESTION, true, HEADER])
    expect(read(headerOnly(0, [0, 0, 0, 1])).status).toBe(RCODE.FORMERR)
  })

  it('remembers that an OPT came, even one that is wrong: the error owes one too', () => {
    for (const edns of [{ owner: wireName('a') }, { options: u16(10, 8, 0) }])
      expect(read(queryOf(NAME, 'A', { edns })).query.edns).toBe(true)
    expect(read(queryOf(NAME, 'A', { records: [optOf(), optOf()] })).query.edns).toBe(true)
  })

  it.each([1, 2, 3, 4, 5, 6, 15])(
    'knows nothing but QUERY: opcode %i is not implemented, with or without a question',
    (opcode) => {
      expect(read(queryOf(NAME, 'SOA', { opcode })).status).toBe(RCODE.NOTIMP)
      expect(read(headerOnly(opcode << 11)).status).toBe(RCODE.NOTIMP)
      expect(read(headerOnly(opcode << 11, [1, 2, 3, 4])).status).toBe(RCODE.NOTIMP)
    },
  )

  it('asks for EDNS version 0 before anything else', () => {
    expect(read(queryOf(NAME, 'A', { edns: { version: 1 } })).status).toBe(RCODE.BADVERS)
    expect(read(queryOf(NAME, 'A', { opcode: 5, edns: { version: 255 } })).status).toBe(RCODE.BADVERS)
  })

  it('knows no key, so a TSIG in its place is not authenticated', () => {
    expect(read(queryOf(NAME, 'A', { records: [optOf(), TSIG] }))).toMatchObject({
      status: RCODE.NOTAUTH,
      query: { edns: true, tsig: true },
    })
  })

  it('steps over records it has no use for, compressed owners and unknown types among them', () => {
    const soa = recordOf(6, Buffer.alloc(22), { owner: Buffer.from([0xc0, 0x0c]) })
    const bytes = queryOf(NAME, 'A', {
      records: [soa, recordOf(65280, Buffer.alloc(300)), optOf({ size: 4096 })],
      counts: [0, 1, 2],
    })
    expect(read(bytes)).toMatchObject({ status: RCODE.NOERROR, query: { edns: true, udpPayload: 4096 } })
  })

  it('ignores octets behind the last record, and every header bit that means nothing in a query', () => {
    expect(read(queryOf(NAME, 'A', { trailing: Buffer.alloc(40, 0xff) })).status).toBe(RCODE.NOERROR)
    expect(read(queryOf(NAME, 'A', { flags: 0x07ff })).status).toBe(RCODE.NOERROR)
  })

  it('reads OPT and its options', () => {
    const options = Buffer.concat([optionOf(3), optionOf(65001, Buffer.alloc(5))])
    const { query } = read(
      queryOf(NAME, 'A', { edns: { size: 1400, flags: 0xffff, extendedRcode: 0x77, options } }),
    )
    expect(query).toMatchObject({ edns: true, udpPayload: 1400, ednsVersion: 0, dnssecOk: true })
    expect(query.optionsEnd - query.optionsStart).toBe(13)
  })

  it('never throws and never reads past the length, whatever the octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.nat(130), (bytes, length) => {
        const { status, query } = read(bytes, length)
        expect([DROP, 0, 1, 4, 9, 16]).toContain(status)
        expect(query.questionEnd).toBeLessThanOrEqual(Math.max(HEADER, Math.min(length, bytes.length)))
      }),
      { seed: 8, numRuns: 5_000 },
    )
  })

  it('reads every prefix of a valid query as dropped, malformed or whole', () => {
    const whole = queryOf(NAME, 'A', { edns: { options: optionOf(10, Buffer.alloc(8)) } })
    for (let length = 0; length < whole.length; length++)
      expect([DROP, RCODE.FORMERR]).toContain(read(whole, length).status)
    expect(read(whole).status).toBe(RCODE.NOERROR)
  })

  it('spends no time that the octets do not prove: 64 KB of the smallest records take well under a millisecond each', () => {
    const records = Array.from({ length: 5_900 }, () => recordOf(1))
    const bytes = queryOf(NAME, 'A', { records })
    const query = emptyQuery()
    // The quickest of twenty rounds: on a busy machine others may have the core in between.
    let quickestMs = Number.POSITIVE_INFINITY
    for (let round = 0; round < 20; round++) {
      const started = performance.now()
      let sound = 0
      for (let i = 0; i < 20; i++) if (readQuery(bytes, bytes.length, query) === RCODE.NOERROR) sound++
      quickestMs = Math.min(quickestMs, (performance.now() - started) / 20)
      expect(sound).toBe(20)
    }
    expect(quickestMs).toBeLessThan(1)
  })
})
