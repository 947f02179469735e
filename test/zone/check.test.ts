import { describe, expect, it } from 'vitest'
import type { PoolSettings, ZoneSettings } from '../../src/core/settings.ts'
import { checkZone, type ZoneFault } from '../../src/zone/check.ts'
import { answer, EDGE, NAMESERVER_RECORDS, name, poolOf, poolsOf, target, zoneOf } from './sample.ts'

function check(rest: Partial<ZoneSettings>, ...pools: readonly PoolSettings[]): ZoneFault[] {
  return checkZone(zoneOf(rest), poolsOf(EDGE, ...pools))
}

/** Lines 1 and 2 are the name servers' addresses, so `extra` begins on line 3. */
function withRecords(extra: string, rest: Partial<ZoneSettings> = {}): ZoneFault[] {
  return check({ ...rest, records: NAMESERVER_RECORDS + extra })
}

describe('a sound zone has no fault', () => {
  it.each([
    ['as the sample is', ''],
    ['with a wildcard beside answers', '* A 192.0.2.9'],
    ['with a wildcard alias', '*.pbx CNAME ns1'],
    ['with an SRV target that a wildcard covers', '*.w A 192.0.2.9\nx SRV 1 1 5060 any.w'],
    ['with data below a CNAME', 'a CNAME ns1\nb.a A 192.0.2.9'],
    ['with a delegation, its glue and its DS', 'sub NS ns.sub\nns.sub A 192.0.2.9\nsub DS \\# 4 00010801'],
    ['with a delegation to a name server of its parent', 'sub NS ns1'],
    [
      'with a delegation to a name server of a sibling, glue given or not',
      'a NS ns.b\nb NS ns.b\nns.b A 192.0.2.9',
    ],
    ['with a delegated name that is its own name server', 'sub NS sub\nsub A 192.0.2.9'],
    ['with MX to a name in a delegated zone', 'sub NS ns1\n@ MX 10 mail.sub'],
    ['with targets outside', '@ MX 10 mail.example.net.\nx SRV 1 1 5060 sip.example.net.'],
    ['with null MX and null SRV', 'a MX 0 .\n_sip._tls SRV 0 0 0 .'],
    ['with SRV that names a target of the pool', 'x SRV 1 1 5060 sip1'],
    ['with the name servers spelled out', '@ NS ns1\n@ NS ns2'],
    ['with other types at a target host', 'sip1 TXT "rack 7"'],
    ['with a DNAME beside other types', 'a DNAME b.example.net.\na TXT "x"\na MX 10 mail.example.net.'],
    ['with a DNAME into the zone, and an alias below it', 'a DNAME b\nx.b A 192.0.2.9\ny CNAME x.a'],
    ['with a CNAME chain', 'a CNAME b\nb CNAME c\nc A 192.0.2.9'],
    ['with an alias to an answer', 'pbx CNAME @'],
    ['with a record twice', 'a A 192.0.2.9\na A 192.0.2.9'],
  ])('%s', (_, extra) => {
    expect(withRecords(extra)).toEqual([])
  })

  it('with an AAAA answer whose pool has no IPv6', () => {
    const v4 = poolOf('v4', [target('v4', 'x')])
    expect(check({ answers: [answer('@', 'AAAA', { pool: 'v4' })] }, v4)).toEqual([])
  })

  it('with name servers outside', () => {
    expect(check({ nameservers: [name('ns.example.net.')], records: '' })).toEqual([])
  })

  it('with a name server that is an answer', () => {
    const answers = [answer('ns9', 'A')]
    expect(check({ nameservers: [name('ns9')], answers })).toEqual([])
  })

  it('with one server in two pools under one name', () => {
    const other = poolOf('other', [target('other', 'sip2', { addresses: ['2001:DB8:0::12', '192.0.2.12'] })])
    const answers = [answer('_sip._udp', 'SRV'), answer('_sip._tcp', 'SRV', { pool: 'other' })]
    expect(check({ answers }, other)).toEqual([])
  })
})

