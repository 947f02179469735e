import { describe, expect, it } from 'vitest'
import { buildZone } from '../../src/zone/build.ts'
import {
  answer,
  decisionOf,
  EDGE,
  memberOf,
  NAMESERVER_RECORDS,
  name,
  ORIGIN,
  poolOf,
  poolsOf,
  setAt,
  target,
  textAt,
  zoneOf,
} from './sample.ts'
import { build, NOW } from './sample-build.ts'

const [sip1, sip2] = EDGE.targets
if (sip1 === undefined || sip2 === undefined) throw new Error('the sample has two targets')
const one = memberOf(sip1)
const two = memberOf(sip2)

describe('a decision that is not one of calm', () => {
  it.each(['frozen', 'last-resort'] as const)('marks what it answers as %s, and nothing else', (mode) => {
    const marked = build({}, [decisionOf(EDGE, { mode })]).sets.filter((set) => set.mode === mode)
    expect(marked.map((set) => set.type)).toEqual(expect.arrayContaining(['A', 'SRV', 'NAPTR']))
    expect(marked.every((set) => set.origin === 'generated' && set.type !== 'SOA' && set.type !== 'NS')).toBe(
      true,
    )
  })

  it('marks nothing in calm or after a failover', () => {
    for (const mode of ['normal', 'failover'] as const) {
      expect(build({}, [decisionOf(EDGE, { mode })]).sets.some((set) => set.mode !== undefined)).toBe(false)
    }
  })
})

describe('the apex', () => {
  it('has an SOA with the first name server, the Unix time as serial, and the negative TTL as TTL and MINIMUM', () => {
    const zone = build()
    expect(textAt(zone, '@', 'SOA')).toEqual([
      'ns1.voice.example.com. hostmaster.voice.example.com. 1700000000 300 60 1209600 15',
    ])
    expect(setAt(zone, '@', 'SOA')?.ttl).toBe(15)
    expect(zone.serial).toBe(1_700_000_000)
  })

  it('has the name servers as NS, with a TTL of an hour however short the zone is', () => {
    const zone = build()
    expect(textAt(zone, '@', 'NS')).toEqual(['ns1.voice.example.com.', 'ns2.voice.example.com.'])
    expect(setAt(zone, '@', 'NS')?.ttl).toBe(3600)
  })

  it('takes the NS TTL of the records where they spell the name servers out', () => {
    const zone = build({ records: `${NAMESERVER_RECORDS}@ 900 NS ns2\n@ 900 NS ns1` })
    expect(setAt(zone, '@', 'NS')).toMatchObject({ ttl: 900, origin: 'static' })
  })
})

describe('static records', () => {
  it('keep their own TTL, else take the longest of the zone, suspect or not', () => {
    const zone = build({ records: `${NAMESERVER_RECORDS}a 5 TXT "x"\nb TXT "y"` }, [
      decisionOf(EDGE, { suspect: true }),
    ])
    expect(setAt(zone, 'a', 'TXT')?.ttl).toBe(5)
    expect(setAt(zone, 'b', 'TXT')?.ttl).toBe(60)
  })

  it('lose duplicates (RFC 2181 section 5)', () => {
    const zone = build({ records: `${NAMESERVER_RECORDS}a A 192.0.2.9\na A 192.0.2.9\na A 192.0.2.8` })
    expect(textAt(zone, 'a', 'A')).toEqual(['192.0.2.8', '192.0.2.9'])
  })
})

