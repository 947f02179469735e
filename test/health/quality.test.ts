import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { HealthState, QualityLimits } from '../../src/core/health.ts'
import { type Outcome, outcome, type Sample } from '../../src/core/outcome.ts'
import { initialHealth, step } from '../../src/health/machine.ts'
import { figuresOf } from '../../src/health/quality-window.ts'

const LIMITS: QualityLimits = { loss: 0.1, latencyMs: 150, jitterMs: 30, windowMs: 30_000 }

/** One outcome a second, each a pass of so many milliseconds; `x`: silence, `r`: refused, `2`: a pass at the second try. */
function learnt(
  story: readonly (number | 'x' | 'r' | '2')[],
  limits = LIMITS,
  from = { state: initialHealth(0), atMs: 0 },
): HealthState {
  let { state, atMs } = from
  for (const each of story) {
    const seen =
      each === 'x'
        ? outcome('timeout', { attempts: 1 })
        : each === 'r'
          ? outcome('refused', { attempts: 1 })
          : each === '2'
            ? outcome('ok', { attempts: 2 })
            : outcome('ok', { attempts: 1, rttMs: each })
    state = step(state, seen, { rise: 2, fall: 3, quality: limits }, atMs)
    atMs += 1000
  }
  return state
}

const times = <T>(n: number, value: T): T[] => Array<T>(n).fill(value)

describe('the quality of a path', () => {
  test.each<[string, readonly (number | 'x' | 'r' | '2')[], string | undefined]>([
    ['is good where all is', times(40, 20), undefined],
    ['says nothing after nine slow answers', times(9, 200), undefined],
    ['is poor after ten', times(10, 200), 'latency 200 ms, more than 150 ms'],
    ['is good exactly at the limit', times(40, 150), undefined],
    ['one lost packet of eleven is no loss', [...times(5, 20), 'x', ...times(5, 20)], undefined],
    ['silence counts when an answer comes after it', [...times(10, 20), 'x', 'x'], undefined],
    ['two of thirteen', [...times(10, 20), 'x', 'x', 20], 'loss 15.4 % (2 of 13), more than 10 %'],
    [
      'a retransmission is a lost packet',
      [...times(9, 20), '2', '2'],
      'loss 15.4 % (2 of 13), more than 10 %',
    ],
    ['a refusal is an answer', [...times(10, 20), 'r', 'r', 20], undefined],
    [
      'unsteady answers are jitter',
      times(12, 0).map((_, at) => (at % 2 === 0 ? 20 : 60)),
      'jitter 40 ms, more than 30 ms',
    ],
    [
      'a cut that was told by down is no loss as well',
      [...times(10, 20), 'x', 'x', 'x', ...times(10, 20)],
      undefined,
    ],
    ['slow and steady is no jitter', times(40, 149), undefined],
  ])('%s', (_, story, what) => {
    const state = learnt(story)
    expect(state.poor?.what).toBe(what)
    expect(state.status).toBe('up')
  })

  test('an outage is no loss: neither before it convicts nor after it', () => {
    const dead = learnt([...times(20, 20), ...times(40, 'x' as const)])
    expect(dead.status).toBe('down')
    expect(dead.poor).toBeUndefined()
    const back = learnt(times(20, 20), LIMITS, { state: dead, atMs: 60_000 })
    expect(back).toMatchObject({ status: 'up' })
    expect(back.poor).toBeUndefined()
  })

  test('ends after a whole window of clear quiet, and not before', () => {
    const poor = learnt(times(30, 200))
    // The mean of the window sinks below 80 % of the limit, then a whole window passes.
    const path = times(75, 20).map((_, at) =>
      learnt(times(at + 1, 20), LIMITS, { state: poor, atMs: 30_000 }),
    )
    const endedAt = path.findIndex((state) => state.poor === undefined)
    const quietAt = path.findIndex((state) => state.poor?.quietSinceMs !== undefined)
    expect(quietAt).toBeGreaterThan(8)
    expect(endedAt - quietAt).toBe(30)
  })

  test('between 80 % and the limit nothing begins and nothing ends', () => {
    expect(learnt(times(300, 140)).poor).toBeUndefined()
    const poor = learnt(times(30, 200))
    expect(learnt(times(600, 140), LIMITS, { state: poor, atMs: 30_000 }).poor).toEqual({
      what: 'latency 200 ms, more than 150 ms',
    })
  })

  test('goes when its limits are taken out of the configuration', () => {
    const poor = learnt(times(30, 200))
    const next = step(poor, outcome('ok', { attempts: 1, rttMs: 200 }), { rise: 2, fall: 3 }, 31_000)
    expect(next.poor).toBeUndefined()
    expect(next.quality).toBeUndefined()
  })

  test('of several hosts the best that are needed speak for the link, one dead host spoils nothing', () => {
    const limits = { loss: 0.1, latencyMs: 150, windowMs: 30_000 }
    const say = (quorum: number): string | undefined => {
      let state = initialHealth(0)
      for (let second = 0; second < 30; second++) {
        const samples: Sample[] = [
          { host: 'near', sent: 1, answered: true, rttMs: 20 },
          { host: 'far', sent: 1, answered: true, rttMs: 180 },
          { host: 'dead', sent: 1, answered: false },
        ]
        const seen = outcome('ok', { attempts: 1, rttMs: 20, samples })
        state = step(state, seen, { rise: 2, fall: 3, quality: limits, quorum }, second * 1000)
      }
      return state.poor?.what
    }
    expect(say(1)).toBeUndefined()
    expect(say(2)).toBe('latency 180 ms, more than 150 ms')
  })
})