describe('a fault in the records is told with its line', () => {
  it.each([
    ['text that is no record', 'a A 192.0.2.300', 3, /not an IPv4 address/],
    ['$INCLUDE', '$INCLUDE other', 3, /\$INCLUDE/],
    ['a TTL above 31 bits', 'a 2147483648 A 192.0.2.9', 3, /2147483647/],
    ['a name outside the zone', 'a A 192.0.2.9\nb.example.net. A 192.0.2.9', 4, /outside the zone/],
    ['an SOA', '@ SOA ns1 host 1 1 1 1 1', 3, /SOA is made by sipvane/],
    [
      'NS records that say more than nameservers',
      '@ NS ns1\n@ NS ns2\n@ NS ns3.example.net.',
      5,
      /ns3\.example\.net\. too many/,
    ],
    ['NS records that say less', '@ NS ns1', 3, /ns2\.voice\.example\.com\. missing/],
    ['CNAME beside other data', 'a TXT "x"\na CNAME b.example.net.', 4, /CNAME and TXT/],
    ['CNAME at the apex', '@ CNAME b.example.net.', 3, /CNAME and SOA/],
    ['two CNAMEs', 'a CNAME b.example.net.\na CNAME c.example.net.', 3, /2 CNAME/],
    ['a CNAME where an answer is', '_sip._udp CNAME b.example.net.', 3, /an answer of type SRV/],
    ['a CNAME where NAPTR leads', '_sip._tcp CNAME b.example.net.', 3, /an answer of type SRV/],
    ['a CNAME at a target host', 'sip1 CNAME b.example.net.', 3, /name of a target/],
    ['a CNAME loop', 'a CNAME b\nb CNAME a', 3, /leads back/],
    ['a CNAME to itself', 'a CNAME a', 3, /leads back/],
    ['SRV to a CNAME', 'a CNAME ns1\nx SRV 1 1 5060 a', 4, /is a CNAME/],
    ['MX to a CNAME', 'a CNAME ns1\n@ MX 10 a', 4, /is a CNAME/],
    ['NS to a CNAME', 'a CNAME ns1\nsub NS a', 4, /is a CNAME/],
    ['SRV to a wildcard CNAME', '*.w CNAME ns1\nx SRV 1 1 5060 any.w', 4, /is a CNAME/],
    ['SRV to nothing', 'x SRV 1 1 5060 nowhere', 3, /no address/],
    ['MX to a name without address', 'a TXT "x"\n@ MX 1 a', 4, /no address/],
    [
      'SRV to an empty non-terminal under a wildcard',
      '*.w A 192.0.2.9\na.b.w TXT "x"\nx SRV 1 1 5060 b.w',
      5,
      /no address/,
    ],
    [
      'SRV below a name that hides the wildcard',
      '*.w A 192.0.2.9\nb.w TXT "x"\nx SRV 1 1 5060 any.b.w',
      5,
      /no address/,
    ],
    ['a delegation without its glue', 'sub NS ns.sub', 3, /no address/],
    ['TTLs that differ within a set', 'a 60 A 192.0.2.8\na 61 A 192.0.2.9', 4, /TTL 61, but 60 on line 3/],
    ['a set that an answer drives', '@ A 192.0.2.9', 3, /driven by an answer/],
    ['an address at a target host', 'sip1 A 192.0.2.9', 3, /name of a target/],
    ['the other family at a target host', 'sip1 AAAA 2001:db8::9', 3, /name of a target/],
    ['data below a delegation', 'sub NS ns1\na.sub TXT "x"', 4, /below the delegation/],
    [
      'an address below a delegation that is no glue',
      'sub NS ns1\na.sub A 192.0.2.9',
      4,
      /below the delegation/,
    ],
    ['data at a delegation', 'sub NS ns1\nsub TXT "x"', 4, /at the delegation/],
    ['a delegation below a delegation', 'sub NS ns1\na.sub NS ns1', 4, /below the delegation/],
    ['DS without a delegation', 'sub DS \\# 4 00010801', 3, /no delegation/],
    ['DS at the apex', '@ DS \\# 4 00010801', 3, /no delegation/],
    ['DS below a delegation', 'sub NS ns1\na.sub DS \\# 4 00010801', 4, /below the delegation/],
    ['an unknown type below a delegation', 'sub NS ns1\na.sub TYPE65280 \\# 1 00', 4, /TYPE65280 lies below/],
    ['a record below a DNAME', 'a DNAME b.example.net.\nx.y.a TXT "x"', 4, /TXT lies below the DNAME of a\./],
    ['a delegation below a DNAME', 'a DNAME b.example.net.\nx.a NS ns1', 4, /NS lies below the DNAME/],
    ['two DNAMEs', 'a DNAME b.example.net.\na DNAME c.example.net.', 3, /2 DNAME records/],
    ['DNAME beside CNAME', 'a DNAME b.example.net.\na CNAME c.example.net.', 4, /CNAME and DNAME/],
    ['DNAME at a delegation', 'a NS ns1\na DNAME b.example.net.', 4, /at the delegation/],
    ['DNAME at a wildcard', '*.a DNAME b.example.net.', 3, /wildcard/],
    ['DNAME to itself', 'a DNAME a', 3, /leads elsewhere again/],
    ['DNAME to below itself', 'a DNAME b.a', 3, /leads elsewhere again/],
    ['SRV to a name below a DNAME', 'a DNAME b.example.net.\nx SRV 1 1 5060 y.a', 4, /DNAME leads elsewhere/],
    ['a fixed signature', 'a RRSIG \\# 1 00', 3, /signature/],
    ['a wildcard NS', '*.sub NS ns1', 3, /wildcard/],
    ['SRV "." beside a target', 'x SRV 1 1 5060 ns1\nx SRV 0 0 0 .', 4, /alone/],
    ['MX "." first', '@ MX 0 .\n@ MX 10 ns1', 4, /alone/],
    [
      'NAPTR with regexp and replacement',
      'a NAPTR 1 1 "u" "E2U+sip" "!^.*$!sip:i@x!" ns1',
      3,
      /both a regexp/,
    ],
  ])('%s', (_, extra, line, message) => {
    const faults = withRecords(extra)
    expect(faults).toContainEqual(
      expect.objectContaining({ line, column: expect.any(Number), message: expect.stringMatching(message) }),
    )
    expect(faults.every((fault) => fault.line !== undefined)).toBe(true)
  })
})

