import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Decision, Member } from '../../src/core/decision.ts'
import type { RecordSet } from '../../src/core/records.ts'
import { buildZone } from '../../src/zone/build.ts'
import { checkZone } from '../../src/zone/check.ts'
import { diffZones } from '../support/zone-diff.ts'
import {
  answer,
  decisionsOf,
  memberOf,
  NAMESERVER_RECORDS,
  poolOf,
  poolsOf,
  setAt,
  target,
  zoneOf,
} from './sample.ts'

fc.configureGlobal({ seed: 3263 })

const POOL = poolOf(
  'edge',
  [
    target('edge', 'a', { addresses: ['192.0.2.11'], priority: 10 }),
    target('edge', 'b', { addresses: ['192.0.2.12', '2001:db8::12'], priority: 10, weight: 0 }),
    target('edge', 'c', { addresses: ['2001:db8::13', '2001:db8::14'], priority: 20 }),
    target('edge', 'd', { addresses: ['192.0.2.15'], priority: 20, host: 'd.example.net.' }),
  ],
  { probes: ['options', 'tls'] },
)
const SETTINGS = zoneOf({
  answers: [
    answer('@', 'A'),
    answer('@', 'AAAA'),
    answer('@', 'NAPTR', { transports: ['tls', 'udp'] }),
    answer('_sips._tcp', 'SRV', { transports: ['tls'], probes: ['tls'] }),
  ],
})

/** What policy may come to: any members with any of their addresses, any of them active. */
const decision = (view: string): fc.Arbitrary<Decision> =>
  fc
    .tuple(
      fc.tuple(...POOL.targets.map((one) => fc.option(fc.subarray([...one.addresses], { minLength: 1 })))),
      fc.tuple(
        ...POOL.targets.map(() =>
          fc.record({ active: fc.boolean(), priority: fc.nat(30), weight: fc.nat(3) }),
        ),
      ),
      fc.constantFrom('one' as const, 'all' as const),
      fc.boolean(),
    )
    .map(([addresses, places, pick, suspect]) => {
      const seated = POOL.targets.flatMap((one, index): { member: Member; active: boolean }[] => {
        const listed = addresses[index]
        const place = places[index]
        if (listed === undefined || listed === null || place === undefined) return []
        const { priority, weight } = place
        return [{ member: memberOf(one, { addresses: listed, priority, weight }), active: place.active }]
      })
      const members = seated.map(({ member }) => member).sort((x, y) => x.priority - y.priority)
      const active = seated.filter((seat) => seat.active).map(({ member }) => member)
      return { pool: 'edge', view, mode: 'normal', members, active, pick, suspect, why: [] }
    })

const both = fc.tuple(decision('options'), decision('tls'))

function build(decisions: readonly Decision[], nowMs = 1_700_000_000_000) {
  return buildZone({ settings: SETTINGS, pools: poolsOf(POOL), decisions: decisionsOf(...decisions), nowMs })
}

