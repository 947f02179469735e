/** What a cut, a wildcard or a DNAME hides, though the zone has octets for it. */
import { describe, expect, it } from 'vitest'
import { compileSnapshot } from '../../support/compile-snapshot.ts'
import { ask as askAny } from '../../support/dns-ask.ts'
import { snapshotOf, zoneOf } from '../../support/dns-zone.ts'

const ZONE = zoneOf(
  'a.test.',
  `
@          60 SOA ns1 hostmaster 1 7200 900 1209600 15
@             NS  ns1
@             TYPE13 \\# 8 034142430343 4445
ns1           A   192.0.2.1
cut           NS  ns.cut
ns.cut        A   192.0.2.2
deep.ns.cut   A   192.0.2.3
unsigned      NS  ns.unsigned
ns.unsigned   A   192.0.2.4
to-glue       CNAME ns.cut
call-glue     SRV 1 1 5060 ns.cut
*.star        A   192.0.2.5
call-star     SRV 1 1 5060 any.star
*.plain       NS  ns1
*.plain       A   192.0.2.6
*asterisk     A   192.0.2.7
*.own         MX  5 *.own
below         DNAME ns1
*.below       A   192.0.2.8
sip           NAPTR 1 1 "S" "SIP+D2U" "" _sip._udp
_sip._udp     SRV 1 1 5060 ns1
`,
)
const view = compileSnapshot(snapshotOf(ZONE))
const ask = (name: string, type: Parameters<typeof askAny>[1]) =>
  askAny(name === '@' ? 'a.test' : `${name}.a.test`, type, { view })
const DENIED = { flags: 'qr aa', answer: [], authority: [expect.stringMatching(/^a\.test 15 SOA/)] }

describe('below a cut', () => {
  const referral = {
    flags: 'qr',
    authority: ['cut.a.test 30 NS ns.cut.a.test'],
    additional: ['ns.cut.a.test 30 A 192.0.2.2'],
  }

  it('glue is no answer, also for DS and where an alias leads to it', () => {
    for (const name of ['ns.cut', 'deep.ns.cut', 'x.ns.cut'])
      for (const type of ['A', 'DS', 'TXT', 'ANY'] as const)
        expect(ask(name, type)).toMatchObject({ ...referral, answer: [] })
    expect(ask('to-glue', 'A')).toMatchObject({
      ...referral,
      flags: 'qr aa',
      answer: ['to-glue.a.test 30 CNAME ns.cut.a.test'],
    })
  })

  it('it is not told as if it were ours, beside a SRV that names it', () => {
    expect(ask('call-glue', 'SRV')).toMatchObject({ flags: 'qr aa', additional: [] })
  })

  it('a child without DS has none, by the word of the parent (RFC 4035 section 3.1.4.1)', () => {
    expect(ask('unsigned', 'DS')).toMatchObject({ ...DENIED, rcode: 'NOERROR' })
    expect(ask('x.unsigned', 'DS')).toMatchObject({ flags: 'qr', answer: [] })
  })
})

describe('a wildcard', () => {
  it('gives the addresses of a SRV target that it makes up', () => {
    expect(ask('call-star', 'SRV').additional).toEqual(['any.star.a.test 30 A 192.0.2.5'])
  })

  it('is an asterisk alone: other names may begin with one', () => {
    expect(ask('*asterisk', 'A').answer).toEqual(['*asterisk.a.test 30 A 192.0.2.7'])
    expect(ask('nope', 'A')).toMatchObject({ ...DENIED, rcode: 'NXDOMAIN' })
  })

  it('may be named in its own answers: that is no name that was asked for', () => {
    for (const name of ['x.own', 'a.very.long.way.below.own', '*.own'])
      expect(ask(name, 'MX').answer).toEqual([`${name}.a.test 30 MX 5 *.own.a.test`])
  })

  it('delegates nothing (RFC 4592 section 4.2)', () => {
    expect(ask('x.plain', 'A')).toMatchObject({ flags: 'qr aa', answer: ['x.plain.a.test 30 A 192.0.2.6'] })
  })

  it('below a DNAME answers for nothing (RFC 6672 section 3.2)', () => {
    expect(ask('x.below', 'A')).toMatchObject({
      rcode: 'NXDOMAIN',
      answer: ['below.a.test 30 DNAME ns1.a.test', 'x.below.a.test 30 CNAME x.ns1.a.test'],
    })
  })
})

describe('the other side of it', () => {
  it('ANY gets the HINFO that a name has, and no other (RFC 8482 section 4.2)', () => {
    expect(ask('@', 'ANY').answer).toEqual(['a.test 30 HINFO "ABC" "CDE"'])
  })

  it('the flag of a NAPTR may have either case (RFC 3403 section 4.1)', () => {
    expect(ask('sip', 'NAPTR').additional).toEqual([
      '_sip._udp.a.test 30 SRV 1 1 5060 ns1.a.test',
      'ns1.a.test 30 A 192.0.2.1',
    ])
  })
})
