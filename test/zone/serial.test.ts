import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildZone } from '../../src/zone/build.ts'
import { nextSerial, type Previous, serialAfter } from '../../src/zone/serial.ts'
import { answer, decisionOf, decisionsOf, EDGE, memberOf, poolOf, poolsOf, zoneOf } from './sample.ts'

fc.configureGlobal({ seed: 1982 })

const WRAP = 2 ** 32

describe('serialAfter', () => {
  it.each([
    [1, 0, true],
    [0, 1, false],
    [5, 5, false],
    [0, WRAP - 1, true],
    [44, WRAP - 100, true],
    [2 ** 31 - 1, 0, true],
    [2 ** 31, 0, false],
    [0, 2 ** 31, false],
    [2 ** 31 + 1, 0, false],
  ])('of %d and %d is %s (RFC 1982 section 3.2)', (a, b, expected) => {
    expect(serialAfter(a, b)).toBe(expected)
  })
})

describe('nextSerial', () => {
  const at = (seconds: number) => seconds * 1000 + 999

  it('begins with the Unix time', () => {
    expect(nextSerial(undefined, 'a', at(1_700_000_000))).toBe(1_700_000_000)
  })

  it('stays while the content stays, whatever the clock says', () => {
    expect(nextSerial({ serial: 7, contentHash: 'a' }, 'a', at(1_700_000_000))).toBe(7)
  })

  it('counts on where the last serial is ahead of the clock', () => {
    expect(nextSerial({ serial: 1_700_000_000, contentHash: 'a' }, 'b', at(1_700_000_000))).toBe(
      1_700_000_001,
    )
    expect(nextSerial({ serial: 1_700_000_500, contentHash: 'a' }, 'b', at(1_700_000_000))).toBe(
      1_700_000_501,
    )
  })

  it('goes on over the wrap', () => {
    expect(nextSerial({ serial: WRAP - 1, contentHash: 'a' }, 'b', at(WRAP - 5))).toBe(0)
    expect(nextSerial({ serial: WRAP - 1, contentHash: 'a' }, 'b', at(WRAP + 20))).toBe(20)
  })

  it('goes forward by one from a serial that has no order to the clock', () => {
    expect(nextSerial({ serial: 1_000, contentHash: 'a' }, 'b', at(1_000 + 2 ** 31))).toBe(1_001)
  })

  it('moves with the content, never without it and never back: over steps of the clock, restarts and the wrap', () => {
    const step = fc.record({
      content: fc.constantFrom('a', 'b', 'c'),
      clockStepS: fc.oneof(fc.integer({ min: -100_000, max: 100_000 }), fc.constantFrom(0, 0, 1)),
      restart: fc.boolean(),
    })
    const start = fc.constantFrom(100_000, 1_700_000_000, WRAP - 50_000, WRAP - 1, 2 * WRAP - 3)
    fc.assert(
      fc.property(start, fc.array(step, { maxLength: 60 }), (startS, steps) => {
        let nowS = startS
        let previous: Previous | undefined
        for (const { content, clockStepS, restart } of steps) {
          nowS = Math.max(0, nowS + clockStepS)
          if (restart && previous !== undefined) previous = JSON.parse(JSON.stringify(previous)) as Previous
          const serial = nextSerial(previous, content, nowS * 1000)
          expect(Number.isInteger(serial) && serial >= 0 && serial < WRAP).toBe(true)
          if (previous !== undefined) {
            expect(serialAfter(serial, previous.serial)).toBe(content !== previous.contentHash)
            if (content === previous.contentHash) expect(serial).toBe(previous.serial)
          }
          previous = { serial, contentHash: content }
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('the serial of a zone', () => {
  const build = (
    change: { settings?: object; decision?: object; pool?: object } = {},
    previous?: Previous,
  ) => {
    const pool = poolOf('edge', EDGE.targets, change.pool)
    return buildZone({
      settings: zoneOf(change.settings),
      pools: poolsOf(pool),
      decisions: decisionsOf(decisionOf(pool, change.decision)),
      nowMs: 1_700_000_000_000,
      ...(previous === undefined ? {} : { previous }),
    })
  }
  const first = build()
  const [sip1, sip2] = EDGE.targets.map((one) => memberOf(one))
  if (sip1 === undefined || sip2 === undefined) throw new Error('the sample has two targets')

  it.each<[string, Parameters<typeof build>[0]]>([
    ['nothing', {}],
    [
      'the order of static records',
      { settings: { records: 'ns2 A 192.0.2.2\n\nns1 60 A 192.0.2.1 ; first' } },
    ],
    ['the order of answers', { settings: { answers: [...zoneOf().answers].reverse() } }],
    ['the order of targets', { pool: { targets: [...EDGE.targets].reverse() } }],
    ['the order of members', { decision: { members: [sip2, sip1] } }],
    ['why, and the mode', { decision: { why: ['sip2 is slow'], mode: 'failover' } }],
    ['where it is published', { settings: { publish: ['dns', 'aws'] } }],
  ])('stays when this changes: %s', (_, change) => {
    const next = build(change, first)
    expect(next.contentHash).toBe(first.contentHash)
    expect(next.serial).toBe(first.serial)
  })

  it.each<[string, Parameters<typeof build>[0]]>([
    ['a member leaves', { decision: { members: [sip2], active: [sip2] } }],
    ['a weight', { decision: { members: [{ ...sip1, weight: 61 }, sip2] } }],
    ['an address', { decision: { active: [{ ...sip1, addresses: ['192.0.2.99'] }] } }],
    ['the TTL, by suspicion', { decision: { suspect: true } }],
    ['a static record', { settings: { records: 'ns1 A 192.0.2.1\nns2 A 192.0.2.3' } }],
    ['the TTL of a static record', { settings: { records: 'ns1 A 192.0.2.1\nns2 61 A 192.0.2.2' } }],
    ['the name servers', { settings: { nameservers: [...zoneOf().nameservers].slice(0, 1) } }],
    ['the first name server', { settings: { nameservers: [...zoneOf().nameservers].reverse() } }],
    ['the negative TTL', { settings: { negativeTtl: 16 } }],
  ])('moves when this changes: %s', (_, change) => {
    const next = build(change, first)
    expect(next.contentHash).not.toBe(first.contentHash)
    expect(next.serial).toBe(first.serial + 1)
    expect(next.sets.find((set) => set.type === 'SOA')?.records).toMatchObject([{ serial: first.serial + 1 }])
  })

  it('moves when the share of an alternative changes, though the records stay', () => {
    const both = { pick: 'one', active: [sip1, sip2] }
    const before = build({ decision: both })
    const after = build({ decision: { ...both, active: [{ ...sip1, weight: 1 }, sip2] } }, before)
    expect(after.serial).toBe(before.serial + 1)
  })

  it('moves when a name without data appears: its answer turns from NXDOMAIN to NODATA', () => {
    const empty = { members: [], active: [] }
    const before = build({ decision: empty, settings: { answers: [answer('@', 'A')] } })
    const after = build(
      { decision: empty, settings: { answers: [answer('@', 'A'), answer('x', 'A')] } },
      before,
    )
    expect(after.sets.length).toBe(before.sets.length)
    expect(after.serial).toBe(before.serial + 1)
  })
})
