import { expect, test } from 'vitest'
import { Fleet } from '../support/fleet.ts'
import { poolOf, probeOf, targetOf } from '../support/pool-sim.ts'

const sip1 = targetOf('sip1', { addresses: ['192.0.2.11'], priority: 10 })
const sip2 = targetOf('sip2', { addresses: ['192.0.2.12'], priority: 20 })
const pool = poolOf([sip1, sip2])
const START = 'normal A=sip1 SRV=sip1@10:100,sip2@20:100'
const FAILED_OVER = 'failover A=sip2 SRV=sip2@20:100'
const WAITING = 'failover A=sip2 SRV=sip2@20:100,sip1@30:100'

const start = (seed = 1) => new Fleet({ pool, probes: [probeOf()], seed }).run(10_000)
const briefs = (fleet: Fleet) => fleet.decisions.map(({ brief }) => brief)

test('a silent death fails over after exactly `fall` fails, and the return is staged', () => {
  const fleet = start()
  fleet.set('sip1', 'silent')
  fleet.run(10_000)
  fleet.set('sip1', 'answers')
  const backMs = fleet.nowMs
  fleet.run(120_000)

  expect(briefs(fleet)).toEqual([START, FAILED_OVER, WAITING, START])
  const [, over, waiting, back] = fleet.decisions.map(({ atMs }) => atMs)
  // One interval, three time-outs, and the jitter of the interval.
  expect(over).toBeGreaterThan(10_000 + 1500)
  expect(over).toBeLessThan(10_000 + 1050 + 1500)
  expect((waiting ?? 0) - backMs).toBeLessThan(1050 + 200 + 40)
  expect((back ?? 0) - (waiting ?? 0)).toBe(60_000)
})

test.each([
  { behaviour: 'refused' as const, withinMs: 1050 + 2 * 200 + 20 },
  { behaviour: 'bad-status' as const, withinMs: 1050 + 2 * 200 + 20 },
  { behaviour: 'overload' as const, withinMs: 1050 + 2 * 200 + 20 },
  // A hang behind an open port: the port is there, SIP is not.
  { behaviour: 'provisional-only' as const, withinMs: 1050 + 3 * 500 },
  { behaviour: 'silent' as const, withinMs: 1050 + 3 * 500 },
])('a server that is $behaviour is left within $withinMs ms, at any phase of its probe', (row) => {
  for (let seed = 1; seed <= 50; seed++) {
    const fleet = start(seed)
    fleet.set('sip1', row.behaviour)
    fleet.run(20_000)
    expect(briefs(fleet), `seed ${seed}`).toEqual([START, FAILED_OVER])
    expect((fleet.decisions[1]?.atMs ?? 0) - 10_000, `seed ${seed}`).toBeLessThanOrEqual(row.withinMs)
  }
})

test('a flapping primary takes the calls away once and gets them back only when it has kept still', () => {
  const fleet = start()
  for (let flap = 0; flap < 10; flap++) {
    fleet.set('sip1', 'refused')
    fleet.run(10_000)
    fleet.set('sip1', 'answers')
    fleet.run(30_000)
  }
  const still = fleet.nowMs - 30_000
  fleet.run(60_000)

  const flaps = Array.from({ length: 10 }, () => [FAILED_OVER, WAITING]).flat()
  expect(briefs(fleet)).toEqual([START, ...flaps, START])
  // A and AAAA moved twice in the whole time: away and back.
  const active = fleet.decisions.map(({ decision }) => decision.active.map(({ name }) => name).join('+'))
  expect(active.filter((names, at) => names !== active[at - 1])).toEqual(['sip1', 'sip2', 'sip1'])
  expect((fleet.decisions.at(-1)?.atMs ?? 0) - still).toBeGreaterThanOrEqual(60_000)
})

test('the waiting primary takes over at once when the standby dies meanwhile', () => {
  const fleet = start()
  fleet.set('sip1', 'refused')
  fleet.run(10_000)
  fleet.set('sip1', 'answers')
  fleet.run(10_000)
  fleet.set('sip2', 'refused')
  fleet.run(10_000)
  expect(briefs(fleet)).toEqual([START, FAILED_OVER, WAITING, 'normal A=sip1 SRV=sip1@10:100'])
  expect(fleet.decisions[3]?.atMs).toBeLessThan(32_000)
})

test('a single lost packet moves nothing, but makes the decision suspect until it is explained', () => {
  const fleet = start()
  fleet.set('sip1', 'silent')
  fleet.run(1050)
  fleet.set('sip1', 'answers')
  fleet.run(10_000)
  expect(briefs(fleet)).toEqual([START])
  expect(fleet.moves.filter(({ status }) => status === 'down')).toEqual([])
  expect(fleet.health('sip1').loss).toBeGreaterThan(0)
})

test('a returning peer of the same tier takes its share by steps of a tenth', () => {
  const sip3 = targetOf('sip3', { addresses: ['192.0.2.13'], priority: 10, weight: 50 })
  const fleet = new Fleet({ pool: poolOf([sip1, sip3], { slowStartMs: 90_000 }), probes: [probeOf()] })
  fleet.run(10_000)
  fleet.set('sip1', 'refused')
  fleet.run(10_000)
  fleet.set('sip1', 'answers')
  fleet.run(120_000)
  const both = (weight: number) => `normal A=sip1+sip3 SRV=sip1@10:${weight},sip3@10:50`
  const steps = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
  expect(briefs(fleet)).toEqual([both(100), 'normal A=sip3 SRV=sip3@10:50', ...steps.map(both)])
  const times = fleet.decisions.slice(2).map(({ atMs }) => atMs)
  times.slice(1).forEach((atMs, at) => {
    expect(Math.abs(atMs - (times[at] ?? 0) - 10_000)).toBeLessThanOrEqual(1)
  })
})

test('dead media demote a server by a tier and never take it out', () => {
  const probes = [probeOf(), probeOf({ name: 'media', onFail: 'degrade', intervalMs: 5000 })]
  const fleet = new Fleet({ pool: poolOf([sip1, sip2], { probes: ['options', 'media'] }), probes })
  fleet.run(20_000)
  fleet.set('sip1', 'silent', 'media')
  fleet.run(30_000)
  // SRV has both in one tier; A, which has no weights, names the sound one.
  const demoted = 'failover A=sip2 SRV=sip1@20:100,sip2@20:100'
  expect(briefs(fleet)).toEqual([START, demoted])
  fleet.set('sip2', 'refused')
  fleet.run(20_000)
  expect(fleet.answer).toBe('normal A=sip1 SRV=sip1@20:100')
})
