import fc from 'fast-check'
import { expect, test } from 'vitest'
import { convicts, learnLoss, silentFall } from '../../src/health/loss.ts'

test.each([
  { loss: 0, attempts: 2, needed: 3 },
  // 0.0464 ** 6 is one in a hundred million.
  { loss: 0.046, attempts: 2, needed: 3 },
  { loss: 0.047, attempts: 2, needed: 4 },
  { loss: 0.3, attempts: 2, needed: 8 },
  { loss: 0.36, attempts: 2, needed: 10 },
  { loss: 0.36, attempts: 1, needed: 12 },
  { loss: 0.36, attempts: 7, needed: 3 },
  { loss: 0.9, attempts: 2, needed: 12 },
  { loss: 1, attempts: 2, needed: 12 },
  { loss: 1, attempts: 0, needed: 12 },
])('fall 3: at loss $loss, $attempts sent a question, silence convicts after $needed', (row) => {
  expect(silentFall(row.loss, row.attempts, 3)).toBe(row.needed)
})

test.each([
  { hard: 3, silent: 0, down: true },
  { hard: 2, silent: 0, down: false },
  { hard: 3, silent: 5, down: true },
  { hard: 0, silent: 7, down: false },
  { hard: 0, silent: 8, down: true },
  // Eight silent ones are needed: two hard ones are two thirds, so three silent ones are the last third.
  { hard: 2, silent: 2, down: false },
  { hard: 2, silent: 3, down: true },
  { hard: 1, silent: 5, down: false },
  { hard: 1, silent: 6, down: true },
])('fall 3 on a path that needs 8: $hard hard and $silent silent fails make down $down', (row) => {
  const { hard, silent, down } = row
  const run = { fails: hard + silent, hardFails: hard, unanswered: 2 * silent, loss: silent > 0 ? 0.3 : 0 }
  expect(convicts(run, 3)).toBe(down)
})

test('a first loss raises the estimate at once, and 46 clean answers take it back below the mark', () => {
  let loss = learnLoss(0, 1)
  expect(silentFall(loss, 2, 3)).toBe(8)
  let answers = 1
  for (; silentFall(loss, 2, 3) > 3; answers++) loss = learnLoss(loss, 0)
  expect(answers).toBe(46)
})

test('the estimate stays within 0 and 1, rises with loss and sinks with answers', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 1, max: 1000 }),
      (loss, lost) => {
        expect(learnLoss(loss, 0)).toBeLessThanOrEqual(loss)
        expect(learnLoss(loss, lost)).toBeGreaterThanOrEqual(learnLoss(loss, lost - 1))
        expect(learnLoss(loss, lost)).toBeLessThanOrEqual(1)
        expect(learnLoss(loss, lost)).toBeGreaterThan(0)
      },
    ),
    { seed: 20260803, numRuns: 500 },
  )
})

test('more loss never needs less silence, more fails never acquit, and the bounds hold', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true })
  const small = fc.integer({ min: 0, max: 40 })
  fc.assert(
    fc.property(share, share, small, small, fc.integer({ min: 1, max: 10 }), (a, b, hard, silent, fall) => {
      const [low, high] = a < b ? [a, b] : [b, a]
      expect(silentFall(high, 2, fall)).toBeGreaterThanOrEqual(silentFall(low, 2, fall))
      expect(silentFall(high, 2, fall)).toBeLessThanOrEqual(4 * fall)
      const run = { fails: hard + silent, hardFails: hard, unanswered: 2 * silent, loss: low }
      const longer = { ...run, fails: run.fails + 1, unanswered: run.unanswered + 2 }
      const harder = { ...run, fails: run.fails + 1, hardFails: hard + 1 }
      if (convicts(run, fall)) {
        expect(convicts(longer, fall)).toBe(true)
        expect(convicts(harder, fall)).toBe(true)
      }
      if (hard + silent < fall) expect(convicts(run, fall)).toBe(false)
    }),
    { seed: 20260804, numRuns: 1000 },
  )
})
