import { expect, test } from 'vitest'
import { statusMatcher, statusRange } from '../../src/probes/expected-statuses.ts'

test('a code, a range and a class each match their own', () => {
  const matches = statusMatcher([200, '404', '480-488', '6xx'])
  for (const status of [200, 404, 480, 488, 600, 699]) expect(matches(status)).toBe(true)
  for (const status of [201, 403, 479, 489, 599, 299]) expect(matches(status)).toBe(false)
})

test.each(['', '20', '2000', '1xx', '7xx', '299-200', '200-', '2x', '200,404', 199, 700, 200.5])(
  '%j is no final status',
  (pattern) => {
    expect(statusRange(pattern)).toBeUndefined()
    expect(() => statusMatcher([pattern])).toThrow(RangeError)
  },
)
