import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DampingSettings } from '../../src/core/settings.ts'
import type { Status } from '../../src/core/verdict.ts'
import { nextMerit } from '../../src/policy/damping.ts'
import { decide, type PolicyState } from '../../src/policy/decide.ts'
import type { Merit } from '../../src/policy/definition.ts'
import { briefly, poolOf, targetOf, verdictOf } from '../support/pool-sim.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAMPING: DampingSettings = {
  halfLifeMs: 10 * MINUTE,
  suppress: 2000,
  reuse: 750,
  maxSuppressMs: 30 * MINUTE,
}
const START = 1_800_000_000_000

const a = targetOf('a', { addresses: ['192.0.2.1'], priority: 10 })
const b = targetOf('b', { addresses: ['192.0.2.2'], priority: 20 })
const pool = poolOf([a, b], { damping: DAMPING, failback: { mode: 'auto', delayMs: 0 } })

/** Decides again and again: each step is minutes since the start and the status of `a` and of `b`. */
function play(steps: readonly (readonly [number, Status, Status?])[], of = pool) {
  let state: PolicyState | undefined
  return steps.map(([minutes, first, second = 'up']) => {
    const verdicts = [verdictOf(a, first), verdictOf(b, second)]
    const nowMs = START + minutes * MINUTE
    const decided = decide(of, 'options', verdicts, JSON.parse(JSON.stringify(state ?? null)) ?? undefined, {
      nowMs,
      blind: false,
    })
    state = decided.state
    return { ...decided, brief: briefly(decided.decision) }
  })
}

const FLAPS: [number, Status][] = [
  [0, 'up'],
  [1, 'down'],
  [2, 'up'],
  [3, 'down'],
  [4, 'up'],
  [5, 'down'],
  [6, 'up'],
]
const OUT = 'failover A=b SRV=b@20:100'
const IN = 'normal A=a SRV=a@10:100,b@20:100'

test('the third flap within minutes leaves an address out, though it answers, and says until when', () => {
  const scenes = play(FLAPS)
  expect(scenes.map(({ brief }) => brief)).toEqual([IN, OUT, IN, OUT, IN, OUT, OUT])
  const { decision, reviewAtMs } = scenes[6] ?? expect.fail()
  expect(decision.why[0]).toMatch(/^a flaps and is left out until \S+ \(penalty 2\d\d\d\); it is up now$/)
  expect(reviewAtMs).toBeGreaterThan(START + 20 * MINUTE)
})

test('it comes back at the very moment that the decision names, and not before', () => {
  const untilMs = play(FLAPS).at(-1)?.reviewAtMs ?? 0
  const minutes = (untilMs - START) / MINUTE
  const scenes = play([...FLAPS, [minutes - 1 / MINUTE, 'up'], [minutes, 'up']])
  expect(scenes.slice(-2).map(({ brief }) => brief)).toEqual([OUT, IN])
})

test('a flap meanwhile counts as well: who keeps flapping stays out for good', () => {
  const endless = Array.from({ length: 600 }, (_, at): [number, Status] => [at, at % 2 === 0 ? 'up' : 'down'])
  const briefs = play(endless).map(({ brief }) => brief)
  expect(briefs.lastIndexOf(IN)).toBe(4)
})

test('after its last flap it is out for maxSuppress at the longest, however often it flapped', () => {
  const wild = Array.from({ length: 200 }, (_, at): [number, Status] => [
    at / 10,
    at % 2 === 0 ? 'up' : 'down',
  ])
  const lastFlap = 199 / 10
  const scenes = play([...wild, [20, 'up'], [lastFlap + 29.9, 'up'], [lastFlap + 30.1, 'up']])
  expect(scenes.slice(-2).map(({ brief }) => brief)).toEqual([OUT, IN])
})

test('who merely degrades by turns is held degraded, not out', () => {
  const scenes = play(FLAPS.map(([at, status]) => [at, status === 'down' ? 'degraded' : status]))
  expect(scenes.at(-1)?.brief).toBe('failover A=b SRV=a@20:100,b@20:100')
  expect(scenes.at(-1)?.decision.why[0]).toContain('a flaps and is held degraded until')
})

test('damping makes no outage: with the other one dead, who flaps serves, and the answer stands still', () => {
  const dead = play([
    ...FLAPS.map(([at, s]): [number, Status, Status] => [at, s, 'up']),
    [7, 'up', 'down'],
    [8, 'down', 'down'],
    [9, 'up', 'down'],
  ])
  const ALONE = 'last-resort A=a SRV=a@10:100'
  expect(dead.slice(-3).map(({ brief }) => brief)).toEqual([ALONE, ALONE, ALONE])
  expect(dead.at(-1)?.decision.why[0]).toContain('left out for flapping are served')
})

test('an operator who puts it up passes damping, and his own switching is no flap', () => {
  const verdicts = (kind?: 'up' | 'down') => [
    verdictOf(a, 'up', kind === undefined ? {} : { override: { kind } }),
    verdictOf(b, 'up'),
  ]
  let state: PolicyState | undefined
  for (let turn = 0; turn < 10; turn++) {
    for (const kind of ['down', undefined] as const) {
      state = decide(pool, 'options', verdicts(kind), state, {
        nowMs: START + turn * 1000,
        blind: false,
      }).state
    }
  }
  expect(state?.merits).toEqual({})
  const flapped = play(FLAPS).at(-1)?.state
  const insisted = decide(pool, 'options', verdicts('up'), flapped, {
    nowMs: START + 7 * MINUTE,
    blind: false,
  })
  expect(briefly(insisted.decision)).toBe(IN)
})

