import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { HealthState } from '../../src/core/health.ts'
import { outcome } from '../../src/core/outcome.ts'
import { initialHealth } from '../../src/health/machine.ts'
import { learnRtt, overdueMs } from '../../src/health/rtt.ts'

type Rtt = Pick<HealthState, 'srttMs' | 'rttvarMs' | 'rttSamples' | 'rttBackoff'>
const answered = (rttMs: number) => outcome('ok', { attempts: 1, rttMs })
const again = outcome('ok', { attempts: 2 })

function learnt(samples: readonly number[]): Rtt {
  return samples.reduce<Rtt>((so, rttMs) => learnRtt(so, answered(rttMs)), initialHealth(0))
}

test('the first sample and the next are smoothed as RFC 6298 section 2 says', () => {
  expect(learnt([100])).toEqual({ srttMs: 100, rttvarMs: 50, rttSamples: 1, rttBackoff: 0 })
  // RTTVAR = 3/4 * 50 + 1/4 * |100 - 140|, SRTT = 7/8 * 100 + 1/8 * 140.
  expect(learnt([100, 140])).toEqual({ srttMs: 105, rttvarMs: 47.5, rttSamples: 2, rttBackoff: 0 })
})

test('seven answers tell nothing yet, eight do', () => {
  expect(overdueMs(learnt(Array(7).fill(20)))).toBeUndefined()
  expect(overdueMs(learnt(Array(8).fill(20)))).toBeDefined()
})

test.each([
  { what: 'a path of 1 ms', samples: Array(30).fill(1), ms: 40 },
  { what: 'a path of 20 ms, whose queues may fill', samples: Array(30).fill(20), ms: 100 },
  { what: 'a path of 100 ms', samples: Array(30).fill(100), ms: 500 },
])('an answer is overdue after $ms ms on $what', ({ samples, ms }) => {
  expect(overdueMs(learnt(samples))).toBeCloseTo(ms, 6)
})

test('the last packet of a run waits for the path alone, not for a pause of the server besides', () => {
  expect(overdueMs(learnt(Array(30).fill(1)), 'closing')).toBe(20)
  expect(overdueMs(learnt(Array(30).fill(20)), 'closing')).toBeCloseTo(100, 6)
  expect(overdueMs(learnt(Array(7).fill(1)), 'closing')).toBeUndefined()
})

test('an answer to a retransmission is no sample (Karn) and doubles the time; one without ends that', () => {
  const calm = learnt(Array(10).fill(20))
  const doubled = learnRtt(learnRtt(calm, again), again)
  expect(doubled).toEqual({ ...calm, rttBackoff: 2 })
  expect(overdueMs(doubled)).toBeCloseTo(4 * (overdueMs(calm) ?? 0), 6)
  expect(overdueMs(learnRtt(doubled, answered(20)))).toBeCloseTo(100, 0)
})

test('the time doubles six times at the most', () => {
  const calm = learnt(Array(10).fill(20))
  const often = Array(40).fill(again).reduce<Rtt>(learnRtt, calm)
  expect(overdueMs(often)).toBeCloseTo(64 * (overdueMs(calm) ?? 0), 6)
})

test.each([-1, Number.NaN])('a round trip of %d ms is none', (rttMs) => {
  const calm = learnt(Array(10).fill(20))
  expect(learnRtt(calm, answered(rttMs))).toEqual(calm)
})

test('a path that grows ten times longer at once is learnt again, though every answer then comes after a retransmission', () => {
  let state = learnt(Array(20).fill(20))
  let retransmitted = 0
  for (let question = 0; question < 40; question++) {
    const late = 200 > (overdueMs(state) ?? 0)
    if (late) retransmitted++
    state = learnRtt(state, late ? again : answered(200))
  }
  expect(retransmitted).toBeLessThanOrEqual(4)
  expect(state.srttMs).toBeGreaterThan(190)
})

test('whatever comes, the estimate stays finite, positive and above its floor', () => {
  const seen = fc.record({
    rttMs: fc.option(fc.double({ min: 0, max: 60_000, noNaN: true }), { nil: undefined }),
    attempts: fc.integer({ min: 0, max: 3 }),
  })
  fc.assert(
    fc.property(fc.array(seen, { maxLength: 60 }), (history) => {
      let state: Rtt = initialHealth(0)
      for (const { rttMs, attempts } of history) {
        state = learnRtt(
          JSON.parse(JSON.stringify(state)),
          outcome('ok', { attempts, ...(rttMs === undefined ? {} : { rttMs }) }),
        )
        const ms = overdueMs(state)
        if (ms === undefined) continue
        expect(Number.isFinite(ms)).toBe(true)
        expect(ms).toBeGreaterThanOrEqual(40)
        expect(ms).toBeGreaterThanOrEqual(state.srttMs ?? 0)
      }
    }),
    { seed: 20261101, numRuns: 300 },
  )
})