/** A pool of so many targets. */
function crowd(size: number, policy = 'failover'): PoolSettings {
  const address = (i: number) => `10.0.${i >> 8}.${i & 255}`
  const targets = Array.from({ length: size }, (_, i) =>
    target('crowd', `t${1000 + i}`, { addresses: [address(i)] }),
  )
  return poolOf('crowd', targets, { policy })
}

describe('a set that does not fit into UDP is worth a warning', () => {
  const answers = [answer('_sip._udp', 'SRV', { pool: 'crowd' }), answer('@', 'A', { pool: 'crowd' })]

  it.each([
    [20, 'failover', []],
    [40, 'failover', [0]],
    [90, 'failover', [0, 1]],
    [90, 'weighted', [0]],
  ])('with %i targets and policy %s: answers %j', (size, policy, expected) => {
    const warnings = check({ answers }, crowd(size, policy))
    expect(warnings.map((fault) => fault.answer)).toEqual(expected)
    for (const warning of warnings) {
      expect(warning).toMatchObject({ warning: true, message: expect.stringMatching(/too many for UDP/) })
    }
  })

  it('with static records, told with their line', () => {
    const text = Array.from({ length: 70 }, (_, i) => `many A 10.1.1.${i}`).join('\n')
    expect(withRecords(text)).toEqual([
      {
        line: 3,
        column: expect.any(Number),
        warning: true,
        message: expect.stringMatching(/many\..* A can take 1120 octets/),
      },
    ])
  })
})

