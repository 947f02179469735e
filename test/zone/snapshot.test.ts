import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Decision } from '../../src/core/decision.ts'
import type { ZoneSettings } from '../../src/core/settings.ts'
import type { Snapshot, Zone } from '../../src/core/snapshot.ts'
import { parseMasterFile } from '../../src/wire/dns/text.ts'
import { buildZone } from '../../src/zone/build.ts'
import { canonicalRecords } from '../../src/zone/canonical.ts'
import { formatZone } from '../../src/zone/format.ts'
import { buildSnapshot, succeed } from '../../src/zone/snapshot.ts'
import { diffZones } from '../support/zone-diff.ts'
import {
  decisionOf,
  decisionsOf,
  EDGE,
  memberOf,
  NAMESERVER_RECORDS,
  name,
  ORIGIN,
  poolsOf,
  zoneOf,
} from './sample.ts'

fc.configureGlobal({ seed: 2136 })

const [sip1, sip2] = EDGE.targets.map((one) => memberOf(one))
if (sip1 === undefined || sip2 === undefined) throw new Error('the sample has two targets')
const failedOver = { members: [sip2], active: [sip2] }

function build(
  decision: Partial<Decision> = {},
  settings: Partial<ZoneSettings> = {},
  previous?: Zone,
): Zone {
  return buildZone({
    settings: zoneOf(settings),
    pools: poolsOf(EDGE),
    decisions: decisionsOf(decisionOf(EDGE, decision)),
    nowMs: 1_700_000_000_000,
    ...(previous === undefined ? {} : { previous }),
  })
}

function snapshot(zones: readonly Zone[], previous?: Snapshot): Snapshot {
  return buildSnapshot(new Map(zones.map((zone) => [zone.origin, zone])), new Map(), previous, 5)
}

describe('buildSnapshot', () => {
  it('keeps the zone object whose content stayed, and replaces the one that moved', () => {
    const other = { origin: name('other.test.') }
    const before = snapshot([build(), build({}, other)])
    const after = snapshot([build(failedOver, {}, before.zones.get(ORIGIN)), build({}, other)], before)
    expect(after.zones.get(other.origin)).toBe(before.zones.get(other.origin))
    expect(after.zones.get(ORIGIN)).not.toBe(before.zones.get(ORIGIN))
    expect([before.generation, after.generation]).toEqual([1, 2])
  })

  it('stays in its generation when no zone moved, while the decisions are the new ones', () => {
    const before = snapshot([build()])
    const decisions = decisionsOf(decisionOf(EDGE, { why: ['new'] }))
    const after = buildSnapshot(new Map([[ORIGIN, build()]]), decisions, before, 6)
    expect(after.generation).toBe(before.generation)
    expect(after.zones).toBe(before.zones)
    expect([...after.decisions]).toEqual([...decisions])
    expect(after.atMs).toBe(6)
  })

  it('takes a zone whose publishers changed, though its content stayed', () => {
    const before = snapshot([build()])
    const after = snapshot([build({}, { publish: ['aws'] })], before)
    expect(after.zones.get(ORIGIN)?.publish).toEqual(['aws'])
    expect(after.generation).toBe(2)
  })

  it('takes a zone where only the word changed hands, with the same serial, where an updater asks for that', () => {
    const by = (how: 'machine' | 'override') => ({ bases: { [sip1.target]: { by: how, as: 'up' } } })
    for (const [publish, moves] of [
      [['dns'], false],
      [['dns', 'aws'], true],
    ] as const) {
      const before = snapshot([build(by('machine'), { publish })])
      const after = snapshot([build(by('override'), { publish }, before.zones.get(ORIGIN))], before)
      expect(after.zones.get(ORIGIN) !== before.zones.get(ORIGIN)).toBe(moves)
      expect(after.zones.get(ORIGIN)?.serial).toBe(before.zones.get(ORIGIN)?.serial)
    }
  })

  it('takes a zone whose serial went on to the same content, for a secondary may have seen the step between', () => {
    const before = snapshot([build()])
    const back = build({}, {}, build(failedOver, {}, before.zones.get(ORIGIN)))
    expect(snapshot([back], before).zones.get(ORIGIN)).toBe(back)
  })

  it('takes a zone whose decisions are of another mode, though content and serial stay: its answers say so', () => {
    const calm = build()
    const before = snapshot([calm])
    const frozen = build({ mode: 'frozen' }, {}, calm)
    expect([frozen.serial, frozen.contentHash]).toEqual([calm.serial, calm.contentHash])
    const after = snapshot([frozen], before)
    expect(after.zones.get(ORIGIN)).toBe(frozen)
    expect(after.generation).toBe(before.generation + 1)
    expect(diffZones(calm, frozen)).toEqual({ created: [], updated: [], deleted: [] })
  })

  it('drops a zone that is gone', () => {
    const before = snapshot([build(), build({}, { origin: name('other.test.') })])
    const after = snapshot([build()], before)
    expect([...after.zones.keys()]).toEqual([ORIGIN])
    expect(after.generation).toBe(2)
  })

  it('does not change with the map of decisions it was made of', () => {
    const decisions = new Map(decisionsOf(decisionOf(EDGE)))
    const made = buildSnapshot(new Map(), decisions, undefined, 0)
    decisions.clear()
    expect(made.decisions.size).toBe(1)
  })
})

