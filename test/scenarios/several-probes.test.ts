import { expect, test } from 'vitest'
import { Fleet } from '../support/fleet.ts'
import type { Behaviour } from '../support/fleet-line.ts'
import { poolOf, probeOf, targetOf } from '../support/pool-sim.ts'

/**
 * Several probes of one server share four requests a second toward it. Interval 1 s, time-out 500 ms, fall 3, a path of 20 ms;
 * bench/simulate/together.ts has the figures of more paths.
 */
const PROBES = ['options', 'register', 'invite']
const SEEDS = 60

/** From the fault to the first probe's verdict, which moves the answer, and to the last one's; sorted. */
function found(behaviour: Behaviour, probes: number): { readonly first: number[]; readonly last: number[] } {
  const names = PROBES.slice(0, probes)
  const rounds = Array.from({ length: SEEDS }, (_, seed) => {
    const fleet = new Fleet({
      pool: poolOf([targetOf('sip1'), targetOf('sip2')], { probes: names }),
      probes: names.map((name) => probeOf({ name })),
      seed,
    })
    fleet.run(30_000 + ((seed * 131) % 1000))
    const faultMs = fleet.nowMs
    fleet.set('sip1', behaviour)
    fleet.run(15_000)
    return names.map((name) => {
      const died = fleet.moves.find(({ key, status }) => key.startsWith(`sip1 ${name} `) && status === 'down')
      return (died?.atMs ?? Number.POSITIVE_INFINITY) - faultMs
    })
  })
  const sorted = (times: number[]) => times.sort((a, b) => a - b)
  return {
    first: sorted(rounds.map((times) => Math.min(...times))),
    last: sorted(rounds.map((times) => Math.max(...times))),
  }
}

const median = (times: readonly number[]) => times[Math.floor(times.length / 2)] ?? 0

test.each([2, 3])('%d probes find a server that falls silent as soon as one does', (probes) => {
  const { first, last } = found('silent', probes)
  expect(median(first)).toBeLessThan(1_650)
  expect(first.at(-1)).toBeLessThan(2_300)
  // The others follow: six transmissions each, at four a second.
  expect(last.at(-1)).toBeLessThan(2_300 + (probes - 1) * 1_850)
})

test.each([2, 3])('%d probes find a server that refuses as soon as one does', (probes) => {
  const { first, last } = found('refused', probes)
  expect(median(first)).toBeLessThan(700)
  expect(first.at(-1)).toBeLessThan(1_300)
  expect(last.at(-1)).toBeLessThan(3_100)
})

test('a probe that has been down for hours leaves the others the room to find a silent server', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const fleet = new Fleet({
      pool: poolOf([targetOf('sip1'), targetOf('sip2')], { probes: PROBES }),
      probes: PROBES.map((name) => probeOf({ name, onFail: name === 'options' ? 'down' : 'degrade' })),
      seed,
    })
    fleet.set('sip1', 'silent', 'register')
    fleet.set('sip1', 'silent', 'invite')
    fleet.run(60_000 + ((seed * 131) % 1000))
    expect(fleet.health('sip1', 'options').status).toBe('up')
    fleet.set('sip1', 'silent')
    fleet.run(3_100)
    expect(fleet.health('sip1', 'options').status, `seed ${seed}`).toBe('down')
  }
})

test('20 % loss each way moves nothing in two hours of three probes, which wait for one another', () => {
  const fleet = new Fleet({
    pool: poolOf([targetOf('sip1', { addresses: ['192.0.2.11'] })], { probes: PROBES }),
    probes: PROBES.map((name) => probeOf({ name })),
    seed: 5,
  })
  fleet.path('sip1', { loss: 0.2, rttMs: 20, jitterMs: 120 })
  fleet.run(7_200_000)
  expect(fleet.moves.filter(({ status }) => status === 'down')).toEqual([])
})
