import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Outcome, outcome } from '../../src/core/outcome.ts'
import { nextDelayMs } from '../../src/health/cadence.ts'
import { initialHealth, step } from '../../src/health/machine.ts'

const probe = { intervalMs: 2000, fastIntervalMs: 400 }
const pass = outcome('ok', { attempts: 1 })
const fail = outcome('timeout', { attempts: 2 })
const no = outcome('refused', { attempts: 1 })
const busy = outcome('overload', { attempts: 1, retryAfterMs: 300_000 })
const ours = outcome('no-resources', { attempts: 0 })
const middle = { next: () => 0.5 }

function delayAfter(seen: readonly Outcome[], elapsedMs = 100, random = middle, rest = {}): number {
  const state = seen.reduce((so, each) => step(so, each, { rise: 2, fall: 3 }, 0), initialHealth(0))
  return nextDelayMs({ state, outcome: seen.at(-1) ?? pass, probe, elapsedMs, random, ...rest })
}

test.each([
  { seen: [pass], delayMs: 1900, because: 'all is well' },
  { seen: [fail], delayMs: 300, because: 'an unknown target has begun to fail' },
  { seen: [pass, fail], delayMs: 300, because: 'the first fail is to be confirmed' },
  { seen: [pass, fail, fail], delayMs: 300, because: 'it is not confirmed yet' },
  { seen: [pass, fail, fail, fail], delayMs: 1900, because: 'down is confirmed' },
  { seen: [pass, fail, fail, fail, fail], delayMs: 1900, because: 'a down target is not hurried' },
  { seen: [pass, fail, pass], delayMs: 1900, because: 'the fail was a single one' },
  { seen: [pass, fail, fail, fail, pass], delayMs: 300, because: 'the return is to be confirmed' },
  { seen: [pass, fail, fail, fail, pass, pass], delayMs: 1900, because: 'the return is confirmed' },
  { seen: [pass, no], delayMs: 100, because: 'a refusal is no loss that would have to be spread out' },
  { seen: [pass, fail, no], delayMs: 100, because: 'the last word counts' },
  { seen: [pass, no, no, no], delayMs: 1900, because: 'down is confirmed by refusals' },
  { seen: [pass, busy], delayMs: 100, because: 'a wish to drain is to be confirmed' },
  { seen: [pass, busy, busy, busy], delayMs: 1900, because: 'it drains' },
  { seen: [pass, busy, busy, busy, pass], delayMs: 1900, because: 'its drain has its time' },
  { seen: [pass, busy, busy, busy, fail], delayMs: 300, because: 'who drained may have died' },
  { seen: [pass, fail, ours], delayMs: 1900, because: 'our own fault is not asked away' },
])('next question after $delayMs ms, since $because', ({ seen, delayMs }) => {
  expect(delayAfter(seen)).toBeCloseTo(delayMs, 6)
})

test('a question that took longer than its period is followed at once', () => {
  expect(delayAfter([pass, fail], 500)).toBe(0)
  expect(delayAfter([pass], 5000)).toBe(0)
})

test('the interval strays by 5 % to either side, start to start, and is never exceeded by more', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.integer({ min: 0, max: 4000 }),
      (drawn, elapsedMs) => {
        const period = delayAfter([pass], elapsedMs, { next: () => drawn }) + elapsedMs
        expect(period).toBeGreaterThanOrEqual(Math.max(elapsedMs, 1900))
        expect(period).toBeLessThanOrEqual(Math.max(elapsedMs, 2100))
        const fast = delayAfter([pass, fail], elapsedMs, { next: () => drawn }) + elapsedMs
        expect(fast).toBeCloseTo(Math.max(elapsedMs, 400), 6)
      },
    ),
    { seed: 20260805, numRuns: 300 },
  )
})

test('a kept connection that broke is confirmed by refusals 50 ms apart, and by nothing else faster', () => {
  expect(delayAfter([pass, no], 1, middle, { tripped: true })).toBe(49)
  expect(delayAfter([pass, fail], 100, middle, { tripped: true })).toBeCloseTo(300, 6)
  expect(delayAfter([pass], 100, middle, { tripped: true })).toBeCloseTo(1900, 6)
})

test('a fast interval below those 50 ms is not lengthened to them', () => {
  const faster = { tripped: true, probe: { ...probe, fastIntervalMs: 20 } }
  expect(delayAfter([pass, no], 0, middle, faster)).toBe(20)
})

test('a target that is down is asked at the down interval, one that drains at the usual one', () => {
  const slow = { probe: { ...probe, downIntervalMs: 10_000 } }
  expect(delayAfter([pass, no, no, no], 0, middle, slow)).toBe(10_000)
  expect(delayAfter([pass, no, no, no, pass], 0, middle, slow)).toBe(400)
  expect(delayAfter([pass, busy, busy, busy], 0, middle, slow)).toBe(2000)
})

test('a fast interval longer than the interval never slows a confirmation down', () => {
  const state = step(initialHealth(0), fail, { rise: 2, fall: 3 }, 0)
  const slow = { intervalMs: 300, fastIntervalMs: 5000 }
  expect(nextDelayMs({ state, outcome: fail, probe: slow, elapsedMs: 0, random: middle })).toBe(300)
})

test.each([
  { seen: [pass, fail, fail, fail], delayMs: 9900, because: 'down is confirmed' },
  { seen: [pass, fail, fail, fail, ours], delayMs: 9900, because: 'our own fault changes nothing' },
  { seen: [pass, fail, fail, fail, pass], delayMs: 300, because: 'the return is to be confirmed' },
  {
    seen: [pass, fail, fail, fail, pass, ours],
    delayMs: 1900,
    because: 'its return waits for us, not for it',
  },
  { seen: [pass, fail, fail, fail, pass, pass], delayMs: 1900, because: 'it is back' },
  { seen: [pass, fail, fail], delayMs: 300, because: 'the death is to be confirmed' },
  { seen: [pass], delayMs: 1900, because: 'all is well' },
])('with a down interval of 10 s the next question comes after $delayMs ms, since $because', (given) => {
  const state = given.seen.reduce((so, each) => step(so, each, { rise: 2, fall: 3 }, 0), initialHealth(0))
  const input = { state, outcome: given.seen.at(-1) ?? pass, elapsedMs: 100, random: middle }
  expect(nextDelayMs({ ...input, probe: { ...probe, downIntervalMs: 10_000 } })).toBeCloseTo(given.delayMs, 6)
})