describe('succeed', () => {
  const other = { origin: name('other.test.') }
  const before = snapshot([build(), build({}, other)])
  const next = (zone: Zone) =>
    succeed(before, new Map([[zone.origin, zone]]), decisionsOf(decisionOf(EDGE)), 6)

  it('makes what building all of it makes', () => {
    const moved = build(failedOver, {}, before.zones.get(ORIGIN))
    const whole = snapshot([moved, build({}, other)], before)
    const made = next(moved)
    expect([...(made?.zones ?? [])]).toEqual([...whole.zones])
    expect(made?.zones.get(other.origin)).toBe(before.zones.get(other.origin))
    expect(made?.generation).toBe(whole.generation)
    expect([made?.decisions.size, made?.atMs]).toEqual([1, 6])
    expect(before.zones.get(ORIGIN)).not.toBe(moved)
  })

  it('is nothing where no zone says anything new', () => {
    expect(next(build())).toBeUndefined()
    expect(succeed(before, new Map(), new Map(), 6)).toBeUndefined()
  })
})

describe('diffZones', () => {
  const keys = (sets: readonly { name: string; type: string }[]) =>
    sets.map((set) => `${set.name} ${set.type}`)

  it('is empty for equal content, whatever the serial', () => {
    const before = build()
    const detour = build(failedOver, {}, before)
    const back = build({}, {}, detour)
    expect(back.serial).toBe(before.serial + 2)
    expect(diffZones(before, back)).toEqual({ created: [], updated: [], deleted: [] })
  })

  it('tells what a failover creates, updates and deletes', () => {
    const noV6 = { ...sip2, addresses: ['192.0.2.12'] }
    const diff = diffZones(
      build(),
      build({ members: [noV6], active: [noV6] }, { records: `${NAMESERVER_RECORDS}a TXT "x"` }),
    )
    expect(keys(diff.created)).toEqual([`a.${ORIGIN} TXT`])
    expect(keys(diff.updated)).toEqual([
      `${ORIGIN} A`,
      `_sip._tcp.${ORIGIN} SRV`,
      `_sips._tcp.${ORIGIN} SRV`,
      `_sip._udp.${ORIGIN} SRV`,
    ])
    expect(keys(diff.deleted)).toEqual([`${ORIGIN} AAAA`, `sip2.${ORIGIN} AAAA`])
    expect(diff.updated[0]?.records).toEqual([{ type: 'A', address: '192.0.2.12' }])
  })

  it('sees a TTL, a weight of an alternative, and the times of the SOA', () => {
    const pickOne = { pick: 'one' as const, active: [sip1, sip2] }
    expect(diffZones(build(), build({ suspect: true })).updated.length).toBeGreaterThan(3)
    expect(
      keys(diffZones(build(pickOne), build({ ...pickOne, active: [{ ...sip1, weight: 1 }, sip2] })).updated),
    ).toEqual([`${ORIGIN} A`])
    expect(keys(diffZones(build(), build({}, { negativeTtl: 16 })).updated)).toEqual([`${ORIGIN} SOA`])
  })

  it('creates or deletes everything where one side is missing', () => {
    const zone = build()
    expect(diffZones(undefined, zone).created).toEqual(zone.sets)
    expect(diffZones(zone, undefined).deleted).toEqual(zone.sets)
  })
})

