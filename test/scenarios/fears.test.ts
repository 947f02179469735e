import { describe, expect, it } from 'vitest'
import type { PoolSettings } from '../../src/core/settings.ts'
import { Fleet } from '../support/fleet.ts'
import type { Behaviour } from '../support/fleet-line.ts'
import { poolOf, probeOf, targetOf } from '../support/pool-sim.ts'
import { stormOf } from '../support/registration-storm.ts'
import { seededRandom } from '../support/virtual-time.ts'

/** What people fear of failover by DNS, each at virtual time. */

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAMPING = { halfLifeMs: 10 * MINUTE, suppress: 2000, reuse: 750, maxSuppressMs: 30 * MINUTE }
const sip1 = targetOf('sip1', { addresses: ['192.0.2.11'], priority: 10 })
const sip2 = targetOf('sip2', { addresses: ['192.0.2.12'], priority: 20 })
const START = 'normal A=sip1 SRV=sip1@10:100,sip2@20:100'
const FAILED_OVER = 'failover A=sip2 SRV=sip2@20:100'

const briefs = (fleet: Fleet) => fleet.decisions.map(({ brief }) => brief)
const pair = (rest: Partial<PoolSettings> = {}) => poolOf([sip1, sip2], { damping: DAMPING, ...rest })

describe('a port is open while calls fail', () => {
  it.each<{ what: string; behaviour: Behaviour }>([
    { what: 'the registrar has lost its database and answers 500', behaviour: 'bad-status' },
    { what: 'the workers hang', behaviour: 'silent' },
    { what: 'the parser answers 100 and nothing more', behaviour: 'provisional-only' },
  ])('$what: out within seconds, though the port stays open', ({ behaviour }) => {
    const probes = [
      probeOf(),
      probeOf({ name: 'register', kind: 'sip-register' }),
      probeOf({ name: 'port', kind: 'tcp' }),
    ]
    const pool = pair({ probes: ['options', 'register', 'port'] })
    const fleet = new Fleet({ pool, probes }).run(10_000)
    fleet.set('sip1', behaviour, 'register')
    fleet.run(10_000)
    expect(fleet.answer).toBe(FAILED_OVER)
    expect((fleet.decisions[1]?.atMs ?? 0) - 10_000).toBeLessThan(5000)
    expect(fleet.health('sip1', 'port').status).toBe('up')
    expect(fleet.health('sip1', 'options').status).toBe('up')
  })
})

describe('a flapping check takes the domain down', () => {
  const periodsS = [1, 2, 3, 5, 8, 13, 30, 60, 90, 120, 300, 450, 600, 900, 1800, 3600]

  it.each(periodsS)(
    'not at a period of %i s: at most 27 changes an hour, and never without an answer',
    (periodS) => {
      for (const behaviour of ['refused', 'silent'] as const) {
        const fleet = new Fleet({ pool: pair(), probes: [probeOf()], seed: periodS }).run(10_000)
        for (let atS = 0; atS < 3 * 3600; atS += periodS) {
          fleet.set('sip1', behaviour)
          fleet.run(periodS * 500)
          fleet.set('sip1', 'answers')
          fleet.run(periodS * 500)
        }
        const times = fleet.decisions.slice(1).map(({ atMs }) => atMs)
        const worst = Math.max(
          0,
          ...times.map((atMs) => times.filter((each) => each >= atMs && each < atMs + HOUR).length),
        )
        expect(worst, behaviour).toBeLessThanOrEqual(27)
        expect(fleet.decisions.every(({ decision }) => decision.active.length > 0)).toBe(true)
      }
    },
  )

  it('nor with nobody else alive: then the flapping one serves, and the answer stands still', () => {
    const fleet = new Fleet({ pool: pair(), probes: [probeOf()] }).run(10_000)
    fleet.set('sip2', 'refused')
    for (let turn = 0; turn < 100; turn++) {
      fleet.set('sip1', 'refused')
      fleet.run(15_000)
      fleet.set('sip1', 'answers')
      fleet.run(15_000)
    }
    const late = fleet.decisions.filter(({ atMs }) => atMs > 5 * MINUTE)
    expect(late.length).toBeLessThanOrEqual(1)
    expect(fleet.latest.active.map(({ name }) => name)).toEqual(['sip1'])
  })

  it('a check that is wrong about everybody takes out a quarter a minute with maxShift, and nobody below minLive', () => {
    const targets = Array.from({ length: 8 }, (_, at) =>
      targetOf(`s${at}`, { addresses: [`192.0.2.${at + 1}`], priority: 10 }),
    )
    const pool = poolOf(targets, { policy: 'weighted', maxShiftPercent: 25, minLive: { percent: 50 } })
    const fleet = new Fleet({ pool, probes: [probeOf()] }).run(10_000)
    for (const { name } of targets) fleet.set(name, 'unexpected')
    fleet.run(50_000)
    expect(fleet.latest.members).toHaveLength(6)
    fleet.run(10 * MINUTE)
    expect(fleet.latest.mode).toBe('last-resort')
    expect(fleet.latest.members).toHaveLength(8)
    const fewest = Math.min(...fleet.decisions.map(({ decision }) => decision.members.length))
    expect(fewest).toBe(4)
  })
})

