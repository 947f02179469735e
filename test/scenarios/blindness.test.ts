import { expect, test } from 'vitest'
import { Fleet } from '../support/fleet.ts'
import { poolOf, probeOf, targetOf } from '../support/pool-sim.ts'

const target = (name: string, last: number, priority: number) =>
  targetOf(name, { addresses: [`192.0.2.${last}`], priority })
const pair = [target('sip1', 11, 10), target('sip2', 12, 20)]
/** Two sites of two servers each. */
const sites = [target('a1', 11, 10), target('a2', 12, 10), target('b1', 21, 20), target('b2', 22, 20)]
const START = 'normal A=sip1 SRV=sip1@10:100,sip2@20:100'
const FROZEN = 'frozen A=sip1 SRV=sip1@10:100,sip2@20:100'

const briefs = (fleet: Fleet) => fleet.decisions.map(({ brief }) => brief)
/** A short time-out on a long interval: the case in which one target is down long before the next is asked at all. */
const SLOW = probeOf({ intervalMs: 2000, timeoutMs: 200, fastIntervalMs: 400 })

test.each([{ probe: probeOf() }, { probe: SLOW }])(
  'an isolated monitor freezes the answer and thaws without a failover, at any phase ($probe.intervalMs ms)',
  ({ probe }) => {
    for (let seed = 1; seed <= 200; seed++) {
      const fleet = new Fleet({ pool: poolOf(pair), probes: [probe], seed }).run(10_000)
      fleet.network(false)
      fleet.run(60_000)
      expect(fleet.answer, `seed ${seed}`).toBe(FROZEN)
      expect(fleet.latest.suspect).toBe(true)
      fleet.network(true)
      fleet.run(60_000)
      expect(briefs(fleet), `seed ${seed}`).toEqual([START, FROZEN, START])
      expect(fleet.decisions[2]?.atMs, `seed ${seed}`).toBeLessThan(70_000 + 1.05 * probe.intervalMs + 50)
    }
  },
)

test('a real silent death waits for the next word of another server at most, and is no freeze', () => {
  const took: number[] = []
  for (let seed = 1; seed <= 200; seed++) {
    const fleet = new Fleet({ pool: poolOf(pair), probes: [SLOW], seed }).run(10_000)
    fleet.set('sip1', 'silent')
    fleet.run(20_000)
    expect(briefs(fleet), `seed ${seed}`).toEqual([START, 'failover A=sip2 SRV=sip2@20:100'])
    took.push((fleet.decisions[1]?.atMs ?? 0) - 10_000)
  }
  // The first question, a second until six transmissions have left at four a second, the last time-out, one round trip to the witness.
  expect(Math.max(...took)).toBeLessThanOrEqual(2100 + 1000 + 200 + 20)
})

test('one site of two that dies in silence fails over: the other site proves our sight', () => {
  for (let seed = 1; seed <= 100; seed++) {
    const fleet = new Fleet({ pool: poolOf(sites), probes: [probeOf()], seed }).run(10_000)
    fleet.set('a1', 'silent')
    fleet.set('a2', 'silent')
    fleet.run(20_000)
    const seen = briefs(fleet)
    expect(seen[0]).toBe('normal A=a1+a2 SRV=a1@10:100,a2@10:100,b1@20:100,b2@20:100')
    expect(seen.at(-1), `seed ${seed}`).toBe('failover A=b1+b2 SRV=b1@20:100,b2@20:100')
    expect(seen.some((brief) => brief.startsWith('frozen') || brief.startsWith('last-resort'))).toBe(false)
  }
})

test('a server that was dead before is no witness, and stays out while blind and after', () => {
  const three = [...pair, target('sip3', 13, 30)]
  const fleet = new Fleet({ pool: poolOf(three), probes: [probeOf()] }).run(10_000)
  fleet.set('sip1', 'silent')
  fleet.run(20_000)
  fleet.network(false)
  fleet.run(60_000)
  fleet.network(true)
  fleet.run(60_000)
  const without = 'A=sip2 SRV=sip2@20:100,sip3@30:100'
  expect(briefs(fleet)).toEqual([
    'normal A=sip1 SRV=sip1@10:100,sip2@20:100,sip3@30:100',
    `failover ${without}`,
    `frozen ${without}`,
    `failover ${without}`,
  ])
})

test('one refusal is enough to know that we see: all down for real is the last resort, not a freeze', () => {
  const fleet = new Fleet({ pool: poolOf(pair), probes: [probeOf()] }).run(10_000)
  fleet.set('sip1', 'silent')
  fleet.set('sip2', 'refused')
  fleet.run(20_000)
  expect(briefs(fleet).some((brief) => brief.startsWith('frozen'))).toBe(false)
  expect(fleet.answer).toBe('last-resort A=sip1+sip2 SRV=sip1@10:100,sip2@20:100')
})

test('who died while we were blind is found dead by fresh evidence once we see again', () => {
  const fleet = new Fleet({ pool: poolOf(pair), probes: [probeOf()] }).run(10_000)
  fleet.network(false)
  fleet.run(30_000)
  fleet.set('sip1', 'silent')
  fleet.network(true)
  fleet.run(20_000)
  expect(briefs(fleet)).toEqual([START, FROZEN, START, 'failover A=sip2 SRV=sip2@20:100'])
  const [, , thawed, over] = fleet.decisions.map(({ atMs }) => atMs)
  expect((over ?? 0) - (thawed ?? 0)).toBeGreaterThanOrEqual(1000)
  expect((over ?? 0) - (thawed ?? 0)).toBeLessThanOrEqual(1050 + 1500)
})

test('a start without network serves every target instead of an empty answer', () => {
  const pool = poolOf(pair, { allDown: 'nodata' })
  const fleet = new Fleet({ pool, probes: [probeOf()] })
  fleet.network(false)
  fleet.run(30_000)
  expect(briefs(fleet)).toEqual([START, FROZEN])
  fleet.network(true)
  fleet.run(10_000)
  expect(fleet.answer).toBe(START)
})

test('an operator drains a server while we are blind', () => {
  const fleet = new Fleet({ pool: poolOf(pair), probes: [probeOf()] }).run(10_000)
  fleet.network(false)
  fleet.run(20_000)
  fleet.override('sip1', { kind: 'drain', author: 'alice' })
  fleet.run(1000)
  expect(fleet.answer).toBe('frozen A=sip2 SRV=sip2@20:100')
  fleet.override('sip1', undefined)
  expect(fleet.answer).toBe(FROZEN)
})

test('a restart while blind stays frozen on what was answered before, and thaws the same', () => {
  const pool = poolOf([...pair, target('sip3', 13, 30)])
  const before = new Fleet({ pool, probes: [probeOf()] }).run(10_000)
  before.set('sip1', 'refused')
  before.run(10_000)
  before.network(false)
  before.run(30_000)
  const served = 'A=sip2 SRV=sip2@20:100,sip3@30:100'
  expect(before.answer).toBe(`frozen ${served}`)

  const after = new Fleet({ pool, probes: [probeOf()], kept: before.keep(), startMs: before.nowMs, seed: 2 })
  after.set('sip1', 'refused')
  after.network(false)
  after.run(30_000)
  expect(briefs(after)).toEqual([`frozen ${served}`])
  after.network(true)
  after.run(30_000)
  expect(briefs(after)).toEqual([`frozen ${served}`, `failover ${served}`])
})
