import { describe, expect, it } from 'vitest'
import { answer, NAMESERVER_RECORDS, poolOf, target } from '../sample.ts'
import { check, withRecords } from './sample-check.ts'

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
