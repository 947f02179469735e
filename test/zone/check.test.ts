import { describe, expect, it } from 'vitest'
import type { ZoneSettings } from '../../src/core/settings.ts'
import { check, withRecords } from './check/sample-check.ts'
import { answer, name, poolOf, target } from './sample.ts'

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
