import { expect, test } from 'vitest'
import type { QualityLimits } from '../../src/core/health.ts'
import { Fleet } from '../support/fleet.ts'
import type { Path } from '../support/fleet-line.ts'
import { poolOf, probeOf, targetOf } from '../support/pool-sim.ts'

/** Two links, the better one under limits of quality; interval 1 s, time-out 500 ms, fall 3, failback after a minute. */
const LIMITS: QualityLimits = { loss: 0.05, latencyMs: 150, jitterMs: 30, windowMs: 30_000 }
/** Twelve intervals. */
const SHORTEST_MS = 12_000
const GOOD: Path = { loss: 0, rttMs: 20, jitterMs: 0 }

function office(seed: number, limits = LIMITS): Fleet {
  const links = [
    targetOf('fibre', { addresses: ['203.0.113.9'], priority: 10 }),
    targetOf('lte', { addresses: ['198.51.100.9'], priority: 20 }),
  ]
  return new Fleet({ pool: poolOf(links), probes: [probeOf({ quality: limits })], seed }).run(60_000)
}

const nameAt = (fleet: Fleet): string | undefined => fleet.latest.active[0]?.name

test.each<[string, Path]>([
  ['40 % loss', { ...GOOD, loss: 0.225 }],
  ['latency over its limit', { ...GOOD, rttMs: 180 }],
  ['jitter over its limit', { ...GOOD, jitterMs: 120 }],
])('%s moves the name within a window, without a death, and it goes back when all was quiet', (_, path) => {
  for (let seed = 1; seed <= 50; seed++) {
    const fleet = office(seed)
    expect(nameAt(fleet)).toBe('fibre')
    fleet.path('fibre', path)
    fleet.run(31_000)
    expect(nameAt(fleet), `seed ${seed}`).toBe('lte')
    expect(fleet.latest.active).toHaveLength(1)
    fleet.path('fibre', GOOD)
    // What is old has to leave the window, then a whole window is quiet, then the failback's delay begins.
    fleet.run(30_000 + 59_000)
    expect(nameAt(fleet), `seed ${seed}`).toBe('lte')
    fleet.run(40_000)
    expect(nameAt(fleet), `seed ${seed}`).toBe('fibre')
  }
})

test('the shortest window that may be asked for sees the end of what it saw begin', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const fleet = office(seed, { ...LIMITS, windowMs: SHORTEST_MS })
    fleet.path('fibre', { ...GOOD, rttMs: 180 })
    fleet.run(31_000)
    expect(nameAt(fleet), `seed ${seed}`).toBe('lte')
    fleet.path('fibre', GOOD)
    fleet.run(3 * SHORTEST_MS + 60_000)
    expect(nameAt(fleet), `seed ${seed}`).toBe('fibre')
  }
})

test('a line whose latency is noise around its limit changes the answer once at most in six hours', () => {
  for (let seed = 1; seed <= 10; seed++) {
    const limits = { latencyMs: 150, windowMs: 30_000 }
    const fleet = office(seed, limits)
    const before = fleet.decisions.length
    fleet.path('fibre', { loss: 0, rttMs: 100, jitterMs: 50 })
    fleet.run(6 * 3_600_000)
    expect(fleet.decisions.length - before, `seed ${seed}`).toBeLessThanOrEqual(1)
  }
})

test('a line whose loss is at its limit changes the answer ten times an hour at most', () => {
  const changes: number[] = []
  for (let seed = 1; seed <= 10; seed++) {
    const fleet = office(seed, { loss: 0.05, windowMs: 60_000 })
    const before = fleet.decisions.length
    fleet.path('fibre', { ...GOOD, loss: 0.0253 })
    fleet.run(6 * 3_600_000)
    changes.push(fleet.decisions.length - before)
  }
  expect(Math.max(...changes)).toBeLessThanOrEqual(6 * 10)
})

test('a cut is told by a death, and its end by a return: no line is poor before or after it', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const fleet = office(seed)
    fleet.set('fibre', 'silent')
    fleet.run(10_000)
    expect(nameAt(fleet)).toBe('lte')
    fleet.set('fibre', 'answers')
    fleet.run(64_000)
    expect(nameAt(fleet), `seed ${seed}`).toBe('fibre')
    expect(fleet.health('fibre').poor).toBeUndefined()
  }
})
