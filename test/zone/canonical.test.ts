import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { DomainName } from '../../src/core/brand.ts'
import type { Rdata } from '../../src/core/records.ts'
import { compareNames, nameFromWire } from '../../src/wire/dns/name.ts'
import { canonicalRecords, inZoneOrder, octetKey, octetLength, orderKey } from '../../src/zone/canonical.ts'

const SEED = { seed: 4034 }

/** Octets that stand next to what separates labels, and those that names escape; few of them, so that names share labels. */
const octet = fc.constantFrom(0, 1, 2, 45, 46, 92, 97, 98, 255)
const label = fc.array(octet, { minLength: 1, maxLength: 3 })
const name = fc
  .array(label, { maxLength: 4 })
  .map((labels) => nameFromWire(Uint8Array.from([...labels.flatMap((one) => [one.length, ...one]), 0])))

it('keys of names compare as the names do', () => {
  fc.assert(
    fc.property(name, name, (a, b) => {
      const [left, right] = [orderKey(a), orderKey(b)]
      expect(left === right ? 0 : left < right ? -1 : 1).toBe(Math.sign(compareNames(a, b)))
    }),
    { ...SEED, numRuns: 5_000 },
  )
})

it('sets are in order by name, then by type number, and those of one name and type stay as they came', () => {
  const set = (owner: string, type: 'A' | 'NS' | 'AAAA' | 'TXT', ttl: number) => ({
    name: owner as DomainName,
    type,
    ttl,
  })
  const sets = [
    set('b.example.', 'A', 1),
    set('a.b.example.', 'A', 2),
    set('z.example.', 'AAAA', 3),
    set('z.example.', 'A', 4),
    set('example.', 'TXT', 5),
    set('example.', 'NS', 6),
    set('z.example.', 'A', 7),
  ]
  expect(inZoneOrder(sets).map(({ ttl }) => ttl)).toEqual([6, 5, 1, 2, 4, 7, 3])
})

it('records are sorted by octets without duplicates, one alone as it is', () => {
  const mx = (preference: number): Rdata => ({
    type: 'MX',
    preference,
    exchange: 'mail.example.' as DomainName,
  })
  expect(canonicalRecords([mx(300), mx(2), mx(300)])).toEqual([mx(2), mx(300)])
  expect(canonicalRecords([mx(300)])).toEqual([mx(300)])
  expect(canonicalRecords([])).toEqual([])
})

it('the length of a record is that of its octets', () => {
  const target = 'a\\.b.example.' as DomainName
  const records: Rdata[] = [
    { type: 'A', address: '192.0.2.1' },
    { type: 'AAAA', address: '2001:db8::1' },
    { type: 'SRV', priority: 1, weight: 2, port: 5060, target },
    { type: 'MX', preference: 10, exchange: target },
    { type: 'NS', target },
  ]
  for (const rdata of records) expect(octetLength(rdata)).toBe(octetKey(rdata).length / 2)
})