describe('a fault of an answer is told with its number', () => {
  it('where a DNAME hides it, or the host names that it needs', () => {
    const answers = [answer('@', 'A'), answer('_sip._udp', 'SRV')]
    const below = withRecords('_udp DNAME b.example.net.', { answers })
    expect(below).toEqual([
      { answer: 1, message: expect.stringMatching(/_sip\._udp.* SRV lies below the DNAME/) },
    ])
    const apex = withRecords('@ DNAME b.example.net.', { answers })
    expect(apex.filter((fault) => fault.answer === 1).map((fault) => fault.message)).toEqual(
      expect.arrayContaining([expect.stringMatching(/sip1\..* A lies below/)]),
    )
  })

  const plain = [answer('@', 'A')]

  it.each([
    ['the same set twice', [...plain, answer('@', 'A')], 1, /has an answer already/],
    ['a name outside the zone', [...plain, answer('a.example.net.', 'A')], 1, /outside the zone/],
    ['a pool that is not there', [answer('@', 'A', { pool: 'none' })], 0, /no pool "none"/],
    [
      'SRV without a transport or port',
      [answer('_x._udp', 'SRV', { transports: [] })],
      0,
      /give the answer a port/,
    ],
    ['NAPTR without transports', [...plain, answer('@', 'NAPTR')], 1, /needs transports/],
    ['NAPTR at a wildcard', [answer('*.a', 'NAPTR', { transports: ['udp'] })], 0, /under a wildcard/],
    [
      'NAPTR whose SRV name gets too long',
      [answer(`${`${'a'.repeat(60)}.`.repeat(3)}${'b'.repeat(50)}`, 'NAPTR', { transports: ['tls'] })],
      0,
      /no domain name/,
    ],
    [
      'the address of a target host',
      [answer('_sip._udp', 'SRV'), answer('sip1', 'A')],
      1,
      /name of a target/,
    ],
  ])('%s', (_, answers, index, message) => {
    const faults = check({ answers })
    expect(faults).toEqual([{ answer: index, message: expect.stringMatching(message) }])
  })

  it('below or at a delegation', () => {
    const faults = withRecords('sub NS ns1', { answers: [answer('a.sub', 'A'), answer('sub', 'AAAA')] })
    expect(faults.map((fault) => [fault.answer, /delegation/.test(fault.message)])).toEqual([
      [0, true],
      [1, true],
    ])
  })

  it('that would be glue: what health drives may leave, glue may not', () => {
    const faults = withRecords('sub NS ns.sub', { answers: [answer('ns.sub', 'A')] })
    expect(faults).toEqual([{ answer: 0, message: expect.stringMatching(/below the delegation/) }])
  })

  it('with more targets than a message carries', () => {
    const answers = [answer('_sip._udp', 'SRV', { pool: 'crowd' }), answer('@', 'A', { pool: 'crowd' })]
    const faults = (size: number, policy = 'failover') =>
      check({ answers }, crowd(size, policy)).filter((fault) => fault.warning === undefined)
    expect(faults(1450)).toEqual([])
    expect(faults(1700)).toEqual([{ answer: 0, message: expect.stringMatching(/SRV can take/) }])
    expect(faults(4500).map((fault) => fault.answer)).toEqual([0, 1])
    // A response carries one of them.
    expect(faults(4500, 'weighted').map((fault) => fault.answer)).toEqual([0])
  })

  it('with two servers under one host name', () => {
    const other = poolOf('other', [target('other', 'sip1', { addresses: ['198.51.100.1'] })])
    const answers = [answer('_sip._udp', 'SRV'), answer('_sip._tcp', 'SRV', { pool: 'other' })]
    expect(check({ answers }, other)).toEqual([
      { answer: 0, message: expect.stringMatching(/edge\/sip1 and other\/sip1, whose addresses differ/) },
    ])
  })

  it.each([
    ['an alias', 'sbc CNAME ns1', /is a CNAME/],
    ['without an address', 'sbc TXT "x"', /no address/],
  ])('whose target brings a host that is %s', (_, record, message) => {
    const pool = poolOf('own', [target('own', 'x', { host: 'sbc.voice.example.com.' })])
    const answers = [answer('_sip._udp', 'SRV', { pool: 'own' })]
    expect(check({ answers, records: `${NAMESERVER_RECORDS}${record}` }, pool)).toEqual([
      { answer: 0, message: expect.stringMatching(message) },
    ])
  })

  it('and with the line too, where a record stands in its place', () => {
    expect(withRecords('@ A 192.0.2.9')).toEqual([
      { line: 3, column: 1, answer: 0, message: expect.stringMatching(/driven by an answer/) },
    ])
    expect(withRecords('_sip._udp CNAME b.example.net.')).toEqual([
      { line: 3, column: 1, answer: 2, message: expect.stringMatching(/an answer of type SRV/) },
    ])
  })
})

it('a CNAME loop is told of once for each name in it, not for those that lead into it', () => {
  expect(withRecords('a CNAME b\nb CNAME c\nc CNAME b').map((fault) => fault.line)).toEqual([4, 5])
})

describe('a fault of the zone itself', () => {
  it.each<[string, Partial<ZoneSettings>, RegExp]>([
    ['no name server', { nameservers: [] }, /no name server/],
    [
      'a name server without glue',
      { nameservers: [name('ns1'), name('ns3')] },
      /ns3\.voice\.example\.com\., which has no address/,
    ],
    [
      'a name server that is an alias',
      { nameservers: [name('a')], records: 'a CNAME b.example.net.' },
      /is a CNAME/,
    ],
    ['TTL out of range', { ttl: { min: 10, max: 2 ** 31 } }, /ttl\.max is 0 to 2147483647/],
    ['TTL that is no whole number', { ttl: { min: 0.5, max: 10 } }, /ttl\.min/],
    ['TTL upside down', { ttl: { min: 60, max: 10 } }, /above/],
    ['negative TTL out of range', { negativeTtl: -1 }, /negativeTtl/],
  ])('is told without a place: %s', (_, rest, message) => {
    expect(check(rest)).toContainEqual({ message: expect.stringMatching(message) })
  })
})

it('a zone may be the root', () => {
  const root = name('.')
  const records = 'ns A 192.0.2.1\n*.w A 192.0.2.2\nx SRV 1 1 5060 any.w\n* A 192.0.2.3\ny SRV 1 1 5060 other'
  expect(check({ origin: root, nameservers: [name('ns.')], records, answers: [] })).toEqual([])
})

it('all faults are told at once', () => {
  const faults = withRecords('a A x\n@ SOA ns1 h 1 1 1 1 1\nb CNAME b', {
    ttl: { min: 60, max: 10 },
    answers: [answer('@', 'A', { pool: 'none' })],
  })
  expect(faults.map((fault) => fault.line ?? fault.answer ?? 'zone').sort()).toEqual([0, 3, 4, 5, 'zone'])
})
