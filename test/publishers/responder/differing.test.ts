import fc from 'fast-check'
import { expect, test } from 'vitest'
import { differing } from '../../../src/publishers/responder/differing.ts'

const map = (text: string) => new Map(text.split(' ').map((entry) => [entry[0], entry[1]] as const))

test.each([
  { before: 'a1 b1 c1', after: 'a1 b2 c1', found: ['b'] },
  { before: 'a1 b1 c1', after: 'a1 b1 c1', found: [] },
  { before: 'a1 b1', after: 'a2 b2', found: ['a', 'b'] },
  { before: 'a1 b1', after: 'b1 a1', found: undefined },
  { before: 'a1 b1', after: 'a1 c1', found: undefined },
  { before: 'a1 b1', after: 'a1 b1 c1', found: undefined },
  { before: 'a1 b1 c1', after: 'a1 b1', found: undefined },
])('from $before to $after: $found', ({ before, after, found }) => {
  expect(differing(map(before), map(after))).toEqual(found)
})

test('what it finds is all that differs', () => {
  const values = fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 20 })
  fc.assert(
    fc.property(values, values, (one, other) => {
      const before = new Map(one.map((value, at) => [at, value]))
      const after = new Map(one.map((value, at) => [at, other[at] ?? value]))
      const shall = [...after.keys()].filter((at) => before.get(at) !== after.get(at))
      expect(differing(before, after)).toEqual(shall)
    }),
    { seed: 5 },
  )
})
