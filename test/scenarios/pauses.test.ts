import { expect, test } from 'vitest'
import { Fleet } from '../support/fleet.ts'
import type { Path } from '../support/fleet-line.ts'
import { poolOf, probeOf, targetOf } from '../support/pool-sim.ts'

/**
 * A server that usually answers in 1 ms and stands still for 60 ms now and then: it is asked again meanwhile, and answers twice. Interval 1
 * s, time-out 500 ms, fall 3; docs/benchmarks.md has the figures of `npm run bench:simulate`.
 */
const STEADY: Path = { loss: 0, rttMs: 1, jitterMs: 0.2 }
const PAUSING: Path = { ...STEADY, pauses: { everyMs: 977, forMs: 60 } }
const ROUNDS = 200
const SETTLE_MS = 30_000

function fleetOf(path: Path, seed: number): Fleet {
  const fleet = new Fleet({
    pool: poolOf([targetOf('sip1', { addresses: ['192.0.2.11'] }), targetOf('sip2')]),
    probes: [probeOf()],
    seed,
  })
  fleet.path('sip1', path)
  return fleet.run(SETTLE_MS)
}

/** Until a question was asked twice for the pause that it met. */
function untilDoubled(fleet: Fleet): Fleet {
  for (let second = 0; second < 600; second++) {
    if (fleet.health('sip1').last?.attempts === 2) return fleet
    fleet.run(1000)
  }
  throw new Error('no pause met a question within ten minutes')
}

/** From the fault to the verdict in milliseconds, sorted. */
function detectionMs(path: Path): readonly number[] {
  const tookMs: number[] = []
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const fleet = fleetOf(path, seed)
    if (path.pauses !== undefined) untilDoubled(fleet)
    fleet.run((seed * 37) % 10_000)
    fleet.set('sip1', 'silent')
    const faultMs = fleet.nowMs
    fleet.run(20_000)
    const death = fleet.moves.find(({ key, status }) => key.startsWith('sip1') && status === 'down')
    tookMs.push((death?.atMs ?? Number.POSITIVE_INFINITY) - faultMs)
  }
  return tookMs.sort((a, b) => a - b)
}

const at = (times: readonly number[], share: number) => times[Math.floor(share * (ROUNDS - 1))] ?? 0

test('a server that pauses now and then and falls silent within ten seconds is found as soon as one that never pauses', () => {
  const steady = detectionMs(STEADY)
  const pausing = detectionMs(PAUSING)
  // 200 rounds tell the median to 40 ms, a question of the run may wait twice as long after a pause; being taken for loss cost two seconds.
  for (const share of [0.5, 0.9, 1]) expect(at(pausing, share) - at(steady, share)).toBeLessThan(200)
})

test('its path is not thought lossy after an hour of pauses, every one of which was met by a second transmission', () => {
  const fleet = fleetOf(PAUSING, 1)
  let doubled = 0
  for (let second = 0; second < 3600; second++) {
    fleet.run(1000)
    if (fleet.health('sip1').last?.attempts === 2) doubled++
  }
  expect(doubled).toBeGreaterThan(50)
  // What the last question taught may still be open when it is looked at.
  fleet.path('sip1', STEADY)
  fleet.run(2000)
  expect(fleet.health('sip1').loss).toBe(0)
  expect(fleet.moves.filter(({ status }) => status === 'down')).toEqual([])
})

test('transmissions that are lost for good, in a pause or out of it, are learnt as ever', () => {
  let learnt = 0
  for (let seed = 1; seed <= 50; seed++) {
    const fleet = fleetOf(PAUSING, seed)
    fleet.path('sip1', { ...PAUSING, loss: 0.1 })
    learnt += fleet.run(120_000).health('sip1').loss
  }
  // 0.19 of round trips are lost; the estimate leans to the careful side.
  expect(learnt / 50).toBeGreaterThan(0.19)
})
