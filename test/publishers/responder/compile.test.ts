import { describe, expect, it } from 'vitest'
import { compileSnapshot } from '../../support/compile-snapshot.ts'
import { ask } from '../../support/dns-ask.ts'
import { OTHER, snapshotOf, VOICE, zoneOf } from '../../support/dns-zone.ts'
import { seededRandom } from '../../support/virtual-time.ts'

describe('compileSnapshot', () => {
  it('answers alike from a snapshot that went to another thread and back', () => {
    const view = compileSnapshot(structuredClone(snapshotOf(VOICE, OTHER)))
    for (const name of ['voice.example.test', 'away.voice.example.test', 'a.b.wild.voice.example.test'])
      expect(ask(name, 'A', { view })).toEqual(ask(name, 'A'))
  })

  it('finds each of many names, and none that is not there', () => {
    const lines = Array.from({ length: 5_000 }, (_, i) => `host${i} A 192.0.2.${i % 250}`)
    const view = compileSnapshot(
      snapshotOf(zoneOf('a.test.', `@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n${lines.join('\n')}`)),
    )
    for (let i = 0; i < 5_000; i += 7) {
      expect(ask(`HOST${i}.a.test`, 'A', { view }).answer).toEqual([
        `HOST${i}.a.test 30 A 192.0.2.${i % 250}`,
      ])
      expect(ask(`host${i}x.a.test`, 'A', { view }).rcode).toBe('NXDOMAIN')
    }
  })

  it('finds each of many zones', () => {
    const zones = Array.from({ length: 400 }, (_, i) =>
      zoneOf(`z${i}.test.`, `@ SOA ns h ${i} 2 3 4 5\n@ NS ns\nns A 192.0.2.1`),
    )
    const view = compileSnapshot(snapshotOf(...zones))
    for (let i = 0; i < 400; i++)
      expect(ask(`z${i}.test`, 'SOA', { view }).answer[0]).toContain(` ${i} 2 3 4 5`)
  })
})

describe('alternatives', () => {
  const counts = (name: string, rolls: number, view?: Parameters<typeof ask>[2]) => {
    const random = seededRandom(2026)
    const seen = new Map<string, number>()
    for (let i = 0; i < rolls; i++) {
      const { answer } = ask(name, 'A', { ...view, random })
      expect(answer).toHaveLength(1)
      seen.set(answer[0] ?? '', (seen.get(answer[0] ?? '') ?? 0) + 1)
    }
    return seen
  }

  it('are drawn one a response, as often as their weights say: to within 1 % over 10,000 (and by chi-square)', () => {
    const rolls = 10_000
    const seen = counts('weighted.voice.example.test', rolls)
    let chiSquare = 0
    for (const [last, weight] of [
      [71, 70],
      [72, 25],
      [73, 5],
    ] as const) {
      const expected = (rolls * weight) / 100
      const drawn = seen.get(`weighted.voice.example.test 30 A 192.0.2.${last}`) ?? 0
      expect(Math.abs(drawn - expected)).toBeLessThan(rolls / 100)
      chiSquare += (drawn - expected) ** 2 / expected
    }
    // Two degrees of freedom: 13.8 is passed by chance once in a thousand seeds.
    expect(chiSquare).toBeLessThan(13.8)
  })

  it.each([
    [[0, 10, 0], ['192.0.2.2']],
    [
      [0, 0, 0],
      ['192.0.2.1', '192.0.2.2', '192.0.2.3'],
    ],
  ])('of weights %j are drawn from %j', (weights, addresses) => {
    const view = compileSnapshot(
      snapshotOf(
        zoneOf(
          'a.test.',
          '@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.9\nw A 192.0.2.1\nw A 192.0.2.2\nw A 192.0.2.3',
          {
            weighted: { 'w.a.test. A': weights },
          },
        ),
      ),
    )
    const seen = counts('w.a.test', 600, { view })
    expect([...seen.keys()].sort()).toEqual(addresses.map((address) => `w.a.test 30 A ${address}`))
  })

  it('are drawn behind an alias too, and never stand in the additional section', () => {
    const text =
      '@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.9\nw A 192.0.2.1\nw A 192.0.2.2\nalias CNAME w\n_sip._udp SRV 1 1 5060 w'
    const view = compileSnapshot(snapshotOf(zoneOf('a.test.', text, { weighted: { 'w.a.test. A': [1, 1] } })))
    const random = seededRandom(5)
    const drawn = new Set(
      Array.from({ length: 50 }, () => ask('alias.a.test', 'A', { view, random }).answer[1]),
    )
    expect([...drawn].sort()).toEqual(['w.a.test 30 A 192.0.2.1', 'w.a.test 30 A 192.0.2.2'])
    expect(ask('_sip._udp.a.test', 'SRV', { view }).additional).toEqual([])
  })

  it('may hold several records each', () => {
    const base = zoneOf(
      'a.test.',
      '@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.9\nw A 192.0.2.1\nw A 192.0.2.2\nw A 192.0.2.3',
    )
    const sets = base.sets.map((set) =>
      set.name === 'w.a.test.'
        ? {
            ...set,
            alternatives: [
              { weight: 1, records: set.records.slice(0, 2) },
              { weight: 0, records: set.records.slice(2) },
            ],
          }
        : set,
    )
    const view = compileSnapshot(snapshotOf({ ...base, sets }))
    expect(ask('w.a.test', 'A', { view }).answer).toEqual([
      'w.a.test 30 A 192.0.2.1',
      'w.a.test 30 A 192.0.2.2',
    ])
  })
})
