import { describe, expect, it } from 'vitest'
import { TYPE } from '../../../src/wire/dns/constants.ts'
import { compileSnapshot } from '../../support/compile-snapshot.ts'
import { answerTo, ask, SAMPLE } from '../../support/dns-ask.ts'
import { headerOnly, queryOf, recordOf, wireName } from '../../support/dns-query.ts'
import { readReply } from '../../support/dns-reply.ts'
import { snapshotOf, VOICE, zoneOf } from '../../support/dns-zone.ts'

const VOICE_SOA =
  'voice.example.test 15 SOA ns1.voice.example.test hostmaster.voice.example.test 2026010101 7200 900 1209600 15'
const NODATA = { rcode: 'NOERROR', flags: 'qr aa', answer: [], authority: [VOICE_SOA], additional: [] }
const NXDOMAIN = { ...NODATA, rcode: 'NXDOMAIN' }
const REFUSED = { rcode: 'REFUSED', flags: 'qr', answer: [], authority: [], additional: [] }

describe('what is answered (design, section 6)', () => {
  it('name and type exist: the records, with AA', () => {
    expect(ask('voice.example.test', 'A')).toMatchObject({
      rcode: 'NOERROR',
      flags: 'qr aa',
      answer: ['voice.example.test 30 A 192.0.2.11'],
      authority: [],
      additional: [],
    })
  })

  it('SRV carries the addresses of its targets, both families', () => {
    expect(ask('_sip._udp.voice.example.test', 'SRV')).toMatchObject({
      answer: [
        '_sip._udp.voice.example.test 30 SRV 10 60 5060 sip1.voice.example.test',
        '_sip._udp.voice.example.test 30 SRV 20 100 5060 sip2.voice.example.test',
      ],
      additional: [
        'sip1.voice.example.test 30 A 192.0.2.11',
        'sip1.voice.example.test 30 AAAA 2001:db8::11',
        'sip2.voice.example.test 30 A 192.0.2.12',
      ],
    })
  })

  it('name exists, type does not: NODATA, kept for min(SOA TTL, MINIMUM)', () => {
    expect(ask('voice.example.test', 'TXT')).toMatchObject(NODATA)
    const longSoa = compileSnapshot(
      snapshotOf(zoneOf('a.test.', '@ 20 SOA ns h 1 2 3 4 900\n@ NS ns\nns A 192.0.2.1')),
    )
    expect(ask('a.test', 'A', { view: longSoa }).authority[0]).toMatch(/^a\.test 20 SOA/)
  })

  it('a configured name without any record now is NODATA for every type, never NXDOMAIN', () => {
    for (const name of ['asleep', 'x.quiet', 'quiet'])
      for (const type of Object.values(TYPE).filter((code) => ![41, 128, 249, 250, 251, 252].includes(code)))
        expect(ask(`${name}.voice.example.test`, type)).toMatchObject(NODATA)
  })

  it('a name between an existing one and the apex is NODATA, never NXDOMAIN (RFC 8020)', () => {
    for (const name of ['_udp', '_tcp', 'wild', 'block.wild', 'star'])
      expect(ask(`${name}.voice.example.test`, 'A')).toMatchObject(NODATA)
  })

  it('a name that does not exist is NXDOMAIN with the SOA', () => {
    expect(ask('nope.voice.example.test', 'A')).toMatchObject(NXDOMAIN)
    expect(ask('a.b.c.nope.voice.example.test', 'SRV')).toMatchObject(NXDOMAIN)
    expect(ask('x.sip1.voice.example.test', 'A')).toMatchObject(NXDOMAIN)
  })

  it.each(['example.test', 'test', '.', 'example.org', 'voice.example.tes', 'xvoice.example.test'])(
    'zone of %s is not served here: REFUSED, with no SOA and no referral upward',
    (name) => {
      expect(ask(name, 'A')).toMatchObject(REFUSED)
      expect(ask(name, 'A', { edns: true }).opt?.options).toEqual(['15:0014'])
    },
  )

  it('before the first snapshot: SERVFAIL, Not Ready', () => {
    const bytes = answerTo(queryOf('voice.example.test', 'A', { edns: true }), { view: undefined })
    const reply = readReply(bytes ?? Buffer.alloc(0))
    expect(reply).toMatchObject({ rcode: 'SERVFAIL', flags: 'qr', opt: { options: ['15:000e'] } })
  })

  it('a zone that is for other publishers is not served', () => {
    const view = compileSnapshot(snapshotOf({ ...VOICE, publish: ['aws'] }))
    expect(ask('voice.example.test', 'A', { view })).toMatchObject(REFUSED)
  })
})