describe('the monitor loses its network', () => {
  it('with a single target and a sentinel: the answer stays, even where all down would empty it', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const pool = poolOf([sip1], { allDown: 'nodata' })
      const fleet = new Fleet({ pool, probes: [probeOf()], seed, sentinels: ['192.0.2.53'] }).run(10_000)
      fleet.network(false)
      fleet.run(MINUTE)
      fleet.network(true)
      fleet.run(MINUTE)
      const alone = 'A=sip1 SRV=sip1@10:100'
      expect(briefs(fleet), `seed ${seed}`).toEqual([`normal ${alone}`, `frozen ${alone}`, `normal ${alone}`])
    }
  })

  it('a single target that dies in silence does leave when a sentinel answers', () => {
    const pool = poolOf([sip1], { allDown: 'nodata' })
    const fleet = new Fleet({ pool, probes: [probeOf()], sentinels: ['192.0.2.53'] }).run(10_000)
    fleet.set('sip1', 'silent')
    fleet.run(10_000)
    expect(fleet.answer).toBe('last-resort A= SRV=')
  })

  it('its IPv6 alone: no AAAA leaves, at any phase, and a sentinel over IPv6 tells it from death', () => {
    const dual = [11, 12].map((last, at) =>
      targetOf(`sip${at + 1}`, {
        addresses: [`192.0.2.${last}`, `2001:db8::${last}`],
        priority: 10 * (at + 1),
      }),
    )
    for (let seed = 1; seed <= 50; seed++) {
      const fleet = new Fleet({ pool: poolOf(dual), probes: [probeOf()], seed }).run(10_000)
      fleet.network(false, 6)
      fleet.run(MINUTE)
      fleet.network(true, 6)
      fleet.run(MINUTE)
      expect(briefs(fleet), `seed ${seed}`).toEqual([START])
    }
    const fleet = new Fleet({ pool: poolOf(dual), probes: [probeOf()], sentinels: ['2001:db8::53'] }).run(
      10_000,
    )
    fleet.set('2001:db8::11', 'silent')
    fleet.set('2001:db8::12', 'silent')
    fleet.run(10_000)
    expect(fleet.answer).toBe('normal A=sip1 SRV=sip1@10:100(192.0.2.11),sip2@20:100(192.0.2.12)')
  })
})

describe('the answer is empty', () => {
  const behaviours: readonly Behaviour[] = [
    'answers',
    'answers',
    'silent',
    'refused',
    'overload',
    'impaired',
    'bad-status',
    'no-route',
  ]

  it.each(['failover', 'weighted', 'all'])('never, whatever happens to whom, by the policy %s', (policy) => {
    for (let seed = 1; seed <= 15; seed++) {
      const random = seededRandom(seed)
      const pick = <T>(list: readonly T[]): T => list[Math.floor(random.next() * list.length)] as T
      const pool = pair({
        policy,
        allDown: pick(['serve-all', 'last-good'] as const),
        ...(random.next() < 0.5 ? { minLive: { count: 2 } } : {}),
        ...(random.next() < 0.5 ? { maxShiftPercent: 30 } : {}),
        ...(random.next() < 0.5 ? { handoverMs: 30_000, holdDownMs: 20_000, slowStartMs: 30_000 } : {}),
      })
      const fleet = new Fleet({ pool, probes: [probeOf()], seed, sentinels: ['192.0.2.53'] })
      for (let turn = 0; turn < 60; turn++) {
        fleet.set(pick(['sip1', 'sip2', '192.0.2.53']), pick(behaviours))
        if (random.next() < 0.1) fleet.network(random.next() < 0.5)
        fleet.run(random.next() * 40_000)
      }
      const empty = fleet.decisions.filter(
        ({ decision }) => decision.active.length === 0 || decision.members.length === 0,
      )
      expect(empty, `seed ${seed}`).toEqual([])
    }
  })
})

