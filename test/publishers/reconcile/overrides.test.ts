import { describe, expect, it } from 'vitest'
import type { Bases, Basis } from '../../../src/core/decision.ts'
import { isByOverride } from '../../../src/publishers/reconcile/overrides.ts'
import { canonicalName } from '../../../src/wire/dns/name.ts'
import { wantedOf } from '../../support/provider-driver.ts'
import { currentOf, linesOf, markLine, ORIGIN, planOf } from './support.ts'

const BY = { m: 'machine', o: 'override', e: 'override-ended' } as const

/** `m:up o:drain e:up`: the targets `a`, `b`, `c` of one decision. */
function bases(text: string): Bases {
  const words = text.split(' ').map((word, at): [string, Basis] => {
    const [by = 'm', as = ''] = word.split(':')
    return ['abc'[at] ?? '', { by: BY[by as keyof typeof BY], as }]
  })
  return Object.fromEntries(words)
}

describe('whose word a change is', () => {
  it.each([
    { before: 'm:up m:up', after: 'o:drain m:up', is: true, why: 'a drain begins' },
    { before: 'o:drain m:up', after: 'm:up m:up', is: true, why: 'a drain ends' },
    { before: 'o:drain m:up', after: 'o:up m:up', is: true, why: 'one word takes the place of another' },
    { before: 'o:drain m:up', after: 'e:up m:up', is: true, why: 'its end has begun' },
    { before: 'e:up m:up', after: 'e:up m:up', is: true, why: 'its end goes on' },
    { before: 'e:up m:up', after: 'm:up m:up', is: true, why: 'its end is over' },
    { before: 'm:down m:up', after: 'o:up m:up', is: true, why: 'an operator insists' },
    { before: 'm:up m:up', after: 'o:down m:up', is: true, why: 'an operator confirms a death' },
    { before: 'm:up m:up', after: 'm:down m:up', is: false, why: 'a death' },
    { before: 'm:up m:up', after: 'o:drain m:down', is: false, why: 'a drain and a death' },
    { before: 'o:drain m:up', after: 'o:drain m:down', is: false, why: 'a death beside an old drain' },
    { before: 'o:drain m:up', after: 'o:drain m:up', is: false, why: 'time alone, beside an old drain' },
    { before: 'm:up m:up', after: 'm:up m:up', is: false, why: 'time alone' },
    { before: 'e:up m:up', after: 'm:down m:up', is: false, why: 'a death while the end goes on' },
    { before: 'm:up', after: 'm:up o:drain', is: false, why: 'a target that is new in the configuration' },
    { before: 'm:up m:up', after: 'o:drain', is: false, why: 'a target that left the configuration' },
  ])('is told: $why', ({ before, after, is }) => {
    expect(isByOverride([bases(before)], [bases(after)])).toBe(is)
  })

  it('is of an operator for a set never seen to be right only where the machine has nothing to say', () => {
    expect(isByOverride(undefined, [bases('o:drain m:up')])).toBe(true)
    expect(isByOverride(undefined, [bases('o:drain m:down')])).toBe(false)
    expect(isByOverride(undefined, [bases('m:down m:up')])).toBe(false)
    expect(isByOverride(undefined, undefined)).toBe(false)
  })

  it('is of the machine where one target took the place of another in the configuration', () => {
    const before = { a: { by: 'machine', as: 'up' }, old: { by: 'machine', as: 'up' } } as const
    const after = { a: { by: 'override', as: 'drain' }, new: { by: 'machine', as: 'up' } } as const
    expect(isByOverride([before], [after])).toBe(false)
  })

  it('is of the machine as soon as one of several decisions behind a set says so', () => {
    const before = [bases('m:up'), bases('m:up')]
    expect(isByOverride(before, [bases('o:drain'), bases('m:up')])).toBe(true)
    expect(isByOverride(before, [bases('o:drain'), bases('m:down')])).toBe(false)
    expect(isByOverride(before, [bases('o:drain')])).toBe(false)
  })
})

describe('a plan', () => {
  const key = (name: string) => `${canonicalName(name, canonicalName(ORIGIN))} A`

  it('marks what an operator moved, the mark that goes with its set too', () => {
    const was = `v4 60 IN A 192.0.2.1\n${markLine('v4', 'a')}\nv5 60 IN A 192.0.2.1\n${markLine('v5', 'a')}`
    const wanted = {
      ...wantedOf('v5 60 IN A 192.0.2.2', ORIGIN),
      bases: new Map([
        [key('v4'), [bases('o:drain')]],
        [key('v5'), [bases('m:down')]],
      ]),
    }
    const settled = new Map([
      [key('v4'), [bases('m:up')]],
      [key('v5'), [bases('m:up')]],
    ])
    const names = new Set([...wanted.names, canonicalName('v4', canonicalName(ORIGIN))])
    const plan = planOf('', currentOf(was), {
      wanted: { ...wanted, names },
      settled,
      maxChange: { sets: 0 },
    })
    expect(linesOf(plan.changes.filter((change) => change.byOverride))).toEqual([
      '- v4 60 A 192.0.2.1',
      '- _sipvane-a.v4 300 TXT "heritage=sipvane,owner=ns1"',
    ])
    expect(linesOf(plan.changes.filter((change) => !change.byOverride))).toEqual([
      '~ v5 60 A 192.0.2.1 -> 60 A 192.0.2.2',
    ])
    expect(plan.held).toBe('1 of 2 record sets would change; maxChange allows 0')
    expect(plan.passes).toContain("1 of 2 record sets change by an operator's word")
  })
})
