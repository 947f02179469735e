import { describe, expect, it, test } from 'vitest'
import type { DampingSettings, PoolSettings } from '../../src/core/settings.ts'
import type { Override, Status } from '../../src/core/verdict.ts'
import { type Decided, decide, type PolicyState } from '../../src/policy/decide.ts'
import { readPolicyState } from '../../src/policy/state.ts'
import { poolOf, targetOf, verdictOf } from '../support/pool-sim.ts'

const LETTERS: Readonly<Record<string, Status>> = { u: 'up', d: 'down', r: 'drain', g: 'degraded' }
const DAMPING: DampingSettings = { halfLifeMs: 600_000, suppress: 2000, reuse: 750, maxSuppressMs: 1_800_000 }
const a = targetOf('a', { priority: 10 })
const b = targetOf('b', { priority: 20 })
const c = targetOf('c', { priority: 20 })

/** Scenes like `0 uuu, 10 duu`: seconds, and a letter a target; the state goes through a file in between. */
function play(
  rest: Partial<PoolSettings>,
  scenes: string,
  overrides: Record<string, Override> = {},
): Decided[] {
  const pool = poolOf([a, b, c], rest)
  let state: PolicyState | undefined
  return scenes.split(', ').map((scene) => {
    const [at, is = ''] = scene.split(' ')
    const verdicts = pool.targets.map((target, index) => {
      const override = overrides[`${target.name} ${at}`]
      return verdictOf(target, LETTERS[is[index] ?? 'u'] ?? 'up', override === undefined ? {} : { override })
    })
    const kept = state === undefined ? undefined : readPolicyState(JSON.parse(JSON.stringify(state)))
    const decided = decide(pool, 'options', verdicts, kept, { nowMs: Number(at) * 1000, blind: false })
    state = decided.state
    return decided
  })
}
const names = ({ decision }: Decided) => decision.active.map(({ name }) => name).join('+')
const last = (story: readonly Decided[]) => story.at(-1) ?? expect.fail()

describe('who served before', () => {
  it('is not forgotten by a panic: no early failback follows it', () => {
    const rest = { minLive: { count: 2 }, failback: { mode: 'manual' } } as const
    expect(play(rest, '0 uuu, 1 duu, 2 dud, 3 uuu').map(names)).toEqual(['a', 'b+c', 'a+b+c', 'b+c'])
  })

  it('is who served as a reserve: no early failback follows that either', () => {
    const story = play({ targets: [a, b] }, '0 uu, 1 du, 2 dr, 3 uu, 62 uu, 63 uu')
    expect(story.map(names)).toEqual(['a', 'b', 'b', 'b', 'b', 'a'])
    expect(story.map(({ decision }) => decision.mode).slice(1, 4)).toEqual([
      'failover',
      'last-resort',
      'failover',
    ])
  })
})

describe('when a decision is looked at again', () => {
  it('is the first moment that can change it', () => {
    const until = { 'a 10': { kind: 'up', untilMs: 500_000 } } as const
    const story = play({ policy: 'all', slowStartMs: 90_000 }, '0 uuu, 5 udu, 10 uuu', until)
    expect(last(story).reviewAtMs).toBe(20_000)
    expect(last(play({}, '0 uuu, 10 uuu', until)).reviewAtMs).toBe(500_000)
  })

  it('is the end of a failback delay among reserves as well', () => {
    expect(last(play({ targets: [a, b] }, '0 uu, 1 du, 2 rr')).reviewAtMs).toBe(62_000)
  })

  it('is the release of who was left out for flapping, over a restart too', () => {
    const flaps = '0 uuu, 60 duu, 120 uuu, 180 duu, 240 uuu, 300 duu, 360 uuu'
    const { reviewAtMs, state } = last(play({ damping: DAMPING }, flaps))
    expect(reviewAtMs).toBe(state.merits?.[`edge/a ${a.addresses[0]}`]?.untilMs)
    expect(reviewAtMs).toBeGreaterThan(1_000_000)
  })
})

it('of two that are left out the first to come back is waited for', () => {
  const flaps =
    '0 uuu, 60 duu, 120 uuu, 180 duu, 240 uuu, 300 duu, 360 uuu, 420 udu, 480 uuu, 540 udu, 600 uuu, 660 udu'
  const { reviewAtMs, state } = last(play({ damping: DAMPING, policy: 'all' }, flaps))
  const ends = [a, b].map(({ id, addresses }) => state.merits?.[`${id} ${addresses[0]}`]?.untilMs ?? 0)
  expect(ends[0]).toBeLessThan(ends[1] ?? 0)
  expect(reviewAtMs).toBe(ends[0])
})

describe('what may change soon answers with the shortest TTL', () => {
  test.each<{ what: string; rest: Partial<PoolSettings>; scenes: string; suspect: boolean }>([
    { what: 'all is calm', rest: {}, scenes: '0 uuu', suspect: false },
    { what: 'one is down', rest: {}, scenes: '0 uuu, 1 duu', suspect: false },
    { what: 'none is live', rest: {}, scenes: '0 uuu, 1 ddd', suspect: true },
    { what: 'a failback waits', rest: {}, scenes: '0 uuu, 1 duu, 2 uuu', suspect: true },
    { what: 'hold-down waits', rest: { holdDownMs: 60_000 }, scenes: '0 uuu, 1 guu', suspect: true },
    {
      what: 'maxShift waits',
      rest: { policy: 'all', maxShiftPercent: 1 },
      scenes: '0 uuu, 1 udd',
      suspect: true,
    },
  ])('$suspect: $what', ({ rest, scenes, suspect }) => {
    expect(last(play(rest, scenes)).decision.suspect).toBe(suspect)
  })
})

describe('the guards together', () => {
  it('count who maxShift keeps in as live: that is no panic', () => {
    const rest = { policy: 'all', maxShiftPercent: 34, minLive: { count: 2 } }
    expect(last(play(rest, '0 uuu, 1 ddu')).decision).toMatchObject({ mode: 'failover' })
  })

  it('count a drain by its own word as getting worse, and hold who drains by turns', () => {
    const drains = '0 uuu, 60 ruu, 120 uuu, 180 ruu, 240 uuu, 300 ruu, 360 uuu'
    const atOnce = { failback: { mode: 'auto', delayMs: 0 } } as const
    expect(names(last(play({ ...atOnce, damping: DAMPING }, drains)))).toBe('b+c')
    expect(names(last(play(atOnce, drains)))).toBe('a')
  })

  it('leave who drains draining, whatever it is held for', () => {
    const story = play({ damping: DAMPING }, '0 uuu, 60 guu, 120 uuu, 180 guu, 240 uuu, 300 guu, 360 ruu')
    expect(last(story).decision.members.map(({ name }) => name)).toEqual(['b', 'c'])
  })
})

it('a target whose address is not found yet is in no answer, dead or alive', () => {
  const lost = { ...b, addresses: [] }
  const story = play({ targets: [a, lost, c] }, '0 uuu, 1 ddd')
  expect(story.map(({ decision }) => decision.members.map(({ name }) => name))).toEqual([
    ['a', 'c'],
    ['a', 'c'],
  ])
})

it("an operator's word is told as his", () => {
  const drained = { 'a 1': { kind: 'drain' } } as const
  expect(last(play({}, '0 uuu, 1 uuu', drained)).decision.why[0]).toBe('a was drain by test')
})
