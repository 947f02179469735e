import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchesOf, groupsOf, inOrder } from '../../../src/publishers/reconcile/order.ts'
import { canonicalName } from '../../../src/wire/dns/name.ts'
import { wantedOf } from '../../support/provider-driver.ts'
import { linesOf, markLine, ORIGIN, planOf } from './support.ts'

const by = (max: number) => [{ unit: 'changes', max, cost: () => 1 }]

describe('the order of changes', () => {
  it('puts addresses before what leads to them, deletions after, and routine last', () => {
    const current = [
      `_sip._udp IN SRV 10 1 5060 old\n${markLine('_sip._udp', 'srv')}`,
      `old IN A 192.0.2.9\n${markLine('old', 'a')}`,
      `slow 60 IN A 192.0.2.8\n${markLine('slow', 'a')}`,
    ].join('\n')
    const wanted = 'slow 120 IN A 192.0.2.8\n_sip._udp IN SRV 10 1 5060 new\nnew IN A 192.0.2.10'
    const { changes } = planOf(wanted, current)
    expect(linesOf(changes.filter(({ isMark }) => !isMark))).toEqual([
      '+ new 60 A 192.0.2.10',
      '~ _sip._udp 60 SRV 10 1 5060 old.voice.example.com. -> 60 SRV 10 1 5060 new.voice.example.com.',
      '~ slow 60 A 192.0.2.8 -> 120 A 192.0.2.8',
      '- old 60 A 192.0.2.9',
    ])
  })

  it('takes a host away only after what led to it, where health takes it away', () => {
    const current = [
      `_sip._udp IN SRV 10 1 5060 sip1\n\tIN SRV 10 1 5060 sip2\n${markLine('_sip._udp', 'srv')}`,
      `sip1 IN A 192.0.2.9\n${markLine('sip1', 'a')}`,
      `sip2 IN A 192.0.2.8\n${markLine('sip2', 'a')}`,
    ].join('\n')
    const wanted = wantedOf('_sip._udp IN SRV 10 1 5060 sip2\nsip2 IN A 192.0.2.8', ORIGIN, 60)
    const names = new Set([...wanted.names, canonicalName('sip1', canonicalName(ORIGIN))])
    const { changes } = planOf('', current, { wanted: { ...wanted, names } })
    expect(
      changes.filter(({ isMark }) => !isMark).map(({ kind, type, urgency }) => `${kind} ${type} ${urgency}`),
    ).toEqual(['update SRV urgent', 'delete A urgent'])
  })
})

describe('batches', () => {
  it('hold all changes once, in as few as the limits allow, and never part a set from its mark', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 2, max: 25 }), (count, max) => {
        const wanted = Array.from({ length: count }, (_, at) => `h${at} IN A 192.0.2.${at}`).join('\n')
        const { changes } = planOf(wanted, '')
        const batches = batchesOf(changes, by(max))
        expect(batches.flat().sort(byName)).toEqual([...changes].sort(byName))
        for (const batch of batches) expect(batch.length).toBeLessThanOrEqual(max)
        const homes = groupsOf(changes).map(
          (group) => new Set(group.map((one) => batches.findIndex((batch) => batch.includes(one)))),
        )
        expect(homes.every((home) => home.size === 1)).toBe(true)
        // A set and its mark are two changes: so many pairs fit, and no batch but the last has room for another.
        expect(batches.length).toBe(Math.ceil(count / Math.floor(max / 2)))
      }),
      { seed: 4, numRuns: 200 },
    )
  })

  it('keep urgent changes in front, and fill what is left of theirs with the others', () => {
    const current = Array.from(
      { length: 6 },
      (_, at) => `h${at} IN A 192.0.2.${at}\n${markLine(`h${at}`, 'a')}`,
    )
    const wanted = Array.from({ length: 6 }, (_, at) =>
      at % 2 === 0 ? `h${at} 120 IN A 192.0.2.${at}` : `h${at} IN A 192.0.2.9${at}`,
    )
    const { changes } = planOf(wanted.join('\n'), current.join('\n'))
    const batches = batchesOf(changes, by(4))
    expect(batches.map((batch) => batch.map(({ urgency }) => urgency))).toEqual([
      ['urgent', 'urgent', 'urgent', 'routine'],
      ['routine', 'routine'],
    ])
  })

  it('are filled up by later ranks from the last one on, so that nothing overtakes', () => {
    const current = ['a', 'b', 'c']
      .map((name) => `${name} 60 IN A 192.0.2.1\n${markLine(name, 'a')}`)
      .join('\n')
    const wanted =
      'a IN A 192.0.2.9\na IN AAAA 2001:db8::1\nb IN A 192.0.2.9\nb IN AAAA 2001:db8::1\nc 120 IN A 192.0.2.1'
    const batches = batchesOf(planOf(wanted, current).changes, by(4))
    expect(batches.map((batch) => [...new Set(batch.map(({ group }) => group.charAt(0)))])).toEqual([
      ['a'],
      ['b', 'c'],
    ])
  })

  it('respect every limit at once', () => {
    const { changes } = planOf(
      Array.from({ length: 10 }, (_, at) => `h${at} IN A 192.0.2.${at}`).join('\n'),
      '',
    )
    const batches = batchesOf(changes, [
      ...by(100),
      { unit: 'characters', max: 110, cost: ({ after }) => JSON.stringify(after?.records).length },
    ])
    expect(batches.length).toBeGreaterThan(3)
    expect(batches.flat()).toHaveLength(20)
    expect(inOrder(batches.flat())).toHaveLength(20)
  })
})

function byName(a: { name: string; type: string }, b: { name: string; type: string }): number {
  return `${a.name} ${a.type}` < `${b.name} ${b.type}` ? -1 : 1
}
