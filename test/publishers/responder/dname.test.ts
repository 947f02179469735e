import { describe, expect, it } from 'vitest'
import { compileSnapshot } from '../../support/compile-snapshot.ts'
import { answerTo, ask as askAny } from '../../support/dns-ask.ts'
import { optionOf, type QueryOptions, queryOf, wireName } from '../../support/dns-query.ts'
import { readReply } from '../../support/dns-reply.ts'
import { snapshotOf, zoneOf } from '../../support/dns-zone.ts'

const view = compileSnapshot(
  snapshotOf(
    zoneOf(
      'here.test.',
      `
@         60 SOA ns1 hostmaster 1 7200 900 1209600 15
@            NS  ns1
ns1          A   192.0.2.1
old     300  DNAME new
old          TXT "moved"
away         DNAME elsewhere.example.
up           DNAME .
long         DNAME ${'a'.repeat(60)}.${'b'.repeat(60)}.example.
*            A   192.0.2.99
new          A   192.0.2.9
sip.new      A   192.0.2.10
*.wild.new   A   192.0.2.11
alias        CNAME sip.old
missing      CNAME nope.old
far          CNAME x.away
toolong      CNAME ${'c'.repeat(63)}.${'d'.repeat(63)}.long
round        DNAME trip
trip         DNAME round
lost         CNAME x.round
`,
    ),
    zoneOf('there.test.', '@ 60 SOA ns1 h 1 1 1 1 5\n@ NS ns1\nns1 A 192.0.2.1\n@ DNAME here.test.'),
  ),
)

const ask = (name: string | Uint8Array, type: Parameters<typeof askAny>[1], options: QueryOptions = {}) =>
  askAny(name, type, { view, ...options })

describe('a name below a DNAME (RFC 6672)', () => {
  const led = ['old.here.test 300 DNAME new.here.test', 'sip.old.here.test 300 CNAME sip.new.here.test']

  it('is answered with the DNAME, the alias that follows, with its TTL, and what is said of the name it leads to', () => {
    expect(ask('sip.old.here.test', 'A')).toMatchObject({
      rcode: 'NOERROR',
      flags: 'qr aa',
      answer: [...led, 'sip.new.here.test 30 A 192.0.2.10'],
      authority: [],
      additional: [],
    })
    for (const type of ['SRV', 'DNAME', 65280] as const) {
      const reply = ask('sip.old.here.test', type)
      expect(reply).toMatchObject({ rcode: 'NOERROR', flags: 'qr aa', answer: led })
      expect(reply.authority).toEqual([expect.stringContaining('here.test 15 SOA ')])
    }
    expect(ask('nope.old.here.test', 'A')).toMatchObject({
      rcode: 'NXDOMAIN',
      authority: [expect.any(String)],
    })
  })

  it('is answered with the alias alone where that is what was asked for, or anything', () => {
    for (const type of ['CNAME', 'ANY'] as const)
      expect(ask('sip.old.here.test', type)).toMatchObject({ rcode: 'NOERROR', answer: led, authority: [] })
  })

  it('keeps all its labels, in their case', () => {
    expect(ask('_SIP._udp.A.B.Away.here.TEST', 'SRV').answer).toEqual([
      'Away.here.TEST 30 DNAME elsewhere.example',
      '_SIP._udp.A.B.Away.here.TEST 30 CNAME _SIP._udp.A.B.elsewhere.example',
    ])
  })

  it('exists by the DNAME alone: a wildcard beside it has no say', () => {
    expect(ask('other.here.test', 'A').answer).toEqual(['other.here.test 30 A 192.0.2.99'])
    expect(ask('x.away.here.test', 'A').answer).toHaveLength(2)
  })

  it('can lead to the root, and from a whole zone', () => {
    expect(ask('a.example.up.here.test', 'A').answer[1]).toBe('a.example.up.here.test 30 CNAME a.example')
    expect(ask('sip.new.there.test', 'A').answer).toEqual([
      'there.test 30 DNAME here.test',
      'sip.new.there.test 30 CNAME sip.new.here.test',
      'sip.new.here.test 30 A 192.0.2.10',
    ])
    expect(ask('ns1.there.test', 'A').answer).toEqual(['ns1.there.test 30 A 192.0.2.1'])
  })

  it('gets YXDOMAIN and the DNAME where it would become too long (section 2.2), and an alias up to the last octet', () => {
    const owner = 'long.here.test'
    const target = 61 + 61 + 'example'.length + 1 + 1
    const front = (octets: number) => {
      const labels = [60, 60, octets - 61 - 61 - 1].map((size) => 'x'.repeat(size))
      return labels.join('.')
    }
    const fits = ask(`${front(255 - target)}.${owner}`, 'A')
    expect([fits.rcode, fits.answer.length]).toEqual(['NOERROR', 2])
    expect(wireName(fits.answer[1]?.split(' ').at(-1) ?? '')).toHaveLength(255)
    const over = ask(`${front(256 - target)}.${owner}`, 'A')
    expect(over).toMatchObject({ rcode: 'YXDOMAIN', flags: 'qr aa' })
    expect(over.answer).toEqual([expect.stringMatching(/^long\.here\.test 30 DNAME /)])
  })

  it('gets an OPT for an OPT, and TC where there is no room', () => {
    const options = Buffer.concat([optionOf(3)])
    expect(ask('sip.old.here.test', 'A', { edns: { options } }).opt).toMatchObject({ version: 0 })
    const label = Buffer.concat([Buffer.from([63]), Buffer.alloc(63, 0x61)])
    const name = Buffer.concat([label, label, wireName('away.here.test')])
    const reply = answerTo(queryOf(name, 'A'), { view }) ?? Buffer.alloc(0)
    expect(reply.length).toBeLessThanOrEqual(512)
    expect(readReply(reply).answer).toHaveLength(2)
  })
})

describe('the owner of a DNAME', () => {
  it('is not led elsewhere itself: it has its own types', () => {
    expect(ask('old.here.test', 'TXT').answer).toEqual(['old.here.test 30 TXT "moved"'])
    expect(ask('old.here.test', 'DNAME').answer).toEqual(['old.here.test 300 DNAME new.here.test'])
    expect(ask('old.here.test', 'A')).toMatchObject({ rcode: 'NOERROR', answer: [] })
    expect(ask('old.here.test', 'A').authority).toHaveLength(1)
  })
})

describe('an alias that leads below a DNAME', () => {
  it('is followed through it', () => {
    expect(ask('alias.here.test', 'A')).toMatchObject({
      rcode: 'NOERROR',
      answer: [
        'alias.here.test 30 CNAME sip.old.here.test',
        'old.here.test 300 DNAME new.here.test',
        'sip.old.here.test 300 CNAME sip.new.here.test',
        'sip.new.here.test 30 A 192.0.2.10',
      ],
    })
    expect(ask('far.here.test', 'A').answer.at(-1)).toBe('x.away.here.test 30 CNAME x.elsewhere.example')
  })

  it('has the RCODE of where it ends (RFC 6604 section 3)', () => {
    expect(ask('missing.here.test', 'A')).toMatchObject({ rcode: 'NXDOMAIN' })
    expect(ask('missing.here.test', 'A').authority).toHaveLength(1)
    const over = ask('toolong.here.test', 'A')
    expect(over.rcode).toBe('YXDOMAIN')
    expect(over.answer).toHaveLength(2)
  })

  it('comes to an end where DNAMEs go round', () => {
    expect(ask('lost.here.test', 'A').answer.length).toBeLessThan(20)
  })
})
