import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PoolSettings } from '../../src/core/settings.ts'
import type { Override, Status, Verdict } from '../../src/core/verdict.ts'
import { type Decided, decide, type PolicyState } from '../../src/policy/decide.ts'
import { policies } from '../../src/policy/registry.ts'
import { readPolicyState } from '../../src/policy/state.ts'
import { poolOf, targetOf, verdictOf } from '../support/pool-sim.ts'

const NAMES = ['a', 'b', 'c', 'd', 'e']
const spare = targetOf('spare', { addresses: ['198.51.100.1'] })

const pools: fc.Arbitrary<PoolSettings> = fc
  .record({
    policy: fc.constantFrom(...policies.keys()),
    allDown: fc.constantFrom('serve-all', 'last-good', 'fallback', 'nodata'),
    delayS: fc.option(fc.integer({ min: 0, max: 60 })),
    slowStartS: fc.constantFrom(0, 5, 60),
    fallback: fc.constantFrom([], [spare]),
    shapes: fc.array(
      fc.record({
        priority: fc.constantFrom(0, 10, 20, 30, 65_535),
        weight: fc.constantFrom(0, 1, 60, 65_535),
      }),
      { minLength: 1, maxLength: NAMES.length },
    ),
  })
  .map(({ policy, allDown, delayS, slowStartS, fallback, shapes }) =>
    poolOf(
      shapes.map((shape, at) =>
        targetOf(NAMES[at] ?? '', { ...shape, addresses: [`192.0.2.${at + 1}`, `2001:db8::${at + 1}`] }),
      ),
      {
        policy,
        allDown: allDown as PoolSettings['allDown'],
        fallback,
        failback: delayS === null ? { mode: 'manual' } : { mode: 'auto', delayMs: delayS * 1000 },
        slowStartMs: slowStartS * 1000,
      },
    ),
  )

/** The same with any guardrails. */
const guarded: fc.Arbitrary<PoolSettings> = fc
  .tuple(
    pools,
    fc.record(
      {
        damping: fc.constantFrom(
          { halfLifeMs: 60_000, suppress: 2000, reuse: 750, maxSuppressMs: 180_000 },
          { halfLifeMs: 5000, suppress: 900, reuse: 500, maxSuppressMs: 20_000 },
        ),
        minLive: fc.constantFrom({ count: 1 }, { count: 2 }, { percent: 50 }, { percent: 100 }),
        maxShiftPercent: fc.constantFrom(1, 25, 60),
        holdDownMs: fc.constantFrom(3000, 45_000),
        handoverMs: fc.constantFrom(9000, 90_000),
      },
      { requiredKeys: [] },
    ),
  )
  .map(([pool, guards]) => ({ ...pool, ...guards }))

interface Moment {
  readonly stepS: number
  readonly blind: boolean
  readonly statuses: readonly Status[]
  readonly deadV6: readonly boolean[]
  readonly overrides: readonly (Override['kind'] | null)[]
}

const moments: fc.Arbitrary<Moment> = fc.record({
  stepS: fc.integer({ min: 0, max: 30 }),
  blind: fc.integer({ min: 0, max: 9 }).map((drawn) => drawn === 0),
  statuses: fc.array(fc.constantFrom<Status>('up', 'down', 'down', 'degraded', 'drain', 'unknown'), {
    minLength: 5,
    maxLength: 5,
  }),
  deadV6: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
  overrides: fc.array(
    fc.integer({ min: 0, max: 19 }).map((drawn) => (['up', 'down', 'drain'] as const)[drawn] ?? null),
    { minLength: 5, maxLength: 5 },
  ),
})
const stories = fc.array(moments, { minLength: 1, maxLength: 25 })

interface Scene {
  readonly nowMs: number
  readonly verdicts: readonly Verdict[]
  readonly blind: boolean
  readonly previous: PolicyState | undefined
  readonly decided: Decided
}