describe('whatever the health', () => {
  it('the sample has no fault', () => {
    expect(checkZone(SETTINGS, poolsOf(POOL))).toEqual([])
  })

  it('every SRV target in the zone has an address, even when an old answer names it', () => {
    fc.assert(
      fc.property(both, (decisions) => {
        const zone = build(decisions)
        for (const host of ['a', 'b', 'c']) {
          const sets = [setAt(zone, host, 'A'), setAt(zone, host, 'AAAA')].filter((set) => set !== undefined)
          expect(sets.length).toBeGreaterThan(0)
        }
      }),
    )
  })

  it('A and AAAA hold addresses of members only, and are there if any member has the family', () => {
    fc.assert(
      fc.property(both, ([options, tls]) => {
        const zone = build([options, tls])
        const alive = options.members.flatMap((member) => member.addresses)
        for (const type of ['A', 'AAAA'] as const) {
          const family = alive.filter((address) => address.includes(':') === (type === 'AAAA'))
          const answered = addressesOf(setAt(zone, '@', type))
          expect(answered.length > 0).toBe(family.length > 0)
          expect(family).toEqual(expect.arrayContaining(answered))
        }
      }),
    )
  })

  it('alternatives are drawable, and their union is the set', () => {
    fc.assert(
      fc.property(both, (decisions) => {
        for (const set of build(decisions).sets) {
          if (set.alternatives === undefined) continue
          expect(set.alternatives.some(({ weight }) => weight > 0)).toBe(true)
          expect(set.alternatives.length).toBeGreaterThan(1)
          const union = new Set(
            set.alternatives.flatMap(({ records }) => records.map((rdata) => JSON.stringify(rdata))),
          )
          expect([...union].sort()).toEqual(set.records.map((rdata) => JSON.stringify(rdata)).sort())
        }
      }),
    )
  })

  it('NAPTR leads to SRV sets that are there, and no set is empty', () => {
    fc.assert(
      fc.property(both, (decisions) => {
        const zone = build(decisions)
        expect(zone.sets.every((set) => set.records.length > 0)).toBe(true)
        for (const rdata of setAt(zone, '@', 'NAPTR')?.records ?? []) {
          const leads =
            rdata.type === 'NAPTR' &&
            zone.sets.some((set) => set.type === 'SRV' && set.name === rdata.replacement)
          expect(leads).toBe(true)
        }
        const live = decisions.filter(({ members }) => members.length > 0).length
        expect(setAt(zone, '@', 'NAPTR')?.records.length ?? 0).toBe(live)
      }),
    )
  })

  it('the names are the same, so none of them ever turns to NXDOMAIN', () => {
    const nothing = {
      members: [],
      active: [],
      pick: 'all',
      suspect: false,
      why: [],
      mode: 'normal',
      pool: 'edge',
    } as const
    const { names } = build([
      { ...nothing, view: 'options' },
      { ...nothing, view: 'tls' },
    ])
    expect(names).toHaveLength(6)
    fc.assert(
      fc.property(both, (decisions) => {
        expect(build(decisions).names).toEqual(names)
      }),
    )
  })

  it('the digest moves exactly when the difference is not empty', () => {
    fc.assert(
      fc.property(both, both, fc.boolean(), (one, two, same) => {
        const before = build(one)
        const after = build(same ? one : two, 1_800_000_000_000)
        const { created, updated, deleted } = diffZones(before, after)
        expect(before.contentHash !== after.contentHash).toBe(
          created.length + updated.length + deleted.length > 0,
        )
      }),
    )
  })
})

describe('whatever the records say', () => {
  const line = fc
    .tuple(
      fc.constantFrom(
        'a',
        'b.a',
        '*.a',
        '@',
        'sip1',
        '_sip._udp',
        'sub',
        'x.sub',
        'ns1',
        'out.example.net.',
        ' ',
      ),
      fc.constantFrom(
        'A 192.0.2.9',
        'AAAA 2001:db8::9',
        'CNAME a',
        'CNAME b.a',
        'NS ns1',
        'NS x.sub',
        'SRV 1 1 5060 a',
        'SRV 0 0 0 .',
        'MX 1 b.a',
        'TXT x',
        '5 TXT y',
        'DS \\# 0',
        'SOA a b 1 1 1 1 1',
        'NAPTR 1 1 s x "" b.a',
        'FOO',
      ),
    )
    .map(([owner, rest]) => `${owner} ${rest}`)

  it('checkZone answers, and a zone without faults is built', () => {
    let sound = 0
    const decisions = fc.sample(both, { numRuns: 1, seed: 7 })[0] ?? []
    fc.assert(
      fc.property(fc.array(line, { maxLength: 5 }), (lines) => {
        const settings = { ...SETTINGS, records: NAMESERVER_RECORDS + lines.join('\n') }
        if (checkZone(settings, poolsOf(POOL)).length > 0) return
        sound++
        const zone = buildZone({
          settings,
          pools: poolsOf(POOL),
          decisions: decisionsOf(...decisions),
          nowMs: 0,
        })
        const at = new Map<string, string[]>()
        for (const set of zone.sets) at.set(set.name, [...(at.get(set.name) ?? []), set.type])
        for (const types of at.values()) {
          expect(new Set(types).size).toBe(types.length)
          if (types.includes('CNAME')) expect(types).toEqual(['CNAME'])
        }
      }),
      { numRuns: 1500 },
    )
    expect(sound).toBeGreaterThan(100)
  })
})

function addressesOf(set: RecordSet | undefined): string[] {
  return (set?.records ?? []).flatMap((rdata) =>
    rdata.type === 'A' || rdata.type === 'AAAA' ? [rdata.address] : [],
  )
}
