import { describe, expect, it } from 'vitest'
import type { MaxChange } from '../../../src/core/settings.ts'
import type { Change, CurrentSet } from '../../../src/publishers/providers/definition.ts'
import { Reconciler } from '../../../src/publishers/reconcile/reconciler.ts'
import { MemoryProvider, ROOMY } from '../../support/memory-provider.ts'
import { wantedOf } from '../../support/provider-driver.ts'
import { currentOf, markLine, ORIGIN, planOf } from './support.ts'

const signal = new AbortController().signal
const addresses = (count: number) =>
  Array.from({ length: count }, (_, at) => `sip1 IN A 192.0.2.${at + 1}`).join('\n')

const recordsOf = ({ before, after }: Change) => (before?.records.length ?? 0) + (after?.records.length ?? 0)

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

  it('is a set of an owner whose name begins with ours, or is the beginning of it', () => {
    for (const owner of ['ns10', 'ns']) {
      const current = `sip1 IN A 192.0.2.11\n${markLine('sip1', 'a', owner)}`
      for (const adopt of [false, true])
        expect(planOf('sip1 IN A 192.0.2.1', current, { adopt }).refusals).toMatchObject([
          { code: 'other-owner' },
        ])
      expect(planOf('', current)).toMatchObject({ changes: [], owned: 0 })
    }
  })

  it('is a set whose mark would stand beside a CNAME or below a delegation: the whole batch would fail for it', () => {
    for (const [obstacle, why] of [
      ['_sipvane-a.sip1 IN CNAME elsewhere', 'a CNAME is there'],
      ['_sipvane-a.sip1 IN NS ns.elsewhere', '_sipvane-a.sip1.voice.example.com. is delegated away'],
    ] as const) {
      const plan = planOf('sip1 IN A 192.0.2.1\nsip2 IN A 192.0.2.2', obstacle)
      expect(plan.refusals).toMatchObject([{ name: 'sip1.voice.example.com.', code: 'mark-blocked' }])
      expect(plan.refusals[0]?.message).toContain(
        `cannot be marked at _sipvane-a.sip1.voice.example.com.: ${why}`,
      )
      expect(plan.changes.map(({ group }) => group)).toEqual(Array(2).fill('sip2.voice.example.com.'))
    }
  })

  it('is a set that can be created, but would be too large to be replaced', () => {
    const limits = { ...ROOMY, batch: [{ unit: 'records', max: 5, cost: recordsOf }] }
    expect(planOf(addresses(2), '', { limits }).refusals).toEqual([])
    expect(planOf(addresses(3), '', { limits }).refusals).toMatchObject([
      { code: 'too-large', message: 'takes 6 records to replace; 5 fit into one request' },
    ])
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

describe('maxChange', () => {
  const hosts = (count: number, address = '192.0.2.1') =>
    Array.from({ length: count }, (_, at) => `h${at} IN A ${address}`)
  const marked = (count: number) =>
    hosts(count)
      .map((line, at) => `${line}\n${markLine(`h${at}`, 'a')}`)
      .join('\n')
  const moved = (count: number, of: number) =>
    [...hosts(count, '192.0.2.99'), ...hosts(of).slice(count)].join('\n')

  it('lets pass exactly what it allows, a part of a set rounded down', () => {
    const held = (count: number, maxChange: MaxChange) =>
      planOf(moved(count, 10), marked(10), { maxChange }).held !== undefined
    expect([3, 4].map((count) => held(count, { sets: 3 }))).toEqual([false, true])
    expect([3, 4].map((count) => held(count, { percent: 39 }))).toEqual([false, true])
  })

  it('says nothing of an operator where it would not have held anything', () => {
    const key = (name: string) => `${name}.${ORIGIN} A`
    const wanted = wantedOf(moved(3, 10), ORIGIN, 60)
    const word = (by: 'machine' | 'override', as: string) => [{ t: { by, as } }]
    const spoken = ['h0', 'h1', 'h2'].map((name) => [key(name), word('override', 'down')] as const)
    const before = ['h0', 'h1', 'h2'].map((name) => [key(name), word('machine', 'up')] as const)
    const rest = { wanted: { ...wanted, bases: new Map(spoken) }, settled: new Map(before) }
    expect(planOf('', marked(10), { ...rest, maxChange: { sets: 3 } }).passes).toBeUndefined()
    expect(planOf('', marked(10), { ...rest, maxChange: { sets: 2 } }).passes).toBeDefined()
  })

  it('is not needed from ten sets of ours on: then no more than 30 % may leave the configuration', () => {
    const left = (kept: number, of: number) => planOf(hosts(kept).join('\n'), marked(of)).held
    expect(left(5, 9)).toBeUndefined()
    expect(left(7, 10)).toBeUndefined()
    expect(left(6, 10)).toContain('4 of 10 record sets')
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
    // Each variant is a set of its own at the provider.
    const there = [...variants(2).sets, ...currentOf(markLine('sip1', 'a'))]
    expect(planOf('', there, { limits, wanted: variants(2) })).toMatchObject({ changes: [], owned: 2 })
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