function play(pool: PoolSettings, story: readonly Moment[]): Scene[] {
  let previous: PolicyState | undefined
  let nowMs = 1_000_000
  return story.map(({ stepS, blind, statuses, deadV6, overrides }) => {
    nowMs += stepS * 1000
    const verdicts = pool.targets.map((target, at) => {
      const kind = overrides[at]
      const dead = deadV6[at] === true ? target.addresses.slice(1) : []
      return verdictOf(target, statuses[at] ?? 'up', { dead, ...(kind ? { override: { kind } } : {}) })
    })
    const decided = decide(pool, 'options', verdicts, previous, { nowMs, blind })
    const scene = { nowMs, verdicts, blind, previous, decided }
    previous = decided.state
    return scene
  })
}

const options = (seed: number) => ({ seed, numRuns: 400 })

test('a decision is well formed: sorted members of the pool or its fallback, active among them, times ahead', () => {
  fc.assert(
    fc.property(guarded, stories, (pool, story) => {
      for (const { nowMs, decided } of play(pool, story)) {
        const { members, active, mode } = decided.decision
        const known = new Map([...pool.targets, ...pool.fallback].map((target) => [target.id, target]))
        expect(members).toEqual([...members].sort((x, y) => x.priority - y.priority))
        expect(new Set(members.map(({ target }) => target)).size).toBe(members.length)
        for (const member of members) {
          const target = known.get(member.target)
          expect(target?.addresses).toEqual(expect.arrayContaining([...member.addresses]))
          expect(member.addresses.length).toBeGreaterThan(0)
          expect(Number.isInteger(member.weight)).toBe(true)
          expect(member.weight).toBeLessThanOrEqual(target?.weight ?? 0)
          expect(member.weight > 0).toBe((target?.weight ?? 0) > 0)
          expect(member.priority).toBeLessThanOrEqual(65_535)
        }
        for (const member of active) expect(members).toContainEqual(member)
        if (mode !== 'last-resort' || pool.allDown !== 'nodata') expect(active.length).toBeGreaterThan(0)
        expect(decided.decision.why.length).toBeGreaterThan(0)
        if (decided.reviewAtMs !== undefined) expect(decided.reviewAtMs).toBeGreaterThan(nowMs)
      }
    }),
    options(20260810),
  )
})

test('while we see and anybody is live, exactly the live ones are served, at their live addresses', () => {
  fc.assert(
    fc.property(pools, stories, (pool, story) => {
      for (const { verdicts, blind, decided } of play(pool, story)) {
        const live = verdicts
          .filter(({ effective }) => effective !== 'down' && effective !== 'drain')
          .map(({ target }) => target)
        const { mode, members } = decided.decision
        const expected = blind ? 'frozen' : live.length === 0 ? 'last-resort' : mode
        expect(mode).toBe(expected)
        if (blind || live.length === 0) continue
        expect(['normal', 'failover']).toContain(mode)
        expect(new Set(members.map(({ target }) => target))).toEqual(new Set(live))
        for (const member of members) {
          const verdict = verdicts.find(({ target }) => target === member.target)
          const alive = verdict?.addresses
            .filter(({ status }) => status !== 'down')
            .map(({ address }) => address)
          if (alive && alive.length > 0) expect(member.addresses).toEqual(alive)
        }
      }
    }),
    options(20260811),
  )
})

test('whom an operator withdrew is served only when nobody else could be', () => {
  fc.assert(
    fc.property(guarded, stories, (pool, story) => {
      for (const { verdicts, decided } of play(pool, story)) {
        const { members } = decided.decision
        const out = new Set(
          verdicts.filter((each) => each.override && each.override.kind !== 'up').map((each) => each.target),
        )
        if (members.some(({ target }) => !out.has(target))) {
          expect(members.every(({ target }) => !out.has(target))).toBe(true)
        }
      }
    }),
    options(20260812),
  )
})

