import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DomainName } from '../../../src/core/brand.ts'
import type { RecordSet } from '../../../src/core/records.ts'
import type { Zone } from '../../../src/core/snapshot.ts'
import type { SharedImages } from '../../../src/publishers/responder/image/view.ts'
import { ImageView } from '../../../src/publishers/responder/image/view.ts'
import { AnswerStore } from '../../../src/publishers/responder/store.ts'
import { ask } from '../../support/dns-ask.ts'
import { OTHER, snapshotOf, VOICE, zoneOf } from '../../support/dns-zone.ts'

/** A zone of one host, whose address tells versions apart, and of `bulk` records of some 2.5 KB. */
function small(index: number, version: number, bulk = 0): Zone {
  const origin = `z${index}.test.`
  const zone = zoneOf(
    origin,
    `@ SOA ns h ${version} 2 3 4 5\n@ NS ns\nns A 192.0.2.1\nhost A 10.${index >> 8}.${index & 255}.${version & 255}`,
  )
  const records = [{ type: 'TXT' as const, strings: new Array<string>(10).fill('y'.repeat(250)) }]
  const more = Array.from({ length: bulk }, (_, i): RecordSet => {
    return { name: `f${i}.${origin}` as DomainName, type: 'TXT', ttl: 30, records, origin: 'static' }
  })
  return { ...zone, sets: [...zone.sets, ...more] }
}
const hostOf = (view: ImageView, index: number) => ask(`host.z${index}.test`, 'A', { view }).answer[0]
const address = (index: number, version: number) =>
  `host.z${index}.test 30 A 10.${index >> 8}.${index & 255}.${version & 255}`