test('each address has its own merit: a flapping AAAA leaves the A alone', () => {
  const dual = targetOf('a', { addresses: ['192.0.2.1', '2001:db8::1'] })
  const alone = poolOf([dual, b], { damping: DAMPING })
  let state: PolicyState | undefined
  for (let at = 0; at < 7; at++) {
    const verdicts = [
      verdictOf(dual, 'up', { dead: at % 2 === 1 ? ['2001:db8::1'] : [] }),
      verdictOf(b, 'up'),
    ]
    state = decide(alone, 'options', verdicts, state, { nowMs: START + at * MINUTE, blind: false }).state
  }
  const last = decide(alone, 'options', [verdictOf(dual, 'up'), verdictOf(b, 'up')], state, {
    nowMs: START + 7 * MINUTE,
    blind: false,
  })
  expect(last.decision.members[0]?.addresses).toEqual(['192.0.2.1'])
  expect(last.decision.why[0]).toContain('a flaps and is held in part')
})

test('a server that serves for want of a better one keeps the address that flaps, beside the one that is dead', () => {
  const dual = targetOf('a', { addresses: ['192.0.2.1', '2001:db8::1'] })
  const alone = poolOf([dual, b], { damping: DAMPING })
  let state: PolicyState | undefined
  for (let at = 0; at < 6; at++) {
    const dead = at % 2 === 1 ? ['192.0.2.1'] : []
    const verdicts = [verdictOf(dual, 'up', { dead }), verdictOf(b, 'up')]
    state = decide(alone, 'options', verdicts, state, { nowMs: START + at * MINUTE, blind: false }).state
  }
  const { decision } = decide(alone, 'options', [verdictOf(dual, 'down'), verdictOf(b, 'down')], state, {
    nowMs: START + 6 * MINUTE,
    blind: false,
  })
  expect(decision.why[0]).toContain('left out for flapping are served')
  expect(decision.active.map(({ addresses }) => addresses)).toEqual([['192.0.2.1', '2001:db8::1']])
})

test('a reload that shortens maxSuppress lets go of who is held for longer', () => {
  const { state } = play(FLAPS).at(-1) ?? expect.fail()
  const shorter = poolOf([a, b], {
    ...pool,
    damping: { ...DAMPING, halfLifeMs: MINUTE, maxSuppressMs: 4 * MINUTE },
  })
  const at = (minutes: number) =>
    decide(shorter, 'options', [verdictOf(a, 'up'), verdictOf(b, 'up')], state, {
      nowMs: START + minutes * MINUTE,
      blind: false,
    })
  expect(at(7).reviewAtMs).toBe(START + 9 * MINUTE)
  expect([briefly(at(8.9).decision), briefly(at(9).decision)]).toEqual([OUT, IN])
})

test('who never flapped leaves no record, and an old record is forgotten', () => {
  const states = play([
    [0, 'up'],
    [1, 'down'],
    [2, 'up'],
    [30, 'up'],
  ]).map(({ state }) => Object.keys(state.merits ?? {}))
  expect(states).toEqual([[], ['edge/a 192.0.2.1'], ['edge/a 192.0.2.1'], []])
})

/** How often it was let out within the worst hour: downs that moved an answer. */
function worstHour(pausesS: readonly number[]): number {
  let merit: Merit | undefined
  let nowMs = START
  const outs: number[] = []
  for (const pauseS of pausesS) {
    nowMs += pauseS * 500
    const held = merit?.untilMs !== undefined && merit.untilMs > nowMs
    merit = nextMerit(merit, 2, DAMPING, nowMs)
    if (!held) outs.push(nowMs)
    nowMs += pauseS * 500
    merit = nextMerit(merit, 0, DAMPING, nowMs)
  }
  return Math.max(
    0,
    ...outs.map((atMs) => outs.filter((other) => other >= atMs && other < atMs + HOUR).length),
  )
}

test('at any period from 1 s to 1 h a flapping address leaves the answers at most 9 times within any hour', () => {
  for (let periodS = 1; periodS <= 3600; periodS = Math.ceil(periodS * 1.05)) {
    const flaps = Math.ceil((6 * 3600) / periodS)
    expect(worstHour(Array(flaps).fill(periodS)), `period ${periodS} s`).toBeLessThanOrEqual(9)
  }
})

test('nor can any sequence of pauses bring it above that', () => {
  const pauses = fc.array(fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 300, max: 1500 })), {
    minLength: 10,
    maxLength: 120,
  })
  fc.assert(
    fc.property(pauses, (given) => {
      expect(worstHour(given)).toBeLessThanOrEqual(9)
    }),
    { seed: 20261103, numRuns: 2000 },
  )
})

test('a penalty is finite, never negative, and decays to reuse exactly when the address is let back', () => {
  const ranks = fc.array(
    fc.record({ rank: fc.constantFrom<Merit['rank']>(0, 1, 2), stepS: fc.integer({ min: 0, max: 4000 }) }),
    { maxLength: 80 },
  )
  fc.assert(
    fc.property(ranks, (story) => {
      let merit: Merit | undefined
      let nowMs = START
      for (const { rank, stepS } of story) {
        nowMs += stepS * 1000
        merit = nextMerit(merit, rank, DAMPING, nowMs)
        if (merit?.untilMs === undefined) continue
        const left = merit.penalty * 2 ** (-(merit.untilMs - merit.atMs) / DAMPING.halfLifeMs)
        expect(left).toBeLessThanOrEqual(DAMPING.reuse + 1e-6)
        expect(left).toBeGreaterThan(DAMPING.reuse * 0.99)
        expect(merit.untilMs - merit.atMs).toBeLessThanOrEqual(DAMPING.maxSuppressMs + 1)
      }
    }),
    { seed: 20261104, numRuns: 500 },
  )
})
