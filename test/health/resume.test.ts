import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HealthState } from '../../src/core/health.ts'
import { type Outcome, outcome } from '../../src/core/outcome.ts'
import { initialHealth, step } from '../../src/health/machine.ts'
import { movedHealth } from '../../src/health/resume.ts'

const START = 1_800_000_000_000
const YEAR = 365 * 86_400_000
const THRESHOLDS = { rise: 2, fall: 2, quality: { latencyMs: 50, windowMs: 10_000 } }

const outcomes = fc.array(
  fc.constantFrom<Outcome>(
    outcome('ok', { attempts: 1, rttMs: 5 }),
    outcome('ok', { attempts: 2, rttMs: 900 }),
    outcome('timeout', { attempts: 2 }),
    outcome('refused', { attempts: 1 }),
    outcome('overload', { attempts: 1, retryAfterMs: 9_000 }),
    outcome('no-route', { attempts: 0 }),
  ),
  { minLength: 1, maxLength: 30 },
)

/** As a restart keeps it: without the windows of quality and what the last answer may take back. */
function kept({ quality: _, lossDoubt: _1, ...state }: HealthState): HealthState {
  return state
}

function play(state: HealthState, story: readonly Outcome[], fromMs: number): HealthState {
  return story.reduce((now, seen, at) => step(now, seen, THRESHOLDS, fromMs + (at + 1) * 1000), state)
}

describe('health that was kept', () => {
  it('goes on as if nothing had been, when the clock it is told by was set', () => {
    fc.assert(
      fc.property(outcomes, outcomes, fc.constantFrom(-YEAR, -3_600_000, 7, YEAR), (before, after, byMs) => {
        const state = kept(play(initialHealth(START), before, START))
        const nowMs = START + before.length * 1000
        const moved = kept(play(movedHealth(state, byMs), after, nowMs + byMs))
        expect(moved).toEqual(movedHealth(kept(play(state, after, nowMs)), byMs))
      }),
      { seed: 20261122, numRuns: 300 },
    )
  })

  it('has no instant before the epoch', () => {
    expect(movedHealth(initialHealth(START), -2 * START).sinceMs).toBe(0)
  })
})