test('failback is never earlier than its delay, never by itself when manual, and SRV never puts a waiting one first', () => {
  fc.assert(
    fc.property(pools, stories, (pool, story) => {
      if (pool.policy === 'all') return
      // The model: since when each target has stood as it does, told from the verdicts alone.
      const since = new Map<string, { standing: string; atMs: number }>()
      let incumbents: readonly string[] = []
      for (const { nowMs, verdicts, blind, decided } of play(pool, story)) {
        if (blind) continue
        for (const { target, effective } of verdicts) {
          const standing = effective === 'unknown' ? 'up' : effective
          if (since.get(target)?.standing !== standing) since.set(target, { standing, atMs: nowMs })
        }
        const { active, members, mode } = decided.decision
        if (mode === 'last-resort') {
          incumbents = []
          continue
        }
        const tierOf = (id: string) =>
          members.find(({ target }) => target === id)?.priority ?? Number.POSITIVE_INFINITY
        const alive = incumbents.filter((id) => Number.isFinite(tierOf(id)))
        const present = Math.min(...alive.map(tierOf))
        const front = active[0]?.priority ?? 0
        expect(members[0]?.priority).toBe(front)
        if (alive.length > 0 && front < present) {
          const insisted = verdicts.some(
            (each) => each.override?.kind === 'up' && tierOf(each.target) === front,
          )
          const waitedMs = active.map(({ target }) => nowMs - (since.get(target)?.atMs ?? nowMs))
          const longest = Math.max(
            ...members
              .filter(({ priority }) => priority === front)
              .map(({ target }) => nowMs - (since.get(target)?.atMs ?? nowMs)),
            ...waitedMs,
          )
          if (!insisted) {
            expect(pool.failback.mode).toBe('auto')
            if (pool.failback.mode === 'auto') expect(longest).toBeGreaterThanOrEqual(pool.failback.delayMs)
          }
        }
        incumbents = active.map(({ target }) => target)
      }
    }),
    options(20260813),
  )
})

test('the same arguments give the same decision, and a state that went through JSON does too', () => {
  fc.assert(
    fc.property(guarded, stories, (pool, story) => {
      for (const { nowMs, verdicts, blind, previous, decided } of play(pool, story)) {
        const again = decide(pool, 'options', verdicts, previous, { nowMs, blind })
        expect(again).toEqual(decided)
        if (previous === undefined) continue
        const reread = readPolicyState(JSON.parse(JSON.stringify(previous)))
        expect(reread).toEqual(previous)
        expect(decide(pool, 'options', verdicts, reread, { nowMs, blind })).toEqual(decided)
      }
    }),
    options(20260814),
  )
})

test('blindness leaves no trace: with the blind moments left out, the decisions that follow are the same', () => {
  fc.assert(
    fc.property(
      guarded,
      stories,
      fc.array(fc.boolean(), { minLength: 25, maxLength: 25 }),
      (pool, story, blinds) => {
        // Time still passes while blind, so a seeing moment inherits the steps of the blind ones before it.
        const first = story.map((moment, at) => ({ ...moment, blind: at > 0 && blinds[at] === true }))
        const seeing: Moment[] = []
        let carriedS = 0
        for (const moment of first) {
          if (moment.blind) carriedS += moment.stepS
          else {
            seeing.push({ ...moment, stepS: moment.stepS + carriedS })
            carriedS = 0
          }
        }
        const mixed = play(pool, first)
          .filter(({ blind }) => !blind)
          .map(({ decided }) => decided)
        expect(mixed).toEqual(play(pool, seeing).map(({ decided }) => decided))
      },
    ),
    options(20260815),
  )
})

test('nothing moves by itself before the time that a decision names, or ever when it names none', () => {
  fc.assert(
    fc.property(guarded, stories, fc.double({ min: 0, max: 1, noNaN: true }), (pool, story, part) => {
      for (const { nowMs, verdicts, blind, decided } of play(pool, story)) {
        const { reviewAtMs, state, decision } = decided
        const spanMs = reviewAtMs === undefined ? 10 * 86_400_000 : reviewAtMs - 1 - nowMs
        const laterMs = nowMs + Math.floor(part * spanMs)
        const later = decide(pool, 'options', verdicts, state, { nowMs: laterMs, blind }).decision
        expect(later.members).toEqual(decision.members)
        expect(later.active).toEqual(decision.active)
        expect(later.mode).toBe(decision.mode)
      }
    }),
    options(20260816),
  )
})
