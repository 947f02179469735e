import { describe, expect, it, test } from 'vitest'
import type { HealthState, HealthStatus } from '../../src/core/health.ts'
import { initialHealth } from '../../src/health/machine.ts'
import { judge } from '../../src/health/verdict.ts'
import { targetOf } from '../support/pool-sim.ts'

const V4 = '192.0.2.11'
const V6 = '2001:db8::11'
const PROBES = [
  { name: 'options', onFail: 'down' as const, kind: 'sip-options' },
  { name: 'register', onFail: 'down' as const, kind: 'sip-register' },
  { name: 'media', onFail: 'degrade' as const, plane: 'media' as const },
  { name: 'ping', onFail: 'ignore' as const, kind: 'icmp' },
]

const health = (status: HealthStatus, rest: Partial<HealthState> = {}): HealthState => ({
  ...initialHealth(0),
  status,
  ...(status === 'down' ? { fails: 3, unanswered: 6 } : status === 'up' ? { passes: 3 } : {}),
  ...rest,
})
const up = (sinceMs = 0) => health('up', { sinceMs })
const silent = (sinceMs = 0) => health('down', { sinceMs, heardAtMs: 1, failingSinceMs: 2 })
const refused = (sinceMs = 0) => health('down', { sinceMs, hardFails: 3, unanswered: 0 })
const drains = (sinceMs = 0) => health('down', { sinceMs, fails: 0, unanswered: 0, drainUntilMs: 99_000 })

/** Keys: `probe` or `probe address`; what is not named is up. */
function judged(book: Readonly<Record<string, HealthState>>, rest = {}, addresses: string[] = [V4, V6]) {
  const find = (probe: string, address: string) => book[`${probe} ${address}`] ?? book[probe] ?? up()
  const target = targetOf('sip1', { addresses })
  return judge({ target, probes: PROBES, vantages: [{ node: 'ns1', health: find }], nowMs: 50_000, ...rest })
}

describe('a target with several addresses', () => {
  test.each([
    { v4: health('unknown'), v6: health('up', { impaired: true }), real: 'unknown' },
    { v4: drains(), v6: health('up', { impaired: true }), real: 'degraded' },
    { v4: drains(), v6: silent(), real: 'drain' },
  ])('is as good as its best one: $real', ({ v4, v6, real }) => {
    expect(judged({ [`options ${V4}`]: v4, [`options ${V6}`]: v6 }).real).toBe(real)
  })

  it('is up since the first of them is, and down since the last of them is', () => {
    const since = (first: HealthState, second: HealthState) =>
      judged({ [`options ${V4}`]: first, [`options ${V6}`]: second }).sinceMs
    expect(since(up(3000), up(5000))).toBe(3000)
    expect(since(silent(3000), silent(5000))).toBe(5000)
  })

  it('may be banned only where every dead one looks so', () => {
    const banned = { [`options ${V4}`]: silent(), [`register ${V4}`]: silent() }
    expect(judged(banned).probableBan).toBe(true)
    expect(
      judged({ ...banned, [`options ${V6}`]: refused(), [`register ${V6}`]: refused() }),
    ).not.toHaveProperty('probableBan')
  })

  it('died in silence only where every dead one did', () => {
    expect(judged({ [`options ${V4}`]: silent() }).silent).toBe(true)
    expect(judged({ [`options ${V4}`]: silent(), [`options ${V6}`]: refused() }).silent).toBe(false)
  })
})

describe('one address with several probes', () => {
  const one = (book: Readonly<Record<string, HealthState>>, rest = {}) => judged(book, rest, [V4])

  it('died in silence where its fatal probes did, whatever one that degrades or drains says', () => {
    expect(one({ options: silent(), media: refused() }).silent).toBe(true)
    expect(one({ options: silent(), register: drains() }).silent).toBe(true)
    expect(one({ options: silent(), register: refused() }).silent).toBe(false)
  })

  it('drains or is dead since its first probe says so', () => {
    expect(one({ options: drains(5000), register: drains(3000) })).toMatchObject({
      real: 'drain',
      sinceMs: 3000,
    })
    expect(one({ options: refused(5000), register: silent(3000) })).toMatchObject({
      real: 'down',
      sinceMs: 3000,
    })
  })

  it('is degraded not before its last fatal probe came back', () => {
    const bad = health('up', { sinceMs: 4000, impaired: true, worseSinceMs: 6000 })
    expect(one({ media: silent(2000) }).sinceMs).toBe(2000)
    expect(one({ media: silent(2000), options: bad }).sinceMs).toBe(4000)
  })

  it('is degraded since what it depends on is down', () => {
    const broken = [{ name: 'carriers', sinceMs: 7000 }]
    expect(one({}, { broken })).toMatchObject({ real: 'degraded', sinceMs: 7000 })
    expect(one({ options: up(9000) }, { broken })).toMatchObject({ real: 'degraded', sinceMs: 9000 })
  })

  it('tells each plane by its worst probe, and a drain from a death', () => {
    expect(one({ options: drains() }).planes).toEqual({ control: 'drain', media: 'up' })
    expect(one({ options: drains(), register: refused() }).planes.control).toBe('down')
    expect(one({ ping: refused() }).planes.control).toBe('down')
    expect(one({ ping: refused() }).real).toBe('up')
  })

  it('tells an end of an override that no calendar has as further notice', () => {
    const override = { kind: 'drain', untilMs: 1e16 } as const
    expect(one({}, { override }).why[0]).toBe('drained by an operator until further notice')
  })

  it('names who is dead before who drains', () => {
    const { why } = one({ options: drains(), register: refused() })
    expect(why.map((words) => words.split(':')[0])).toEqual(['register', 'options'])
  })
})
