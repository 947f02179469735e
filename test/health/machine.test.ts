import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { HealthState } from '../../src/core/health.ts'
import { type Outcome, outcome, REASONS, type ReasonCode } from '../../src/core/outcome.ts'
import { silentFallOf } from '../../src/health/loss.ts'
import { initialHealth, step } from '../../src/health/machine.ts'

const THRESHOLDS = { rise: 2, fall: 3 }
const pass = outcome('ok', { attempts: 1 })
const silence = outcome('timeout', { attempts: 2 })
const refusal = outcome('refused', { attempts: 1 })
const ours = outcome('no-route', { attempts: 0 })

function after(outcomes: readonly Outcome[], from = initialHealth(0), thresholds = THRESHOLDS): HealthState {
  return outcomes.reduce((state, each, at) => step(state, each, thresholds, (at + 1) * 1000), from)
}

test.each([
  { seen: [], status: 'unknown' },
  { seen: [pass], status: 'up' },
  { seen: [silence, silence], status: 'unknown' },
  { seen: [silence, silence, silence], status: 'down' },
  { seen: [refusal, refusal, refusal], status: 'down' },
  { seen: [pass, refusal, silence], status: 'up' },
  { seen: [pass, refusal, silence, refusal], status: 'down' },
  { seen: [pass, refusal, refusal, pass, refusal, refusal], status: 'up' },
  { seen: [refusal, refusal, refusal, pass], status: 'down' },
  { seen: [refusal, refusal, refusal, pass, pass], status: 'up' },
  { seen: [refusal, refusal, refusal, pass, refusal, pass], status: 'down' },
  { seen: [refusal, ours, refusal, ours, ours, refusal], status: 'down' },
  { seen: [ours, ours, ours, ours, ours], status: 'unknown' },
])('rise 2, fall 3: $seen.length outcomes make $status', ({ seen, status }) => {
  expect(after(seen).status).toBe(status)
})

test('silence without a packet of ours (a report that did not come) is one that went unanswered', () => {
  const missing = outcome('report-missing', { attempts: 0 })
  expect(after([pass, missing, missing])).toMatchObject({ fails: 2, unanswered: 2 })
})

test('what is ours is kept as the last outcome and changes nothing else', () => {
  const before = after([pass, refusal])
  const next = step(before, ours, THRESHOLDS, 9000)
  expect(next).toEqual({ ...before, last: ours, lastAtMs: 9000 })
})

test('a run remembers when it began, how much of it is proof and how many packets went unanswered', () => {
  const run = after([pass, silence, refusal, silence])
  expect(run).toMatchObject({ fails: 3, hardFails: 1, unanswered: 4, passes: 0 })
  expect(run).toMatchObject({ failingSinceMs: 2000, heardAtMs: 3000, lastAtMs: 4000 })
  const over = step(run, pass, THRESHOLDS, 5000)
  expect(over).toMatchObject({ fails: 0, hardFails: 0, unanswered: 0, passes: 1, heardAtMs: 5000 })
  expect(over).not.toHaveProperty('failingSinceMs')
})

test('changes counts moves between up and down, and sinceMs is the time of the last move', () => {
  const seen = [pass, refusal, refusal, refusal, pass, pass, refusal, refusal, refusal]
  expect(after(seen)).toMatchObject({ status: 'down', changes: 3, sinceMs: 9000 })
  expect(after([refusal, refusal, refusal])).toMatchObject({ status: 'down', changes: 0, sinceMs: 3000 })
})

test('silence that ended before it convicted teaches loss; an outage teaches nothing', () => {
  expect(after([pass, silence, silence, pass]).loss).toBeGreaterThan(0.4)
  expect(after([pass, silence, silence, silence, pass, pass])).toMatchObject({ status: 'up', loss: 0 })
  expect(after([pass, refusal, refusal, pass]).loss).toBe(0)
})

test('a question that the end of an outage answered at its second transmission teaches nothing; the next one does', () => {
  const late = outcome('ok', { attempts: 2 })
  const dead = after([pass, silence, silence, silence])
  expect(step(dead, late, THRESHOLDS, 5000)).toMatchObject({ status: 'down', passes: 1, loss: 0 })
  expect(after([late, pass], dead)).toMatchObject({ status: 'up', loss: 0 })
  expect(after([pass, silence, late, pass], dead)).toMatchObject({ status: 'up', loss: 0 })
  // Then it is the path.
  expect(after([pass, late], dead).loss).toBeGreaterThan(0.2)
  expect(after([late, late], dead).loss).toBeGreaterThan(0.2)
})

const reasons = fc.constantFrom(...(Object.keys(REASONS) as ReasonCode[]))
const outcomes = fc.record({ reason: reasons, attempts: fc.integer({ min: 0, max: 5 }) })
const runs = fc.array(outcomes, { maxLength: 80 })
const thresholds = fc.record({ rise: fc.integer({ min: 1, max: 6 }), fall: fc.integer({ min: 1, max: 6 }) })

test('over any history: rise and fall hold, counters agree, and the state survives JSON', () => {
  fc.assert(
    fc.property(runs, thresholds, (history, limits) => {
      let state = initialHealth(0)
      // A plain model of the rules, without the machine's own bookkeeping.
      let passes = 0
      let fails = 0
      let hard = 0
      history.forEach(({ reason, attempts }, at) => {
        const before = state
        const seen = outcome(reason, { attempts })
        state = step(JSON.parse(JSON.stringify(before)), seen, limits, at + 1)
        if (seen.result === 'pass') [passes, fails, hard] = [passes + 1, 0, 0]
        if (seen.result === 'fail') {
          passes = 0
          fails += 1
          hard += REASONS[reason] === 'hard' ? 1 : 0
        }
        expect(state).toMatchObject({ passes, fails, hardFails: hard })
        expect(state.loss).toBeGreaterThanOrEqual(0)
        expect(state.loss).toBeLessThan(1)
        if (seen.result === 'inconclusive') expect(state.status).toBe(before.status)
        if (before.status !== 'up' && state.status === 'up') {
          expect(passes).toBeGreaterThanOrEqual(before.status === 'unknown' ? 1 : limits.rise)
        }
        if (before.status === 'down' && passes >= limits.rise) expect(state.status).toBe('up')
        if (before.status !== 'down' && state.status === 'down') {
          expect(fails).toBeGreaterThanOrEqual(limits.fall)
        }
        if (hard >= limits.fall || fails >= 4 * limits.fall) expect(state.status).toBe('down')
        if (fails >= limits.fall && hard === 0 && silentFallOf(state, limits.fall) <= fails) {
          expect(state.status).toBe('down')
        }
        expect(state.sinceMs).toBe(state.status === before.status ? before.sinceMs : at + 1)
      })
    }),
    { seed: 20260801, numRuns: 500 },
  )
})

test('on a path that never lost anything, any `fall` fails in a row move the verdict, and no fewer', () => {
  const fails = fc.array(fc.constantFrom(silence, refusal), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(fails, fc.integer({ min: 1, max: 8 }), (run, fall) => {
      const state = after([pass, ...run], initialHealth(0), { rise: 2, fall })
      expect(state.status).toBe(run.length >= fall ? 'down' : 'up')
    }),
    { seed: 20260802, numRuns: 300 },
  )
})