describe('formatZone', () => {
  it('writes SOA first, then NS, then the rest in canonical order', () => {
    expect(formatZone(build()).split('\n')).toEqual([
      'voice.example.com. 15 IN SOA ns1.voice.example.com. hostmaster.voice.example.com. 1700000000 300 60 1209600 15',
      'voice.example.com. 3600 IN NS ns1.voice.example.com.',
      'voice.example.com. 3600 IN NS ns2.voice.example.com.',
      'voice.example.com. 60 IN A 192.0.2.11',
      'voice.example.com. 60 IN AAAA 2001:db8::12',
      'voice.example.com. 60 IN NAPTR 10 50 "s" "SIP+D2U" "" _sip._udp.voice.example.com.',
      'voice.example.com. 60 IN NAPTR 20 50 "s" "SIP+D2T" "" _sip._tcp.voice.example.com.',
      'voice.example.com. 60 IN NAPTR 30 50 "s" "SIPS+D2T" "" _sips._tcp.voice.example.com.',
      '_sip._tcp.voice.example.com. 60 IN SRV 10 60 5060 sip1.voice.example.com.',
      '_sip._tcp.voice.example.com. 60 IN SRV 20 100 5060 sip2.voice.example.com.',
      '_sips._tcp.voice.example.com. 60 IN SRV 10 60 5061 sip1.voice.example.com.',
      '_sips._tcp.voice.example.com. 60 IN SRV 20 100 5061 sip2.voice.example.com.',
      '_sip._udp.voice.example.com. 60 IN SRV 10 60 5060 sip1.voice.example.com.',
      '_sip._udp.voice.example.com. 60 IN SRV 20 100 5060 sip2.voice.example.com.',
      'ns1.voice.example.com. 60 IN A 192.0.2.1',
      'ns2.voice.example.com. 60 IN A 192.0.2.2',
      'sip1.voice.example.com. 60 IN A 192.0.2.11',
      'sip2.voice.example.com. 60 IN A 192.0.2.12',
      'sip2.voice.example.com. 60 IN AAAA 2001:db8::12',
      '',
    ])
  })

  it('tells the weights of a set in a comment above it', () => {
    const lines = formatZone(build({ pick: 'one', active: [sip1, sip2] })).split('\n')
    const at = lines.indexOf(
      '; one of these in each response: 192.0.2.11 (weight 60), 192.0.2.12 (weight 100)',
    )
    expect(lines[at + 1]).toBe('voice.example.com. 60 IN A 192.0.2.11')
  })

  it('is read back as the same sets', () => {
    const extra = fc.constantFrom(
      'a TXT "x;y" "\\255\\"" ""',
      '*.w 5 A 192.0.2.7',
      'b MX 10 ns1\nb MX 5 ns2',
      'c CAA 0 issue "ca.example"',
      'd TYPE65280 \\# 3 abcdef',
      'e\\.f\\000 CNAME ns1',
      'sub NS ns1\nsub DS \\# 4 00010801',
    )
    fc.assert(
      fc.property(
        fc.uniqueArray(extra),
        fc.constantFrom({}, failedOver, { pick: 'one' as const }),
        (extras, decision) => {
          const zone = build(decision, { records: NAMESERVER_RECORDS + extras.join('\n') })
          const { records, faults } = parseMasterFile(formatZone(zone), { origin: name('.'), defaultTtl: 0 })
          expect(faults).toEqual([])
          for (const set of zone.sets) {
            const same = records.filter((record) => record.name === set.name && record.type === set.type)
            expect(same.every((record) => record.ttl === set.ttl)).toBe(true)
            expect(canonicalRecords(same.map(({ rdata }) => rdata))).toEqual(set.records)
          }
          expect(records).toHaveLength(zone.sets.reduce((sum, set) => sum + set.records.length, 0))
        },
      ),
    )
  })
})
