import { describe, expect, it } from 'vitest'
import type { CurrentSet } from '../../../src/publishers/providers/definition.ts'
import { Reconciler } from '../../../src/publishers/reconcile/reconciler.ts'
import { MemoryProvider, ROOMY } from '../../support/memory-provider.ts'
import { wantedOf } from '../../support/provider-driver.ts'
import { currentOf, markLine, ORIGIN, planOf } from './support.ts'

const signal = new AbortController().signal
const addresses = (count: number) =>
  Array.from({ length: count }, (_, at) => `sip1 IN A 192.0.2.${at + 1}`).join('\n')

describe('what is left alone', () => {
  it('is a set of ours that somebody turned into something else, until it is gone', () => {
    const current = currentOf(`sip1 IN A 192.0.2.11\n${markLine('sip1', 'a')}`).map((set) =>
      set.type === 'A' ? { ...set, opaque: 'an alias' } : set,
    )
    for (const adopt of [false, true])
      expect(planOf('sip1 IN A 192.0.2.1', current, { adopt })).toMatchObject({
        changes: [],
        refusals: [{ code: 'opaque', message: 'is an alias there; take it away first' }],
      })
  })

  it.each([
    ['says more than an owner', '"heritage=sipvane,owner=ns1 by hand"'],
    ['begins with our owner', '"heritage=sipvane,owner=ns1+x"'],
    ['has a blank before it', '" heritage=sipvane,owner=ns1"'],
    ['is a prefix of another heritage', '"heritage=sipvanes,owner=ns1"'],
    ['was joined by another text', '"heritage=sipvane,owner=ns1"\n_sipvane-a.sip1 IN TXT "by hand"'],
    [
      'says it twice, differently',
      '"heritage=sipvane,owner=ns1"\n_sipvane-a.sip1 IN TXT "heritage=sipvane,owner=ns2"',
    ],
  ])('is a set whose mark %s: neither replaced, adopted nor deleted', (_, text) => {
    const current = `sip1 IN A 192.0.2.11\n_sipvane-a.sip1 IN TXT ${text}`
    expect(planOf('sip1 IN A 192.0.2.1', current, { adopt: true })).toMatchObject({
      changes: [],
      refusals: [{ code: 'mark-blocked' }],
      owned: 0,
    })
    expect(planOf('', current).changes).toEqual([])
  })

  it('is a set whose mark names an owner in another case: it is another owner', () => {
    const current = `sip1 IN A 192.0.2.11\n${markLine('sip1', 'a', 'NS1')}`
    expect(planOf('sip1 IN A 192.0.2.1', current).refusals).toMatchObject([{ code: 'other-owner' }])
    expect(planOf('', current).changes).toEqual([])
  })

  it('is everything of the owner that we were before we were renamed', () => {
    const old = `sip1 IN A 192.0.2.11\n${markLine('sip1', 'a', 'old')}\ngone IN A 192.0.2.9\n${markLine('gone', 'a', 'old')}`
    const plan = planOf('sip1 IN A 192.0.2.1', old, { adopt: true })
    expect(plan).toMatchObject({ changes: [], owned: 0 })
    expect(plan.refusals).toMatchObject([{ message: 'is marked by another owner, old' }])
  })

  it('is a mark that somebody marked: marks are no sets', () => {
    const current = `sip1 IN A 192.0.2.1\n${markLine('sip1', 'a')}\n${markLine('_sipvane-a.sip1', 'txt')}`
    expect(planOf('sip1 IN A 192.0.2.1', current)).toMatchObject({ changes: [], owned: 1 })
  })

  it('is not what merely looks otherwise: a mark in two strings, with more keys, with another TTL', () => {
    for (const text of [
      '60 IN TXT "heritage=sipvane," "owner=ns1"',
      '60 IN TXT "heritage=sipvane,owner=ns1,made=2026"',
    ]) {
      const current = `sip1 IN A 192.0.2.1\n_sipvane-a.sip1 ${text}`
      expect(planOf('sip1 IN A 192.0.2.1', current)).toMatchObject({ changes: [], refusals: [], owned: 1 })
    }
  })
})

describe('the limits of a provider', () => {
  it('hold the TTL from both sides', () => {
    const limits = { ...ROOMY, ttl: { min: 300, max: 600 } }
    const codes = (ttl: number) =>
      planOf(`sip1 ${ttl} IN A 192.0.2.1`, '', { limits }).refusals.map(({ code }) => code)
    expect([299, 300, 600, 601].map(codes)).toEqual([['ttl'], [], [], ['ttl']])
  })

  it('hold the records of a set, and the variants of a name', () => {
    const limits = { ...ROOMY, recordsInSet: 2, variants: { maxWeight: 255, maxCount: 2 } }
    expect(planOf(addresses(2), '', { limits }).refusals).toEqual([])
    expect(planOf(addresses(3), '', { limits }).refusals).toMatchObject([
      { code: 'too-large', message: 'has 3 records; a set may have 2 there' },
    ])
    const variants = (count: number) => ({
      ...wantedOf('', ORIGIN),
      sets: Array.from({ length: count }, (_, at) => ({
        ...(currentOf('sip1 IN A 192.0.2.1')[0] as CurrentSet),
        variant: { id: `${at}`, weight: 1 },
      })),
    })
    expect(planOf('', '', { limits, wanted: variants(2) }).refusals).toEqual([])
    expect(planOf('', '', { limits, wanted: variants(3) }).refusals).toMatchObject([
      { code: 'too-large', message: 'is drawn from 3 targets; 2 may be there' },
    ])
  })
})

describe('a call that ends in a fault of ours', () => {
  it('leaves nothing known: the zone is read before the next plan', async () => {
    const provider = new MemoryProvider()
    const reconciler = new Reconciler(provider, { owner: 'ns1', marks: 'txt', adopt: false })
    const wanted = wantedOf('sip1 IN A 192.0.2.1', ORIGIN)
    await reconciler.prepare(wanted, signal)
    provider.apply = async () => {
      throw new TypeError('a fault of ours')
    }
    const { changes } = reconciler.plan(wanted)
    await expect(reconciler.apply(changes, signal)).rejects.toThrow(TypeError)
    expect(() => reconciler.plan(wanted)).toThrow('nothing was read yet')
    expect(await reconciler.prepare(wanted, signal)).toBe(true)
  })
})