describe('the standby is never ready', () => {
  it('is known beforehand: it leaves SRV while the primary still serves', () => {
    const fleet = new Fleet({ pool: pair(), probes: [probeOf()] }).run(10_000)
    fleet.set('sip2', 'bad-status')
    fleet.run(10_000)
    expect(fleet.answer).toBe('normal A=sip1 SRV=sip1@10:100')
    expect(fleet.latest.why).toEqual(['sip2 is down'])
  })

  it('a standby that asks for no new calls is taken all the same once nobody else lives', () => {
    const fleet = new Fleet({ pool: pair({ allDown: 'nodata' }), probes: [probeOf()] }).run(10_000)
    fleet.set('sip2', 'overload')
    fleet.run(10_000)
    fleet.set('sip1', 'refused')
    fleet.run(10_000)
    expect(fleet.answer).toBe('last-resort A=sip2 SRV=sip2@20:100')
  })

  it('of two standbys the ready one is taken', () => {
    const sip3 = targetOf('sip3', { addresses: ['192.0.2.13'], priority: 30 })
    const fleet = new Fleet({ pool: poolOf([sip1, sip2, sip3]), probes: [probeOf()] }).run(10_000)
    fleet.set('sip2', 'provisional-only')
    fleet.set('sip1', 'refused')
    fleet.run(10_000)
    expect(fleet.answer).toBe('failover A=sip3 SRV=sip3@30:100')
  })
})

describe('a blind restart', () => {
  it('remembers who drains, who flapped, and until when', () => {
    const before = new Fleet({ pool: pair(), probes: [probeOf()] }).run(10_000)
    for (let turn = 0; turn < 4; turn++) {
      before.set('sip1', 'refused')
      before.run(20_000)
      before.set('sip1', 'answers')
      before.run(20_000)
    }
    expect(before.answer).toBe(FAILED_OVER)
    const after = new Fleet({
      pool: pair(),
      probes: [probeOf()],
      kept: before.keep(),
      startMs: before.nowMs,
      seed: 3,
    })
    const [, heldUntil = ''] =
      /^sip1 flaps and is left out until (\S+) /.exec(after.latest.why[0] ?? '') ?? []
    expect(Date.parse(heldUntil) - after.nowMs).toBeGreaterThan(15 * MINUTE)
    after.run(Date.parse(heldUntil) - after.nowMs - 1)
    expect(briefs(after)).toEqual([FAILED_OVER])
    after.run(2 * MINUTE)
    expect(after.answer).toBe(START)
  })

  it('during a drain it drains on, and ends with its time', () => {
    const before = new Fleet({ pool: pair(), probes: [probeOf()] }).run(10_000)
    before.set('sip1', 'overload')
    before.run(10_000)
    before.set('sip1', 'silent')
    const after = new Fleet({ pool: pair(), probes: [probeOf()], kept: before.keep(), startMs: before.nowMs })
    expect(after.answer).toBe(FAILED_OVER)
    expect(after.latest.why).toEqual(['sip1 asks for no new calls'])
    expect(after.health('sip1').drainUntilMs).toBeDefined()
  })
})

describe('a storm of registrations kills the survivor', () => {
  it('hits it with 200 a second where the whole share moves at once, and with two thirds of that by handover', () => {
    const at = (handoverMs: number) => stormOf(handoverMs).peak
    expect(at(0)).toBeGreaterThan(180)
    expect(at(120_000)).toBeLessThan(140)
  })

  it('leaves nobody behind: with handover all are back soon after its end', () => {
    expect(stormOf(120_000).overS).toBeLessThan(240)
  })
})
