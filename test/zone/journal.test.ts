import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Zone } from '../../src/core/snapshot.ts'
import { formatRdata } from '../../src/wire/dns/rdata/registry.ts'
import { recordsOf, ZoneJournal, type ZoneRecord } from '../../src/zone/journal.ts'
import { zoneOf } from '../support/dns-zone.ts'

const zone = (serial: number, text = `@ A 192.0.2.${serial % 250}`): Zone =>
  zoneOf('v.test.', `@ SOA ns h ${serial} 2 3 4 5\n@ NS ns\n${text}`)
const line = ({ name, ttl, rdata }: ZoneRecord) => `${name} ${ttl} ${rdata.type} ${formatRdata(rdata)}`
const content = (of: Zone) => [...recordsOf(of)].map(line).sort()

describe('the journal of a zone', () => {
  it('leads from any version it keeps to the present one, record by record', () => {
    const record = fc.tuple(
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom(30, 60),
    )
    const text = fc
      .array(record, { maxLength: 8 })
      .map((all) =>
        [...new Map(all.map(([name, last, ttl]) => [`${name} ${last}`, { name, last, ttl }])).values()]
          .map(({ name, last }) => `h${name} ${all.find(([n]) => n === name)?.[2] ?? 30} A 192.0.2.${last}`)
          .join('\n'),
      )
    fc.assert(
      fc.property(fc.array(text, { minLength: 2, maxLength: 8 }), (texts) => {
        const versions = texts.map((one, i) => zone(i + 1, one))
        const [first, ...rest] = versions as [Zone, ...Zone[]]
        const journal = new ZoneJournal(first, { changes: 100 })
        for (const next of rest) journal.record(next)
        for (const from of versions) {
          const held = new Set(content(from))
          for (const { removed, added } of journal.since(from.serial) ?? []) {
            for (const one of removed) expect(held.delete(line(one))).toBe(true)
            for (const one of added) held.add(line(one))
          }
          expect([...held].sort()).toEqual(content(journal.zone))
        }
      }),
      { seed: 1995, numRuns: 100 },
    )
  })

  it('leads over a TTL that moved, though the records are the very same', () => {
    const before = zone(1, 'h 30 A 192.0.2.1\nh 30 A 192.0.2.2')
    const sets = zone(2).sets.filter(({ type }) => type === 'SOA')
    for (const set of before.sets)
      if (set.type !== 'SOA') sets.push(set.name === 'h.v.test.' ? { ...set, ttl: 5 } : set)
    const journal = new ZoneJournal(before, { changes: 10 })
    journal.record({ ...before, serial: 2, sets })
    const [delta] = journal.since(1) ?? []
    expect(delta?.removed.map(line)).toEqual(['h.v.test. 30 A 192.0.2.1', 'h.v.test. 30 A 192.0.2.2'])
    expect(delta?.added.map(line)).toEqual(['h.v.test. 5 A 192.0.2.1', 'h.v.test. 5 A 192.0.2.2'])
  })

  it('knows nothing of versions beyond its bound, nor of strangers', () => {
    const journal = new ZoneJournal(zone(1), { changes: 3 })
    for (let serial = 2; serial <= 10; serial++) journal.record(zone(serial))
    expect(journal.changes).toBe(3)
    expect([6, 7, 10, 11].map((serial) => journal.since(serial)?.length)).toEqual([
      undefined,
      3,
      0,
      undefined,
    ])
  })

  it('keeps no more records of the past than the zone has, or a thousand', () => {
    const wide = (n: number) =>
      Array.from({ length: 200 }, (_, i) => `h${i} A 198.51.100.${(n + i) % 250}`).join('\n')
    const journal = new ZoneJournal(zone(1, wide(1)), { changes: 100 })
    for (let serial = 2; serial <= 20; serial++) journal.record(zone(serial, wide(serial)))
    expect(journal.changes).toBe(2)
  })

  it('keeps its history where a zone says the same in another mode', () => {
    const journal = new ZoneJournal(zone(5), { changes: 3 })
    journal.record(zone(6))
    const frozen = { ...zone(6), sets: zone(6).sets.map((set) => ({ ...set, mode: 'frozen' as const })) }
    journal.record(frozen)
    expect(journal.zone).toBe(frozen)
    journal.record(zone(7))
    expect([5, 6, 7].map((serial) => journal.since(serial)?.length)).toEqual([2, 1, 0])
  })

  it('begins anew where the serial stays and the content does not', () => {
    const journal = new ZoneJournal(zone(5), { changes: 3 })
    journal.record(zone(6))
    journal.record({ ...zone(6, '@ A 192.0.2.200'), contentHash: 'another' })
    expect([5, 6].map((serial) => journal.since(serial)?.length)).toEqual([undefined, 0])
  })

  it('begins anew where the serial goes back', () => {
    const journal = new ZoneJournal(zone(5), { changes: 3 })
    journal.record(zone(6))
    journal.record(zone(4))
    expect([5, 6, 4].map((serial) => journal.since(serial)?.length)).toEqual([undefined, undefined, 0])
  })
})