test('whatever comes, the window stays small and its figures are figures (400 runs, seed 7)', () => {
  const seen: fc.Arbitrary<Outcome> = fc.oneof(
    fc
      .record({ attempts: fc.nat(5), rttMs: fc.double({ min: 0, max: 1e6, noNaN: true }) })
      .map((rest) => outcome('ok', rest)),
    fc.constant(outcome('timeout', { attempts: 2 })),
    fc.constant(outcome('no-route', { attempts: 0 })),
    fc
      .array(fc.record({ host: fc.string({ maxLength: 3 }), sent: fc.nat(3), answered: fc.boolean() }), {
        maxLength: 40,
      })
      .map((samples) => outcome('ok', { attempts: 1, samples })),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(seen, fc.nat(4000)), { maxLength: 200 }), (steps) => {
      let state = initialHealth(0)
      let atMs = 0
      for (const [each, pauseMs] of steps) {
        atMs += pauseMs
        state = step(state, each, { rise: 2, fall: 3, quality: LIMITS }, atMs)
        const figures = figuresOf(state.quality ?? [], LIMITS, 1, atMs)
        for (const value of Object.values(figures ?? {})) expect(value).toBeGreaterThanOrEqual(0)
        expect(figures?.loss ?? 0).toBeLessThanOrEqual(1)
        expect(state.quality?.length ?? 0).toBeLessThanOrEqual(32)
        for (const { slots } of state.quality ?? []) expect(slots.length).toBeLessThanOrEqual(11)
      }
    }),
    { numRuns: 400, seed: 7 },
  )
})

describe('a path that was poor', () => {
  const poorBy = (story: Parameters<typeof learnt>[0]) => learnt(story, { ...LIMITS, windowMs: 10_000 })

  test('is well again with its latency clearly below the limit, whatever share of it that is', () => {
    const slow = times(20, 200)
    expect(poorBy([...slow, ...times(40, 110)]).poor).toBeUndefined()
    expect(poorBy([...slow, ...times(40, 130)]).poor?.what).toContain('latency')
  })

  test('stays poor with its jitter just below the limit', () => {
    const swing = (n: number, ms: number) => times(n, 0).map((_, at) => (at % 2 === 0 ? 20 : 20 + ms))
    expect(poorBy([...swing(20, 40), ...swing(60, 27)]).poor?.what).toContain('jitter')
    expect(poorBy([...swing(20, 40), ...swing(60, 20)]).poor).toBeUndefined()
  })

  test('begins its quiet anew where too little was known meanwhile', () => {
    const quiet = poorBy([...times(20, 200), ...times(12, 20)])
    expect(quiet.poor?.quietSinceMs).toBeDefined()
    const late = step(
      quiet,
      outcome('ok', { attempts: 1, rttMs: 20 }),
      { rise: 2, fall: 3, quality: { ...LIMITS, windowMs: 10_000 } },
      500_000,
    )
    expect(late.poor).toEqual({ what: quiet.poor?.what })
  })
})
