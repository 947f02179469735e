import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { HealthState } from '../../src/core/health.ts'
import { type Outcome, outcome } from '../../src/core/outcome.ts'
import { budgetOf } from '../../src/health/budget.ts'
import { convicts } from '../../src/health/loss.ts'
import { initialHealth, step } from '../../src/health/machine.ts'

const probe = { timeoutMs: 1000, rise: 2, fall: 3 }
const silence = outcome('timeout', { attempts: 2 })
const refusal = outcome('refused', { attempts: 1 })
const pass = (rttMs: number) => outcome('ok', { attempts: 1, rttMs })

function after(rttMs: number, run: readonly Outcome[], fall = 3): HealthState {
  const seen = [...Array.from({ length: 20 }, () => pass(rttMs)), ...run]
  return seen.reduce((state, each, at) => step(state, each, { rise: 2, fall }, at), initialHealth(0))
}

test.each([
  { what: 'no run', run: [], budget: { timeoutMs: 450, retransmitMs: 40 } },
  {
    what: 'one silent fail: a slower server must be heard',
    run: [silence],
    budget: { timeoutMs: 1000, retransmitMs: 40 },
  },
  {
    what: 'two: the next one convicts',
    run: [silence, silence],
    budget: { timeoutMs: 40, retransmitMs: 20 },
  },
  { what: 'down', run: [silence, silence, silence], budget: { timeoutMs: 450, retransmitMs: 40 } },
  { what: 'one refusal', run: [refusal], budget: { timeoutMs: 1000, retransmitMs: 40 } },
])('on a path of 1 ms with $what', ({ run, budget }) => {
  expect(budgetOf(after(1, run), probe, 1)).toEqual(budget)
})

test('a path of 100 ms has the whole time-out, and half of it to the retransmission', () => {
  for (const run of [[], [silence], [silence, silence]]) {
    expect(budgetOf(after(100, run), probe, 1)).toEqual({ timeoutMs: 1000, retransmitMs: 500 })
  }
})

test('over a stream nothing is retransmitted early, and the closing question has time for a new connection', () => {
  expect(budgetOf(after(1, []), probe, 4)).toEqual({ timeoutMs: 640 })
  expect(budgetOf(after(1, [silence, silence]), probe, 2)).toEqual({ timeoutMs: 120 })
  expect(budgetOf(after(1, [silence, silence]), probe, 4)).toEqual({ timeoutMs: 200 })
})

test('where little is known of the path, or the kind has no round trip to tell of, the time-out stays as configured', () => {
  expect(budgetOf(initialHealth(0), probe, 1)).toEqual({ timeoutMs: 1000 })
  expect(budgetOf(after(1, [silence, silence]), probe, undefined)).toEqual({ timeoutMs: 1000 })
})

test('fall: 1 always waits the whole time-out: there is no second question', () => {
  expect(budgetOf(after(1, [], 1), { timeoutMs: 1000, fall: 1 }, 1).timeoutMs).toBe(1000)
})

test('on a lossy path the long run of questions is not cut short before its last one', () => {
  let state = after(1, [silence, pass(1)])
  const waits: number[] = []
  while (state.status !== 'down') {
    waits.push(budgetOf(state, probe, 1).timeoutMs)
    state = step(state, silence, probe, 0)
  }
  expect(waits.length).toBeGreaterThan(3)
  expect(waits.slice(1, -1).every((ms) => ms >= 450)).toBe(true)
  expect(waits.at(-1)).toBe(40)
})

test('no run of silence takes a target down without one question that waited the whole time-out', () => {
  const rtts = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 0, maxLength: 30 })
  const settings = fc.record({
    timeoutMs: fc.integer({ min: 10, max: 5000 }),
    fall: fc.integer({ min: 1, max: 6 }),
  })
  fc.assert(
    fc.property(
      rtts,
      settings,
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 0, max: 5 }),
      (path, given, trips, lost) => {
        const limits = { rise: 2, fall: given.fall }
        let state = path.reduce((so, rttMs) => step(so, pass(rttMs), limits, 0), initialHealth(0))
        for (let at = 0; at < lost; at++) state = step(state, outcome('ok', { attempts: 2 }), limits, 0)
        let longest = 0
        while (state.status !== 'down') {
          const { timeoutMs, retransmitMs } = budgetOf(state, given, trips)
          expect(timeoutMs).toBeGreaterThan(0)
          expect(timeoutMs).toBeLessThanOrEqual(given.timeoutMs)
          if (retransmitMs !== undefined) expect(retransmitMs).toBeLessThanOrEqual(timeoutMs / 2)
          longest = Math.max(longest, timeoutMs)
          state = step(state, silence, limits, 0)
        }
        expect(convicts(state, given.fall)).toBe(true)
        expect(longest).toBe(given.timeoutMs)
      },
    ),
    { seed: 20261102, numRuns: 500 },
  )
})
