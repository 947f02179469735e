import { expect, test } from 'vitest'
import { Fleet } from '../support/fleet.ts'
import { poolOf, probeOf, targetOf } from '../support/pool-sim.ts'

const sip1 = targetOf('sip1', { addresses: ['192.0.2.11'], priority: 10 })
const sip2 = targetOf('sip2', { addresses: ['192.0.2.12'], priority: 20 })
const sip3 = targetOf('sip3', { addresses: ['192.0.2.13'], priority: 30 })
const START = 'normal A=sip1 SRV=sip1@10:100,sip2@20:100'
const FAILED_OVER = 'failover A=sip2 SRV=sip2@20:100'
const WAITING = 'failover A=sip2 SRV=sip2@20:100,sip1@30:100'
const manual = poolOf([sip1, sip2], { failback: { mode: 'manual' } })
const auto = poolOf([sip1, sip2])
const probes = [probeOf()]

const briefs = (fleet: Fleet) => fleet.decisions.map(({ brief }) => brief)

function failedOver(pool = manual): Fleet {
  const fleet = new Fleet({ pool, probes }).run(10_000)
  fleet.set('sip1', 'refused')
  fleet.run(10_000)
  fleet.set('sip1', 'answers')
  fleet.run(10_000)
  expect(briefs(fleet)).toEqual([START, FAILED_OVER, WAITING])
  return fleet
}

test('manual failback stays with the standby for as long as it lives', () => {
  const fleet = failedOver()
  fleet.run(24 * 3600_000)
  expect(briefs(fleet)).toEqual([START, FAILED_OVER, WAITING])
  expect(fleet.latest.suspect).toBe(false)
})

test('manual failback ends when an operator puts the primary up, and lasts when that word ends', () => {
  const fleet = failedOver()
  fleet.override('sip1', { kind: 'up', untilMs: fleet.nowMs + 5000 })
  fleet.run(60_000)
  expect(briefs(fleet)).toEqual([START, FAILED_OVER, WAITING, START])
})

test('manual failback ends when the standby dies, and does not go back to it', () => {
  const fleet = failedOver()
  fleet.set('sip2', 'refused')
  fleet.run(10_000)
  fleet.set('sip2', 'answers')
  fleet.run(120_000)
  expect(briefs(fleet).slice(3)).toEqual(['normal A=sip1 SRV=sip1@10:100', START])
})

test('a flap during the failback delay begins it anew', () => {
  const fleet = failedOver(auto)
  fleet.run(30_000)
  fleet.set('sip1', 'refused')
  fleet.run(5000)
  fleet.set('sip1', 'answers')
  const backMs = fleet.nowMs
  fleet.run(120_000)
  expect(briefs(fleet).slice(3)).toEqual([FAILED_OVER, WAITING, START])
  expect((fleet.decisions.at(-1)?.atMs ?? 0) - backMs).toBeGreaterThanOrEqual(60_000)
})

test('of two better tiers that wait, the one that is ready takes over first', () => {
  const fleet = new Fleet({ pool: poolOf([sip1, sip2, sip3]), probes }).run(10_000)
  fleet.set('sip2', 'refused')
  fleet.run(10_000)
  fleet.set('sip1', 'refused')
  fleet.run(10_000)
  fleet.set('sip2', 'answers')
  fleet.run(20_000)
  fleet.set('sip1', 'answers')
  fleet.run(120_000)
  const active = fleet.decisions.map(({ decision }) => decision.active.map(({ name }) => name).join('+'))
  expect(active.filter((names, at) => names !== active[at - 1])).toEqual(['sip1', 'sip3', 'sip2', 'sip1'])
})

test('a drain moves the calls at once and its end brings them back by the failback rule', () => {
  const fleet = new Fleet({ pool: auto, probes }).run(10_000)
  fleet.override('sip1', { kind: 'drain', untilMs: 40_000, author: 'alice', reason: 'disk swap' })
  expect(fleet.decisions.at(-1)?.atMs).toBe(10_000)
  expect(fleet.latest.why[0]).toBe('sip1 was drained by alice until 1970-01-01T00:00:40.000Z: disk swap')
  fleet.run(120_000)
  expect(briefs(fleet)).toEqual([START, FAILED_OVER, WAITING, START])
  expect(fleet.decisions.map(({ atMs }) => atMs)).toEqual([0, 10_000, 40_000, 100_000])
})

test('a restart remembers who serves, who waits and since when', () => {
  const before = failedOver(auto)
  const waitingSinceMs = before.decisions[2]?.atMs ?? 0
  const after = new Fleet({ pool: auto, probes, kept: before.keep(), startMs: before.nowMs, seed: 7 })
  after.run(120_000)
  expect(briefs(after)).toEqual([WAITING, START])
  expect(after.decisions[1]?.atMs).toBe(waitingSinceMs + 60_000)
})

test('a restart with a damaged state starts afresh and answers at once', () => {
  const before = failedOver(auto)
  const kept = { ...(before.keep() as object), policy: { incumbents: 'sip2' } }
  const after = new Fleet({ pool: auto, probes, kept, startMs: before.nowMs })
  expect(briefs(after)).toEqual([START])
})

test('a dead AAAA leaves alone, and comes back without moving the calls', () => {
  const dual = targetOf('sip1', { addresses: ['192.0.2.11', '2001:db8::11'], priority: 10 })
  const fleet = new Fleet({ pool: poolOf([dual, sip2]), probes }).run(10_000)
  fleet.set('2001:db8::11', 'silent')
  fleet.run(20_000)
  fleet.set('2001:db8::11', 'answers')
  fleet.run(20_000)
  expect(briefs(fleet)).toEqual([START, 'normal A=sip1 SRV=sip1@10:100(192.0.2.11),sip2@20:100', START])
  expect(fleet.decisions[1]?.decision.why).toEqual(['sip1 is up, but not at 2001:db8::11'])
})