describe('header, opcode and class', () => {
  it('copies id, RD and the question, letter case and all, and clears RA, Z, AD and CD', () => {
    const query = queryOf('_SiP._uDp.VoIcE.eXaMpLe.TeSt', 'SRV', { id: 0xabcd, flags: 0x07f0 })
    const reply = answerTo(query) ?? Buffer.alloc(0)
    expect(reply.readUInt16BE(0)).toBe(0xabcd)
    expect(reply.readUInt16BE(2)).toBe(0x8500)
    expect(reply.subarray(12, query.length)).toEqual(query.subarray(12))
    // The owner is QNAME itself, by pointer.
    expect(reply.readUInt16BE(query.length)).toBe(0xc00c)
  })

  it('answers a query whose other header bits are set as if they were not', () => {
    expect(ask('voice.example.test', 'A', { flags: 0x06ff }).answer).toEqual([
      'voice.example.test 30 A 192.0.2.11',
    ])
  })

  it.each([0, 2, 3, 4, 254, 255])('refuses class %i', (qclass) => {
    expect(answerTo(queryOf('voice.example.test', 'TXT', { qclass }))?.readUInt16BE(2)).toBe(0x8005)
    expect(answerTo(queryOf('version.bind', 'TXT', { qclass }))?.readUInt16BE(2)).toBe(0x8005)
  })

  it.each([1, 2, 3, 5, 6, 7, 15])(
    'does not implement opcode %i, and says so with every flag clear',
    (opcode) => {
      const header = answerTo(headerOnly((opcode << 11) | 0x06f0)) ?? Buffer.alloc(0)
      expect(header.toString('hex')).toBe(
        Buffer.from([0x12, 0x34, 0x80 | (opcode << 3), 4, 0, 0, 0, 0, 0, 0, 0, 0]).toString('hex'),
      )
      expect(answerTo(queryOf('voice.example.test', 'SOA', { opcode }))?.readUInt16BE(2)).toBe(
        0x8004 | (opcode << 11),
      )
    },
  )

  it("refuses NOTIFY, for it is nobody's secondary", () => {
    for (const name of ['voice.example.test', 'example.org']) {
      const reply = ask(name, 'SOA', { opcode: 4, flags: 0x0400, edns: true })
      expect(reply).toMatchObject({ rcode: 'REFUSED', flags: 'qr', question: [`${name} IN SOA`] })
      expect(reply.opt?.options).toEqual(['15:0012'])
    }
  })

  it('answers what it cannot read with FORMERR and a bare header', () => {
    const pointer = answerTo(queryOf(Buffer.from([0xc0, 0x0c]), 'A')) ?? Buffer.alloc(0)
    expect(pointer.toString('hex')).toBe('123480010000000000000000')
    expect(answerTo(headerOnly(0))?.toString('hex')).toBe('123480010000000000000000')
  })

  it('echoes the question of a FORMERR where there was a sound one', () => {
    const reply = readReply(
      answerTo(queryOf('voice.example.test', 'A', { counts: [0, 0, 1] })) ?? Buffer.alloc(0),
    )
    expect(reply).toMatchObject({ rcode: 'FORMERR', flags: 'qr', question: ['voice.example.test IN A'] })
  })

  it('answers a TSIG whose key it cannot know with NOTAUTH', () => {
    const records = [recordOf(TYPE.TSIG, Buffer.alloc(16), { owner: wireName('key'), qclass: 255 })]
    expect(ask('voice.example.test', 'A', { records }).rcode).toBe('NOTAUTH')
  })

  it('gives no answer to responses and to less than a header', () => {
    expect(answerTo(queryOf('voice.example.test', 'A', { flags: 0x8000 }))).toBeUndefined()
    expect(answerTo(Buffer.alloc(11))).toBeUndefined()
    expect(answerTo(Buffer.alloc(0))).toBeUndefined()
  })
})

