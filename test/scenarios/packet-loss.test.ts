import { expect, test } from 'vitest'
import { Fleet } from '../support/fleet.ts'
import { poolOf, probeOf, targetOf } from '../support/pool-sim.ts'

/**
 * 20 % loss each way (36 % of round trips), 120 ms of jitter each way, on a path that was clean before. Interval 1 s, time-out 500 ms with
 * one retransmission, fast interval 200 ms, fall 3.
 *
 * docs/benchmarks.md has the figures of `npm run bench:simulate`: 1.0 % of 20,000 runs moved a verdict in the first minute, which is the
 * chance that the very first losses are three silent questions in a row (no learning can help there, since a clean silent host must be down
 * after three); none did in ten days after it.
 */
const LOSSY = { loss: 0.2, rttMs: 20, jitterMs: 120 }
const lone = targetOf('sip1', { addresses: ['192.0.2.11'] })

function deaths(fleet: Fleet): number {
  return fleet.moves.filter(({ status }) => status === 'down').length
}

function lossyFleet(seed: number, loss: number): Fleet {
  const fleet = new Fleet({ pool: poolOf([lone]), probes: [probeOf()], seed }).run(30_000)
  fleet.path('sip1', { ...LOSSY, loss })
  return fleet
}

test('20 % loss each way that sets in on a clean path moves no verdict in the first minute, in 99 of 100 runs', () => {
  const moved: number[] = []
  for (let seed = 1; seed <= 1000; seed++) {
    if (deaths(lossyFleet(seed, 0.2).run(60_000)) > 0) moved.push(seed)
  }
  expect(moved.length, `seeds ${moved.join(' ')}`).toBeLessThanOrEqual(10)
})

test('once the path is learnt, 20 % loss each way moves nothing at all: 30 hours', () => {
  let learnt = 0
  for (let seed = 1; seed <= 200; seed++) {
    const fleet = lossyFleet(seed, 0.2).run(60_000)
    const before = deaths(fleet)
    fleet.run(9 * 60_000)
    expect(deaths(fleet), `seed ${seed}`).toBe(before)
    learnt += fleet.health('sip1').loss
  }
  // 0.36 of round trips are lost; the estimate leans to the careful side.
  expect(learnt / 200).toBeGreaterThan(0.36)
  expect(learnt / 200).toBeLessThan(0.65)
})

test('5 % loss each way moves nothing from its first minute on', () => {
  for (let seed = 1; seed <= 200; seed++) {
    expect(deaths(lossyFleet(seed, 0.05).run(5 * 60_000)), `seed ${seed}`).toBe(0)
  }
})

test('a real death behind a lossy path is found after at most four times `fall` silent questions', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const fleet = lossyFleet(seed, 0.2).run(120_000)
    const before = deaths(fleet)
    fleet.set('sip1', 'silent')
    fleet.run(1050 + 12 * 500)
    expect(deaths(fleet), `seed ${seed}`).toBe(before + 1)
  }
})

test('a refusal counts in full on a lossy path: it is proof', () => {
  for (let seed = 1; seed <= 100; seed++) {
    const fleet = lossyFleet(seed, 0.2).run(120_000)
    fleet.path('sip1', { ...LOSSY, loss: 0 })
    fleet.set('sip1', 'refused')
    fleet.run(1050 + 2 * 300 + 300)
    expect(fleet.health('sip1').status, `seed ${seed}`).toBe('down')
  }
})

test('a path that became clean is trusted again: down after exactly `fall` fails', () => {
  const fleet = lossyFleet(1, 0.2).run(120_000)
  fleet.path('sip1', { loss: 0, rttMs: 20, jitterMs: 0 })
  fleet.run(120_000)
  fleet.set('sip1', 'silent')
  fleet.run(10_000)
  const death = fleet.moves.at(-1)
  expect(death?.status).toBe('down')
  const state = fleet.health('sip1')
  // The first question waits 450 ms, the third leaves when four requests a second allow it, and waits for what a path of 20 ms still owes.
  expect((death?.atMs ?? 0) - (state.failingSinceMs ?? 0)).toBeCloseTo(1000 - 450 + 200, 1)
})
