import { expect, test } from 'vitest'
import type { HealthState } from '../../src/core/health.ts'
import { type Outcome, outcome } from '../../src/core/outcome.ts'
import { initialHealth, step } from '../../src/health/machine.ts'

const THRESHOLDS = { rise: 2, fall: 3 }
const pass = outcome('ok', { attempts: 1 })
const silence = outcome('timeout', { attempts: 2 })
const refusal = outcome('refused', { attempts: 1 })
const busy = (seconds: number) =>
  outcome('overload', { attempts: 1, status: 503, retryAfterMs: seconds * 1000 })
const UP = [pass, pass]
const DRAINS = [...UP, busy(300), busy(300), busy(300)]

/** One outcome a second. */
function after(seen: readonly Outcome[], from = initialHealth(0), startS = 0): HealthState {
  return seen.reduce((state, each, at) => step(state, each, THRESHOLDS, (startS + at + 1) * 1000), from)
}

test('503 with Retry-After drains once it is confirmed, for the time the last one told', () => {
  expect(after([...UP, busy(300), busy(300)]).drainUntilMs).toBeUndefined()
  expect(after(DRAINS)).toMatchObject({ status: 'down', drainUntilMs: 305_000, fails: 0, sinceMs: 5000 })
  expect(after([busy(60)], after(DRAINS), 100)).toMatchObject({ drainUntilMs: 161_000, sinceMs: 5000 })
})

test('an hour is the longest, whatever the server asks for', () => {
  const state = after([...UP, busy(86_400), busy(86_400), busy(86_400)])
  expect(state.drainUntilMs).toBe(5000 + 3_600_000)
})

test('503 without Retry-After is death, as RFC 3263 section 4.3 has clients take it', () => {
  const plain = outcome('bad-status', { attempts: 1, status: 503 })
  const state = after([...UP, plain, plain, plain])
  expect(state.status).toBe('down')
  expect(state).not.toHaveProperty('drainUntilMs')
})

test.each([
  { what: 'its time is over and rise passes came', passes: 2, atS: 400, status: 'up' },
  { what: 'its time is over and one pass came', passes: 1, atS: 400, status: 'down' },
  { what: 'its time runs and nine passes came', passes: 9, atS: 10, status: 'down' },
  { what: 'its time runs and ten passes came: five times rise', passes: 10, atS: 10, status: 'up' },
])('when $what, it is $status', ({ passes, atS, status }) => {
  const state = after(Array(passes).fill(pass), after(DRAINS), atS)
  expect(state.status).toBe(status)
  expect(state.drainUntilMs === undefined).toBe(status === 'up')
})

test('a drain ends at the moment it named, not after it', () => {
  const state = after([pass], after(DRAINS), 302)
  expect(step(state, pass, THRESHOLDS, 304_999).status).toBe('down')
  expect(step(state, pass, THRESHOLDS, 305_000).status).toBe('up')
})

test('Retry-After beside anything but a 503 asks for no drain', () => {
  const busyHere = outcome('bad-status', { attempts: 1, status: 480, retryAfterMs: 60_000 })
  const state = after([...UP, busyHere, busyHere, busyHere])
  expect(state.status).toBe('down')
  expect(state).not.toHaveProperty('drainUntilMs')
})

test('a server at its limit that answers 200 and 503 by turns keeps draining', () => {
  let state = after(DRAINS)
  for (let atS = 5; atS < 600; atS += 5) {
    state = after([pass, pass, pass, pass, busy(300)], state, atS)
    expect(state.drainUntilMs).toBeDefined()
  }
  expect(state.changes).toBe(1)
})

test.each([
  { what: 'silence', by: silence },
  { what: 'refusals', by: refusal },
])('who dies of $what while draining is dead, no longer drained', ({ by }) => {
  expect(after([by, by], after(DRAINS), 10).drainUntilMs).toBeDefined()
  const dead = after([by, by, by], after(DRAINS), 10)
  expect(dead).toMatchObject({ status: 'down', sinceMs: 13_000 })
  expect(dead).not.toHaveProperty('drainUntilMs')
})

test('a dead server that comes back asking for no new calls drains: it lives', () => {
  const dead = after([...UP, refusal, refusal, refusal])
  expect(after([busy(120)], dead, 20)).toMatchObject({
    status: 'down',
    drainUntilMs: 141_000,
    sinceMs: 21_000,
    fails: 0,
  })
})

test('a drain survives JSON', () => {
  const state = after(DRAINS)
  expect(step(JSON.parse(JSON.stringify(state)), pass, THRESHOLDS, 9000)).toEqual(
    step(state, pass, THRESHOLDS, 9000),
  )
})
