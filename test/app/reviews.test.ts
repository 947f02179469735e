import { expect, it } from 'vitest'
import { earlier, Reviews } from '../../src/app/reviews.ts'
import { VirtualTime } from '../support/virtual-time.ts'

function set() {
  const time = new VirtualTime(1000)
  const due: string[] = []
  const reviews = new Reviews(time, (pool) => due.push(`${pool} ${time.nowMs()}`))
  return { time, due, reviews }
}

it('a review comes once, when it was last planned for', async () => {
  const { time, due, reviews } = set()
  reviews.plan('edge', 1500, 1000)
  reviews.plan('edge', 1200, 1000)
  reviews.plan('trunks', 1300, 1000)
  await time.advance(1000)
  expect(due).toEqual(['edge 1200', 'trunks 1300'])
})

it('a review that has nothing to wait for any more does not come', async () => {
  const { time, due, reviews } = set()
  reviews.plan('edge', 1500, 1000)
  reviews.plan('edge', undefined, 1000)
  await time.advance(1000)
  expect(due).toEqual([])
})

it('a moment that has passed is due at the next turn, not at once', async () => {
  const { time, due, reviews } = set()
  reviews.plan('edge', 900, 1000)
  expect(due).toEqual([])
  await time.advance(1)
  expect(due).toEqual(['edge 1001'])
})

it('pools that left are not reviewed, and after the end nobody is', async () => {
  const { time, due, reviews } = set()
  for (const pool of ['gone', 'edge']) reviews.plan(pool, 1500, 1000)
  reviews.keepOnly(new Set(['edge']))
  await time.advance(500)
  expect(due).toEqual(['edge 1500'])
  reviews.plan('edge', 1700, 1500)
  reviews.stop()
  expect(time.pending).toBe(0)
})

it('of two moments the earlier one counts, and one that never comes not at all', () => {
  expect(earlier(2, 1)).toBe(1)
  expect(earlier(undefined, 1)).toBe(1)
  expect(earlier(2, undefined)).toBe(2)
  expect(earlier(undefined, undefined)).toBeUndefined()
})