describe('A and AAAA answers', () => {
  it('name the active members', () => {
    expect(textAt(build(), '@', 'A')).toEqual(['192.0.2.11'])
    const failedOver = decisionOf(EDGE, { members: [two], active: [two] })
    expect(textAt(build({}, [failedOver]), '@', 'A')).toEqual(['192.0.2.12'])
  })

  it('fall down the tiers for a family that the active members lack', () => {
    expect(textAt(build(), '@', 'AAAA')).toEqual(['2001:db8::12'])
  })

  it('take the best tier that has the family, and no more of the tiers', () => {
    const pool = poolOf('edge', [
      target('edge', 'a', { addresses: ['192.0.2.1'], priority: 1 }),
      target('edge', 'b', { addresses: ['192.0.2.2'], priority: 2 }),
      target('edge', 'c', { addresses: ['2001:db8::c'], priority: 3 }),
      target('edge', 'd', { addresses: ['2001:db8::d'], priority: 3 }),
      target('edge', 'e', { addresses: ['2001:db8::e'], priority: 4 }),
    ])
    const zone = build({}, [decisionOf(pool)], [pool])
    expect(textAt(zone, '@', 'AAAA')).toEqual(['2001:db8::c', '2001:db8::d'])
  })

  it('are NODATA where no member has the family, and their name stays', () => {
    const answers = [answer('only6', 'AAAA')]
    const zone = build({ answers }, [decisionOf(EDGE, { members: [one], active: [one] })])
    expect(textAt(zone, 'only6', 'AAAA')).toBe('none')
    expect(zone.names).toEqual(['only6.voice.example.com.'])
  })

  it('are NODATA when nothing is to be served, and their names stay', () => {
    const zone = build({}, [decisionOf(EDGE, { members: [], active: [] })])
    for (const type of ['A', 'AAAA', 'NAPTR'] as const) expect(textAt(zone, '@', type)).toBe('none')
    expect(textAt(zone, '_sip._udp', 'SRV')).toBe('none')
    expect(zone.names).toEqual([
      ORIGIN,
      name('_sip._tcp'),
      name('_sips._tcp'),
      name('_sip._udp'),
      name('sip1'),
      name('sip2'),
    ])
  })

  it('carry one alternative a member when one is to be picked, with all its addresses of the family', () => {
    const pool = poolOf('edge', [
      target('edge', 'a', { addresses: ['192.0.2.2', '192.0.2.1'], weight: 3 }),
      target('edge', 'b', { addresses: ['192.0.2.3', '2001:db8::3'], weight: 1 }),
    ])
    const zone = build({}, [decisionOf(pool, { pick: 'one' })], [pool])
    const set = setAt(zone, '@', 'A')
    expect(set?.records).toHaveLength(3)
    expect(set?.alternatives).toEqual([
      {
        weight: 3,
        records: [
          { type: 'A', address: '192.0.2.1' },
          { type: 'A', address: '192.0.2.2' },
        ],
      },
      { weight: 1, records: [{ type: 'A', address: '192.0.2.3' }] },
    ])
    expect(setAt(zone, '@', 'AAAA')?.alternatives).toBeUndefined()
  })

  it('can be drawn when every weight is zero', () => {
    const pool = poolOf('edge', [
      target('edge', 'a', { addresses: ['192.0.2.1'], weight: 0 }),
      target('edge', 'b', { addresses: ['192.0.2.2'], weight: 0 }),
    ])
    const set = setAt(build({}, [decisionOf(pool, { pick: 'one' })], [pool]), '@', 'A')
    expect(set?.alternatives?.map(({ weight }) => weight)).toEqual([1, 1])
  })

  it('keep a weight of zero beside others, for RFC 2782 gives it next to nothing', () => {
    const pool = poolOf('edge', [
      target('edge', 'a', { addresses: ['192.0.2.1'], weight: 0 }),
      target('edge', 'b', { addresses: ['192.0.2.2'], weight: 5 }),
    ])
    const set = setAt(build({}, [decisionOf(pool, { pick: 'one' })], [pool]), '@', 'A')
    expect(set?.alternatives?.map(({ weight }) => weight)).toEqual([0, 5])
  })
})

describe('TTL', () => {
  it('is the shortest while the decision is suspect, else the longest', () => {
    const calm = build()
    const suspect = build({}, [decisionOf(EDGE, { suspect: true })])
    const driven = [
      ['@', 'A'],
      ['@', 'AAAA'],
      ['_sip._udp', 'SRV'],
      ['@', 'NAPTR'],
      ['sip1', 'A'],
    ] as const
    for (const [owner, type] of driven) {
      expect([owner, type, setAt(calm, owner, type)?.ttl]).toEqual([owner, type, 60])
      expect([owner, type, setAt(suspect, owner, type)?.ttl]).toEqual([owner, type, 10])
    }
    expect(setAt(suspect, 'ns1', 'A')?.ttl).toBe(60)
  })
})

describe('the whole zone', () => {
  it('is frozen to its leaves and can be sent to a worker', () => {
    const zone = build({}, [decisionOf(EDGE, { pick: 'one', active: [one, two] })])
    expect(structuredClone(zone)).toEqual(zone)
    const leaves = zone.sets.flatMap((set) => [set, set.records, ...set.records, ...(set.alternatives ?? [])])
    expect(leaves.every((leaf) => Object.isFrozen(leaf))).toBe(true)
    expect(Object.isFrozen(zone.names)).toBe(true)
  })

  it('has its sets in canonical order, each name and type once', () => {
    const keys = build().sets.map((set) => `${set.name} ${set.type}`)
    expect(new Set(keys).size).toBe(keys.length)
    expect(keys.slice(0, 6)).toEqual([
      `${ORIGIN} A`,
      `${ORIGIN} NS`,
      `${ORIGIN} SOA`,
      `${ORIGIN} AAAA`,
      `${ORIGIN} NAPTR`,
      `_sip._tcp.${ORIGIN} SRV`,
    ])
  })

  it('is not built without a decision for each answer', () => {
    const input = { settings: zoneOf(), pools: poolsOf(EDGE), nowMs: NOW }
    expect(() => buildZone({ ...input, decisions: new Map() })).toThrow(/no decision for edge options/)
  })
})