describe('AnswerStore', () => {
  it('compiles a zone again only when it is another object', () => {
    const store = new AnswerStore()
    store.publish(snapshotOf(VOICE, OTHER))
    const before = store.size.octets
    const counted = { ...OTHER, sets: countingReads(OTHER) }
    store.publish(snapshotOf(VOICE, counted))
    const reads = counted.sets.reads
    expect(reads).toBeGreaterThan(0)
    store.publish(snapshotOf(VOICE, counted))
    expect(counted.sets.reads).toBe(reads)
    expect(store.size).toEqual({ zones: 2, octets: before, pending: 0 })
  })

  it('forgets zones that are gone, and takes them back', () => {
    const store = new AnswerStore()
    for (let round = 0; round < 3; round++) {
      store.publish(snapshotOf(VOICE, OTHER))
      expect(ask('sip.other.test', 'A', store).rcode).toBe('NOERROR')
      store.publish(snapshotOf(VOICE))
      expect(ask('sip.other.test', 'A', store).rcode).toBe('REFUSED')
      expect(ask('voice.example.test', 'A', store).rcode).toBe('NOERROR')
    }
  })

  it('serves zones that name this publisher, and no others', () => {
    const store = new AnswerStore()
    store.publish(snapshotOf(VOICE, { ...OTHER, publish: ['aws'] }))
    expect(ask('sip.other.test', 'A', store).rcode).toBe('REFUSED')
    expect(store.size.zones).toBe(1)
  })

  it('moves answers that lead through aliases into a zone with that zone, when it comes, moves and goes', () => {
    const store = new AnswerStore()
    const from = zoneOf(
      'from.test.',
      '@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\nalias CNAME host.z1.test.',
    )
    const through = () => ask('alias.from.test', 'A', store).answer.slice(1)
    store.publish(snapshotOf(from))
    expect(through()).toEqual([])
    for (const version of [1, 2]) {
      store.publish(snapshotOf(from, small(1, version)))
      expect(through()).toEqual([address(1, version)])
    }
    // A zone below takes the name over (RFC 1034 section 4.3.2, step 2).
    const below = zoneOf('host.z1.test.', '@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n@ A 192.0.2.77')
    store.publish(snapshotOf(from, small(1, 2), below))
    expect(through()).toEqual(['host.z1.test 30 A 192.0.2.77'])
    store.publish(snapshotOf(from))
    expect(through()).toEqual([])
  })

  it('does a large change in slices, in the turns to come, and the newest snapshot wins', () => {
    const turns: (() => void)[] = []
    const store = new AnswerStore({ defer: (next) => turns.push(next) })
    const zones = (version: number) => Array.from({ length: 2_000 }, (_, i) => small(i, version))
    store.publish(snapshotOf(...zones(1)))
    expect(turns).toHaveLength(1)
    expect(store.size.pending).toBeGreaterThan(500)
    expect(hostOf(store.view, 0)).toBe(address(0, 1))
    expect(ask('host.z1999.test', 'A', store).rcode).toBe('REFUSED')
    // One zone moves meanwhile: it does not wait behind the others for ever.
    store.publish(snapshotOf(...zones(2)))
    while (turns.length > 0) turns.shift()?.()
    expect(store.size).toMatchObject({ zones: 2_000, pending: 0 })
    for (let i = 0; i < 2_000; i += 37) expect(hostOf(store.view, i)).toBe(address(i, 2))
  })

  it('goes on with what a large change has left when a small one comes meanwhile', () => {
    const turns: (() => void)[] = []
    const store = new AnswerStore({ defer: (next) => turns.push(next) })
    const zones = Array.from({ length: 1_100 }, (_, i) => small(i, 1))
    store.publish(snapshotOf(...zones))
    expect(store.size.pending).toBeGreaterThan(50)
    store.publish(snapshotOf(...zones.with(0, small(0, 2))))
    while (turns.length > 0) turns.shift()?.()
    expect(store.size).toMatchObject({ zones: 1_100, pending: 0 })
    expect([0, 1, 1_099].map((i) => hostOf(store.view, i))).toEqual([
      ...[address(0, 2), address(1, 1), address(1_099, 1)],
    ])
  })

  it('finishes a large change at once when asked to', () => {
    const store = new AnswerStore({ defer: () => {} })
    store.publish(snapshotOf(...Array.from({ length: 2_000 }, (_, i) => small(i, 1))))
    expect(store.size.pending).toBeGreaterThan(0)
    store.finish()
    expect(store.size.pending).toBe(0)
    expect(hostOf(store.view, 1_999)).toBe(address(1_999, 1))
  })

  it('uses memory again: a thousand changes of a zone take no more than a few', () => {
    const store = new AnswerStore()
    for (let version = 0; version < 10; version++) store.publish(snapshotOf(small(1, version, 4)))
    const { octets } = store.size
    for (let version = 0; version < 500; version++) {
      store.publish(snapshotOf(small(1, version, 4), small(2, version)))
      expect(hostOf(store.view, 1)).toBe(address(1, version))
    }
    expect(store.size.octets).toBe(octets)
  })

  it('has room for the zones that come before those that go have left, whatever their numbers', () => {
    const named = (from: number, count: number) => {
      return snapshotOf(...Array.from({ length: count }, (_, i) => small(from + i, 1)))
    }
    const story = fc.array(fc.tuple(fc.nat(200), fc.constantFrom(0, 1, 16, 32, 33, 64)), {
      minLength: 2,
      maxLength: 6,
    })
    const holds = (steps: readonly (readonly [number, number])[]) => {
      const store = new AnswerStore()
      for (const [from, count] of steps) {
        store.publish(named(from, count))
        // A look-up of what is not there ends at an empty slot.
        expect(ask('host.nowhere.test', 'A', store).rcode).toBe('REFUSED')
        if (count > 0) expect(hostOf(store.view, from)).toBe(address(from, 1))
      }
      expect(store.size.zones).toBe(steps.at(-1)?.[1])
    }
    // As many others as there were, in a table that they fill by half each; and a few zones in place of many that have come and gone.
    holds([
      [0, 32],
      [32, 32],
    ])
    const starts = [0, 100, 0].map((from) => [from, 100] as const)
    holds([...starts, [100, 80], [0, 5]])
    fc.assert(fc.property(story, holds), { seed: 71, numRuns: 5 })
  })

  it('gives a zone of megabytes memory of its own, and gives it back', () => {
    const store = new AnswerStore()
    store.publish(snapshotOf(small(1, 1)))
    const { octets } = store.size
    for (let version = 1; version < 8; version++) {
      store.publish(snapshotOf(small(1, 1), small(2, version, 900)))
      expect(hostOf(store.view, 2)).toBe(address(2, version))
      expect(store.size.octets).toBeLessThan(octets + 12_000_000)
    }
    // Numbers of segments are used again too: an address can name eight thousand of them.
    expect(store.shared().segments.length).toBeLessThan(5)
    store.publish(snapshotOf(small(1, 1)))
    expect(store.size.octets).toBe(octets)
    expect(hostOf(store.view, 1)).toBe(address(1, 1))
  })
})