describe('query types', () => {
  it.each([10, 666, 1000, 65280, 65535, 253, 254, 3, 4, 46, 47, 48])(
    'type %i without data is NODATA, or NXDOMAIN with its name',
    (type) => {
      expect(ask('voice.example.test', type)).toMatchObject(NODATA)
      expect(ask('nope.voice.example.test', type)).toMatchObject(NXDOMAIN)
    },
  )

  it.each(['OPT', 'TSIG', 'TKEY', 'NXNAME'] as const)('%s cannot be asked for', (type) => {
    expect(ask('voice.example.test', type, { edns: true })).toMatchObject({
      rcode: 'FORMERR',
      opt: { options: ['15:001e'] },
    })
  })

  it.each(['AXFR', 'IXFR'] as const)('%s is refused, over UDP and TCP', (type) => {
    const soa = recordOf(6, Buffer.alloc(22), { owner: wireName('voice.example.test') })
    for (const transport of ['udp', 'tcp'] as const) {
      expect(ask('voice.example.test', type, { transport })).toMatchObject(REFUSED)
      expect(ask('voice.example.test', type, { transport, records: [soa], counts: [0, 1, 0] })).toMatchObject(
        REFUSED,
      )
    }
  })

  it('ANY gets one small HINFO (RFC 8482 section 4.2), over TCP too', () => {
    for (const transport of ['udp', 'tcp'] as const) {
      expect(ask('voice.example.test', 'ANY', { transport })).toMatchObject({
        rcode: 'NOERROR',
        flags: 'qr aa',
        answer: ['voice.example.test 3600 HINFO "RFC8482" ""'],
        additional: [],
      })
    }
    expect(ask('any.wild.voice.example.test', 'ANY').answer).toEqual([
      'any.wild.voice.example.test 3600 HINFO "RFC8482" ""',
    ])
    expect(ask('_udp.voice.example.test', 'ANY')).toMatchObject(NODATA)
    expect(ask('nope.voice.example.test', 'ANY')).toMatchObject(NXDOMAIN)
  })

  it('ANY for an alias gets the alias', () => {
    expect(ask('alias.voice.example.test', 'ANY')).toMatchObject({
      answer: ['alias.voice.example.test 30 CNAME sip1.voice.example.test'],
      authority: [],
    })
  })

  it('a TTL goes out whole, up to 31 bits (RFC 2181 section 8)', () => {
    const ttls = [0, 1, 65_535, 65_536, 86_400, 2_147_483_647]
    const lines = ttls.map((ttl, i) => `t${i} ${ttl} A 192.0.2.9`).join('\n')
    const view = compileSnapshot(snapshotOf(zoneOf('a.test.', `@ SOA ns h 1 2 3 4 5\n@ NS ns\n${lines}`)))
    for (const [i, ttl] of ttls.entries())
      expect(ask(`t${i}.a.test`, 'A', { view }).answer).toEqual([`t${i}.a.test ${ttl} A 192.0.2.9`])
  })

  it('unknown types are served as they are (RFC 3597)', () => {
    expect(ask('opaque.voice.example.test', 65280).answer).toEqual([
      'opaque.voice.example.test 30 TYPE65280 c00c01',
    ])
  })

  it('NAPTR brings its SRV sets and their addresses; flag A brings addresses', () => {
    expect(ask('voice.example.test', 'NAPTR').additional).toEqual([
      '_sip._udp.voice.example.test 30 SRV 10 60 5060 sip1.voice.example.test',
      '_sip._udp.voice.example.test 30 SRV 20 100 5060 sip2.voice.example.test',
      '_sips._tcp.voice.example.test 30 SRV 10 60 5061 sip1.voice.example.test',
      'sip1.voice.example.test 30 A 192.0.2.11',
      'sip1.voice.example.test 30 AAAA 2001:db8::11',
      'sip2.voice.example.test 30 A 192.0.2.12',
    ])
    expect(ask('flat.voice.example.test', 'NAPTR').additional).toEqual([
      'sip2.voice.example.test 30 A 192.0.2.12',
    ])
  })

  it('MX and NS bring addresses', () => {
    expect(ask('voice.example.test', 'MX').additional).toEqual(['mail.voice.example.test 30 A 192.0.2.25'])
    expect(ask('voice.example.test', 'NS').additional).toEqual([
      'ns1.voice.example.test 30 A 192.0.2.1',
      'ns2.voice.example.test 30 A 192.0.2.2',
      'ns2.voice.example.test 30 AAAA 2001:db8::2',
    ])
  })

  it('labels with dots and NUL octets are names like others', () => {
    expect(ask(wireName('ODD\\.dot\\000.voice.example.test'), 'A').answer).toHaveLength(1)
    expect(ask(wireName('odd.dot\\000.voice.example.test'), 'A')).toMatchObject(NXDOMAIN)
    expect(ask(wireName('\\255\\000.voice.example.test'), 'A')).toMatchObject(NXDOMAIN)
  })

  it('folds ASCII letters and nothing else (RFC 4343)', () => {
    // 0x40 and 0x60, 0x5B and 0x7B differ by the bit that upper and lower case differ by.
    const view = compileSnapshot(
      snapshotOf(zoneOf('a.test.', '@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\nx\\091 A 192.0.2.2')),
    )
    expect(ask(wireName('X[.A.test'), 'A', { view }).answer).toHaveLength(1)
    expect(ask(wireName('x{.a.test'), 'A', { view })).toMatchObject({ rcode: 'NXDOMAIN' })
  })
})

describe('the sample', () => {
  it('serves both of its zones', () => {
    for (const apex of ['voice.example.test', 'other.test'])
      expect(ask(apex, 'SOA', { view: SAMPLE })).toMatchObject({ rcode: 'NOERROR', flags: 'qr aa' })
    expect(ask('example.test', 'SOA', { view: SAMPLE }).rcode).toBe('REFUSED')
  })
})
