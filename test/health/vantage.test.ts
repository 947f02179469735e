import { describe, expect, it, test } from 'vitest'
import type { HealthState, HealthStatus } from '../../src/core/health.ts'
import { outcome } from '../../src/core/outcome.ts'
import { initialHealth, step } from '../../src/health/machine.ts'
import { poll } from '../../src/health/vantage.ts'
import { judge } from '../../src/health/verdict.ts'
import { targetOf } from '../support/pool-sim.ts'

const health = (status: HealthStatus, rest: Partial<HealthState> = {}): HealthState => ({
  ...initialHealth(0),
  status,
  ...(status === 'down' ? { fails: 3 } : { passes: 3 }),
  ...rest,
})

const polled = (...states: readonly HealthState[]) =>
  poll(
    states.map((state, at) => ({ node: `ns${at}`, health: () => state })),
    'options',
    '192.0.2.1',
  )

const drains = health('down', { fails: 0, drainUntilMs: 9000 })
const dead = health('down')

describe('what several vantage points hold of one address', () => {
  it('is down since more than half of them say so', () => {
    const down = (sinceMs: number) => health('down', { sinceMs })
    expect(polled(down(1000), down(2000)).sinceMs).toBe(2000)
    expect(polled(down(3000), down(1000), health('up'), down(2000)).sinceMs).toBe(3000)
  })

  it('is a drain where all that say down say so by its own word', () => {
    expect(polled(drains, drains).draining).toBe(true)
    expect(polled(drains, dead).draining).toBe(false)
    expect(polled(health('up'), health('up'), drains).draining).toBe(false)
  })

  test.each([
    { impaired: 1, of: 1, is: true },
    { impaired: 1, of: 2, is: false },
    { impaired: 2, of: 3, is: true },
    { impaired: 2, of: 4, is: false },
  ])('is impaired ($is) where $impaired of $of that say up find so', ({ impaired, of, is }) => {
    const states = Array.from({ length: of }, (_, at) =>
      health('up', at < impaired ? { impaired: true } : {}),
    )
    expect(polled(...states).impaired).toBe(is)
    const poor = states.map((state) =>
      state.impaired === true ? health('up', { poor: { what: 'loss' } }) : state,
    )
    expect(polled(...poor).impaired).toBe(is)
  })

  it('is impaired since most of them find so', () => {
    const since = (worseSinceMs: number) => health('up', { impaired: true, worseSinceMs })
    expect(polled(since(3000), health('up'), since(1000)).impairedSinceMs).toBe(3000)
    expect(polled(since(3000), health('up')).impairedSinceMs).toBeUndefined()
  })

  it('is moving where anybody is, whatever he holds', () => {
    expect(polled(health('up'), health('up'), health('down', { fails: 0, passes: 1 })).moving).toBe(true)
    expect(polled(health('up'), health('up'), dead).moving).toBe(false)
    expect(polled(health('up', { passes: 0, fails: 1 }), dead, dead).moving).toBe(true)
  })

  it('is told by the longest run of fails, else of passes, among those that agree', () => {
    const [some, most] = [health('down', { fails: 4 }), health('down', { fails: 9 })]
    expect(polled(some, most, health('up')).spokesman).toBe(most)
    const [few, many] = [health('up', { passes: 2 }), health('up', { passes: 8 })]
    expect(polled(few, many, most).spokesman).toBe(many)
  })
})

describe('a target whose answers are bad', () => {
  const target = targetOf('sip1', { addresses: ['192.0.2.1'] })
  const thresholds = { rise: 2, fall: 2 }
  const good = outcome('ok', { attempts: 1, rttMs: 5 })
  const slow = outcome('ok', { attempts: 1, rttMs: 300, impaired: 'took 300 ms, more than 200 ms' })
  const silent = outcome('timeout', { attempts: 2 })

  function degradedSinceMs(story: readonly (typeof good)[]): number | undefined {
    const state = story.reduce(
      (so, seen, at) => step(so, seen, thresholds, (at + 1) * 1000),
      initialHealth(0),
    )
    const vantages = [{ node: 'ns1', health: () => JSON.parse(JSON.stringify(state)) as HealthState }]
    const verdict = judge({
      target,
      probes: [{ name: 'options', onFail: 'down' }],
      vantages,
      nowMs: 60_000,
    })
    return verdict.real === 'degraded' ? verdict.sinceMs : undefined
  }

  it('is degraded since they are believed to be bad, not since it is up', () => {
    expect(degradedSinceMs([good, good, good, slow])).toBeUndefined()
    expect(degradedSinceMs([good, good, good, slow, slow, slow, silent, slow])).toBe(5000)
    expect(degradedSinceMs([good, slow, slow, silent, silent, silent, slow, slow])).toBe(8000)
    expect(degradedSinceMs([good, slow, slow, good, good, good, slow, slow])).toBe(8000)
  })
})