describe('a reader in another thread', () => {
  /** What that thread sees, fed by hand: its mail is only read when it begins a batch or is led to memory that it does not know. */
  function reader() {
    const mail: SharedImages[] = []
    const store = new AnswerStore({ readers: 1, onLayout: (shared) => mail.push(shared) })
    const view = new ImageView(store.shared())
    const read = () => {
      for (const shared of mail.splice(0)) view.follow(shared)
    }
    view.refresh = read
    const begin = () => {
      const { version } = store.epochs
      store.epochs.enter(0, version)
      read()
    }
    const sleep = () => store.epochs.leave(0)
    return { store, view, begin, sleep }
  }

  it('sees a zone move at once, and is led to no memory that it has not been told of', () => {
    const { store, view, begin } = reader()
    store.publish(snapshotOf(...Array.from({ length: 20 }, (_, i) => small(i, 1))))
    begin()
    for (let version = 2; version < 12; version++) {
      store.publish(snapshotOf(...Array.from({ length: 20 }, (_, i) => small(i, version, 40))))
      for (let i = 0; i < 20; i++) expect(hostOf(view, i)).toBe(address(i, version))
    }
    expect(store.size.octets).toBeGreaterThan(10_000_000)
  })

  it('sees a table of zones that outgrew its place with the next batch', () => {
    const { store, view, begin } = reader()
    for (let version = 1; version < 300; version++) {
      store.publish(snapshotOf(...Array.from({ length: 20 }, (_, i) => small(i + version, version))))
      begin()
      expect(hostOf(view, version + 3)).toBe(address(version + 3, version))
    }
  })

  it('keeps every octet of the answers that it may be reading until it begins another batch', () => {
    const { store, view, begin } = reader()
    store.publish(snapshotOf(small(1, 1)))
    begin()
    const octets = () => view.octets.map((segment) => Buffer.from(segment.slice()))
    const before = octets()
    const held = imageOf(before)
    for (let version = 2; version < 200; version++) store.publish(snapshotOf(small(1, version)))
    expect(imageOf(octets())).toEqual(held)
    begin()
    store.publish(snapshotOf(small(1, 200)))
    const { octets: settled } = store.size
    for (let version = 201; version < 2_000; version++) {
      begin()
      store.publish(snapshotOf(small(1, version)))
    }
    expect(store.size.octets).toBe(settled)
  })

  it('holds nothing up when it has left', () => {
    const { store } = reader()
    store.publish(snapshotOf(small(1, 1)))
    store.epochs.leave(0)
    const { octets } = store.size
    for (let version = 2; version < 5_000; version++) store.publish(snapshotOf(small(1, version)))
    expect(store.size.octets).toBe(octets)
  })

  // Twenty stories of up to 25 snapshots: seconds on an idle machine, more than the usual patience on a busy one.
  it('always answers from a version that was in force, whatever the order of changes and looks', {
    timeout: 120_000,
  }, () => {
    const step = fc.record({
      zones: fc.array(fc.tuple(fc.nat(40), fc.integer({ min: 1, max: 200 })), { maxLength: 30 }),
      records: fc.constantFrom(0, 3, 40, 900),
      look: fc.boolean(),
      sleep: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), (steps) => {
        const { store, view, begin, sleep } = reader()
        begin()
        const nothing: readonly (string | undefined)[] = Array.from({ length: 41 }, () => undefined)
        let inForce = [nothing]
        for (const { zones, records, look, sleep: sleeps } of steps) {
          // Who slept holds nothing of what it saw before: it looks, then reads.
          if (sleeps) sleep()
          const wanted = new Map(zones)
          const all = [...wanted].map(([i, version], at) => small(i, version, at === 0 ? records : 0))
          store.publish(snapshotOf(...all))
          const now = nothing.map((_, i) => {
            const version = wanted.get(i)
            return version === undefined ? undefined : address(i, version)
          })
          if (look || sleeps) begin()
          inForce = look || sleeps ? [now] : [...inForce, now]
          for (let i = 0; i <= 40; i++) expect(inForce.map((then) => then[i])).toContain(hostOf(view, i))
        }
      }),
      { seed: 53, numRuns: 20 },
    )
  })
})

/** The octets around the first host address, wherever they lie. */
function imageOf(segments: readonly Buffer[]): Buffer | undefined {
  for (const segment of segments) {
    const at = segment.indexOf(Buffer.from([10, 0, 1, 1]))
    if (at >= 0) return segment.subarray(at - 100, at + 60)
  }
  return undefined
}

/** The sets of a zone, which count how often they are walked. */
function countingReads(zone: Zone): Zone['sets'] & { reads: number } {
  const sets = Object.assign([...zone.sets], { reads: 0 })
  const walk = sets[Symbol.iterator].bind(sets)
  sets[Symbol.iterator] = () => {
    sets.reads++
    return walk()
  }
  return sets
}
