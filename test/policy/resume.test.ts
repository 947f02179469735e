import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PoolSettings } from '../../src/core/settings.ts'
import type { Status } from '../../src/core/verdict.ts'
import { decide, type PolicyState } from '../../src/policy/decide.ts'
import { movedPolicy, unwatched } from '../../src/policy/resume.ts'
import { briefly, poolOf, targetOf, verdictOf } from '../support/pool-sim.ts'

const START = 1_800_000_000_000
const YEAR = 365 * 86_400_000
const targets = ['a', 'b', 'c'].map((name, at) =>
  targetOf(name, { addresses: [`192.0.2.${at + 1}`], priority: at < 2 ? 10 : 20 }),
)

/** With everything that goes by time. */
const timed = poolOf(targets, {
  policy: 'weighted',
  slowStartMs: 90_000,
  handoverMs: 45_000,
  holdDownMs: 20_000,
  maxShiftPercent: 34,
  damping: { halfLifeMs: 60_000, suppress: 1500, reuse: 750, maxSuppressMs: 120_000 },
})

interface Moment {
  readonly stepMs: number
  readonly is: readonly Status[]
}

function play(pool: PoolSettings, story: readonly Moment[], startMs = START, start?: PolicyState) {
  let state = start
  let nowMs = startMs
  return story.map(({ stepMs, is }) => {
    nowMs += stepMs
    const verdicts = pool.targets.map((target, at) => verdictOf(target, is[at] ?? 'up'))
    const decided = decide(pool, 'options', verdicts, state, { nowMs, blind: false })
    state = decided.state
    const againInMs = decided.reviewAtMs === undefined ? undefined : decided.reviewAtMs - nowMs
    return { brief: briefly(decided.decision), againInMs, state: decided.state, nowMs }
  })
}

const moments = fc.array(
  fc.record({
    stepMs: fc.integer({ min: 0, max: 30_000 }),
    is: fc.array(fc.constantFrom<Status>('up', 'up', 'down', 'degraded'), { minLength: 3, maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 12 },
)

describe('what a policy remembers', () => {
  it('goes on as if nothing had been, when the clock it is told by was set', () => {
    fc.assert(
      fc.property(moments, moments, fc.constantFrom(-YEAR, -3_600_000, 7, YEAR), (before, after, byMs) => {
        const { state, nowMs } = play(timed, before).at(-1) ?? expect.fail()
        const told = ({ brief, againInMs }: ReturnType<typeof play>[number]) => ({ brief, againInMs })
        const moved = play(timed, after, nowMs + byMs, movedPolicy(state, byMs))
        expect(moved.map(told)).toEqual(play(timed, after, nowMs, state).map(told))
      }),
      { seed: 20261121, numRuns: 300 },
    )
  })

  it('is no time before the epoch, which could not be read back', () => {
    const { state } = play(timed, [{ stepMs: 0, is: ['up', 'down', 'up'] }]).at(-1) ?? expect.fail()
    expect(movedPolicy(state, -2 * START).tenures['edge/a']?.sinceMs).toBe(0)
  })

  it('counts no time in which nobody looked as time without a break: the failback delay goes on where it was', () => {
    const pool = poolOf(targets, { failback: { mode: 'auto', delayMs: 60_000 } })
    const story: Moment[] = [
      { stepMs: 0, is: ['down', 'down', 'up'] },
      { stepMs: 1_000, is: ['up', 'down', 'up'] },
      { stepMs: 50_000, is: ['up', 'down', 'up'] },
    ]
    const { state, nowMs } = play(pool, story).at(-1) ?? expect.fail()
    const awayMs = 3 * 86_400_000
    const then = [9_999, 1].map((stepMs): Moment => ({ stepMs, is: ['up', 'down', 'up'] }))
    const after = play(pool, then, nowMs + awayMs, unwatched(state, awayMs))
    expect(after.map(({ brief }) => brief)).toEqual([
      'failover A=c SRV=c@20:100,a@30:100',
      'normal A=a SRV=a@10:100,c@20:100',
    ])
  })
})
