import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { difference, PagedMap } from '../../src/core/paged-map.ts'

const numbered = (count: number) => new Map(Array.from({ length: count }, (_, at) => [`zone${at}`, at]))

describe('a map in pages', () => {
  it('has the entries of the map that it was made of, in order, and no other', () => {
    const map = numbered(300)
    const paged = PagedMap.of(map)
    expect([...paged]).toEqual([...map])
    expect([...paged.keys()]).toEqual([...map.keys()])
    expect([...paged.values()]).toEqual([...map.values()])
    const visited: unknown[] = []
    paged.forEach((value, key) => {
      visited.push([key, value])
    })
    expect(visited).toEqual([...map])
    expect(paged.size).toBe(300)
    expect([paged.get('zone299'), paged.get('zone300')]).toEqual([299, undefined])
    expect([paged.has('zone299'), paged.has('zone300')]).toEqual([true, false])
  })

  it('stays as it is when its source or a successor moves', () => {
    const map = numbered(3)
    const paged = PagedMap.of(map)
    map.clear()
    const next = paged.with(new Map([['zone1', 10]]))
    expect([...paged.values()]).toEqual([0, 1, 2])
    expect([...next.values()]).toEqual([0, 10, 2])
  })

  it('is itself where nothing is to be made', () => {
    const paged = PagedMap.of(numbered(3))
    expect(PagedMap.of(paged)).toBe(paged)
    expect(paged.with(new Map())).toBe(paged)
  })

  it('tells what moved from its predecessors, and of a stranger that it cannot', () => {
    const first = PagedMap.of(numbered(1_000))
    const second = first.with(new Map(Object.entries({ zone5: -1, zone900: -1 })))
    const third = second.with(new Map(Object.entries({ zone6: -1, zone5: 5 })))
    expect(second.changedSince(first)).toEqual(['zone5', 'zone900'])
    expect(third.changedSince(first)).toEqual(['zone6', 'zone900'])
    expect(first.changedSince(third)).toEqual(['zone6', 'zone900'])
    expect(third.changedSince(third)).toEqual([])
    expect(third.changedSince(PagedMap.of(numbered(1_000)))).toBeUndefined()
  })
})

const map = (text: string) => new Map(text.split(' ').map((entry) => [entry[0], entry[1]] as const))

test.each([
  { before: 'a1 b1 c1', after: 'a1 b2 c1', changed: ['b'], gone: [] },
  { before: 'a1 b1 c1', after: 'a1 b1 c1', changed: [], gone: [] },
  { before: 'a1 b1', after: 'b1 a1', changed: [], gone: [] },
  { before: 'a1 b1', after: 'a1 c1', changed: ['c'], gone: ['b'] },
  { before: 'a1', after: 'a2 b1', changed: ['a', 'b'], gone: [] },
])('from $before to $after: $changed changed, $gone gone', ({ before, after, changed, gone }) => {
  expect(difference(map(before), map(after))).toEqual({ changed, gone })
  expect(difference(PagedMap.of(map(before)), PagedMap.of(map(after)))).toEqual({ changed, gone })
})

test('any row of changes makes what a plain map would, and the difference is all that differs', () => {
  const change = fc.array(fc.tuple(fc.integer({ min: 0, max: 399 }), fc.integer({ min: 0, max: 3 })), {
    maxLength: 6,
  })
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 390 }), fc.array(change, { maxLength: 5 }), (count, changes) => {
      const model = new Map(Array.from({ length: count }, (_, at) => [at, 0]))
      let paged = PagedMap.of(model)
      for (const each of changes) {
        const before = new Map(model)
        const last = paged
        paged = paged.with(new Map(each))
        for (const [key, value] of each) model.set(key, value)
        expect([...paged]).toEqual([...model])
        const differs = [...model.keys()].filter((key) => model.get(key) !== before.get(key))
        expect(difference(last, paged)).toEqual({ changed: differs, gone: [] })
      }
    }),
    { seed: 20261121, numRuns: 300 },
  )
})

test('a key that is new is a change though it has no value yet', () => {
  const before = new Map<string, number | undefined>([['a', 1]])
  expect(difference(before, new Map([...before, ['b', undefined]]))).toEqual({ changed: ['b'], gone: [] })
})
