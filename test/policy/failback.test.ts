import { expect, test } from 'vitest'
import type { PoolSettings } from '../../src/core/settings.ts'
import type { Status } from '../../src/core/verdict.ts'
import { type Decided, decide, type PolicyState } from '../../src/policy/decide.ts'
import { rampedWeight, rampOf } from '../../src/policy/slow-start.ts'
import { briefly, poolOf, targetOf, verdictOf } from '../support/pool-sim.ts'

const LETTERS: Record<string, Status> = { u: 'up', g: 'degraded', x: 'down', '?': 'unknown' }
const a = targetOf('a', { priority: 10 })
const b = targetOf('b', { priority: 20 })
const c = targetOf('c', { priority: 30 })

/** Scenes like `0 uuu, 10 xuu`: seconds, and a verdict a target, one after the other; the state is handed on as JSON. */
function tell(rest: Partial<PoolSettings>, story: string): Decided[] {
  const targets = rest.targets ?? [a, b, c]
  const pool = poolOf(targets, { failback: { mode: 'auto', delayMs: 60_000 }, ...rest })
  let state: PolicyState | undefined
  return story.split(', ').map((scene) => {
    const [seconds, letters = ''] = scene.split(' ')
    const verdicts = targets.map((target, at) => {
      const up = letters[at] === 'U'
      const status = LETTERS[letters[at] ?? 'u'] ?? 'up'
      return verdictOf(target, status, up ? { override: { kind: 'up' } } : {})
    })
    const context = { nowMs: Number(seconds) * 1000, blind: false }
    const decided = decide(pool, 'options', verdicts, state && JSON.parse(JSON.stringify(state)), context)
    state = decided.state
    return decided
  })
}
test('of two that wait, the review is for the first whose delay ends', () => {
  const story = tell({}, '0 uuu, 10 xxu, 20 xuu, 50 uuu')
  expect(story.map(({ reviewAtMs }) => reviewAtMs)).toEqual([undefined, undefined, 80_000, 80_000])
  const other = tell({}, '0 uuu, 10 xxu, 20 uxu, 50 uuu')
  expect(other.at(-1)?.reviewAtMs).toBe(80_000)
})

const actives = (story: Decided[]) =>
  story.map(({ decision }) => decision.active.map(({ name }) => name).join('+'))

test.each([
  {
    what: 'waits out its delay',
    story: '0 uuu, 10 xuu, 20 uuu, 79.999 uuu, 80 uuu',
    active: 'a b b b a',
  },
  {
    what: 'begins anew after a flap',
    story: '0 uuu, 10 xuu, 20 uuu, 70 xuu, 71 uuu, 130 uuu, 131 uuu',
    active: 'a b b b b b a',
  },
  {
    what: 'takes over at once when the active one dies',
    story: '0 uuu, 10 xuu, 20 uuu, 21 uxu',
    active: 'a b b a',
  },
  {
    what: 'takes over at once by an operator',
    story: '0 uuu, 10 xuu, 20 uuu, 21 Uuu, 22 uuu',
    active: 'a b b a a',
  },
  {
    what: 'goes to the best that is ready',
    story: '0 uuu, 10 xxu, 20 xuu, 50 uuu, 80 uuu, 110 uuu',
    active: 'a c c c b a',
  },
  {
    what: 'ends at once when everything died meanwhile',
    story: '0 uuu, 10 xuu, 20 xxx, 30 uuu',
    active: 'a b a+b+c a',
  },
  {
    what: 'counts degradation as an interruption',
    story: '0 uuu, 10 guu, 20 uuu, 79 uuu, 80 uuu',
    active: 'a b b b a',
  },
  {
    what: 'does not care for a worse tier',
    story: '0 uuu, 10 uxx, 20 uuu',
    active: 'a a a',
  },
])('auto failback $what', ({ story, active }) => {
  expect(actives(tell({}, story)).join(' ')).toBe(active)
})

test.each([
  {
    what: 'for good',
    story: '0 uuu, 10 xuu, 20 uuu, 9999 uuu',
    active: 'a b b b',
  },
  {
    what: 'until an operator says so',
    story: '0 uuu, 10 xuu, 20 uuu, 30 Uuu, 40 uuu',
    active: 'a b b a a',
  },
  {
    what: 'until the active one dies',
    story: '0 uuu, 10 xuu, 20 uuu, 30 uxu, 40 uuu',
    active: 'a b b a a',
  },
])('manual failback waits $what', ({ story, active }) => {
  const told = tell({ failback: { mode: 'manual' } }, story)
  expect(actives(told).join(' ')).toBe(active)
  expect(told.every(({ reviewAtMs }) => reviewAtMs === undefined)).toBe(true)
})

test('while it waits, it is in SRV right behind the serving tier, and the end is a time to look again', () => {
  const [, , waiting] = tell({}, '0 uuu, 10 xuu, 20 uuu')
  expect(waiting && briefly(waiting.decision)).toBe('failover A=b SRV=b@20:100,a@30:100,c@30:100')
  expect(waiting).toMatchObject({ reviewAtMs: 80_000, decision: { suspect: true } })
  expect(waiting?.decision.why).toEqual(['a is back and waits 60 s before it takes over'])
})

test('behind the last possible priority there is no room: who waits there shares it in SRV and serves no A', () => {
  const targets = [targetOf('a', { priority: 10 }), targetOf('b', { priority: 65_535 })]
  const story = '0 uu, 10 xu, 20 uu, 30 uu, 80 uu'
  const told = tell({ targets }, story)
  expect(actives(told).join(' ')).toBe('a b b b a')
  expect(told[2] && briefly(told[2].decision)).toBe('failover A=b SRV=a@65535:100,b@65535:100')
})

test('no delay means at once', () => {
  const told = tell({ failback: { mode: 'auto', delayMs: 0 } }, '0 uuu, 10 xuu, 20 uuu')
  expect(actives(told).join(' ')).toBe('a b a')
})

test('a clock that stepped back over a restart neither hurries a failback nor holds it for ever', () => {
  const told = tell({}, '1000 uuu, 1010 xuu, 1020 uuu, 500 uuu, 559 uuu, 560 uuu')
  expect(actives(told).join(' ')).toBe('a b b b b a')
})

const twins = [targetOf('a', { weight: 60 }), targetOf('b', { weight: 3 })]

test('slow start gives a returned target its weight back by tenths, and looks again at each step', () => {
  const told = tell(
    { targets: twins, slowStartMs: 90_000 },
    '0 uu, 10 xu, 20 uu, 29.999 uu, 30 uu, 109 uu, 110 uu',
  )
  const weights = told.map(({ decision }) => decision.members.find(({ name }) => name === 'a')?.weight)
  expect(weights).toEqual([60, undefined, 6, 6, 12, 54, 60])
  expect(told.map(({ reviewAtMs }) => reviewAtMs)).toEqual([
    undefined,
    undefined,
    30_000,
    30_000,
    40_000,
    110_000,
    undefined,
  ])
  expect(told[2]?.decision).toMatchObject({ suspect: true, why: ['a comes in slowly, 10 % so far'] })
})

test.each([
  {
    what: 'at the first start',
    story: '0 ??, 10 uu',
    weight: 60,
  },
  {
    what: 'when no other target was live',
    story: '0 uu, 10 xx, 20 ux',
    weight: 60,
  },
  {
    what: 'after a blackout of all, for the second to return',
    story: '0 uu, 10 xx, 20 xu, 30 uu',
    weight: 6,
  },
  {
    what: 'after a blackout that ends for all at once',
    story: '0 uu, 10 xx, 20 uu',
    weight: 60,
  },
  {
    what: 'while it is the only one left',
    story: '0 uu, 10 xu, 20 uu, 21 ux',
    weight: 60,
  },
  {
    what: 'for a degraded one that recovers',
    story: '0 gu, 10 uu',
    weight: 60,
  },
])('slow start $what: weight $weight of 60', (row) => {
  const last = tell({ targets: twins, slowStartMs: 90_000 }, row.story).at(-1)
  expect(last?.decision.members.find(({ name }) => name === 'a')?.weight).toBe(row.weight)
})

test('a ramped weight is whole, at least 1, and 0 only where 0 was configured', () => {
  expect([1, 3, 60, 65_535].map((weight) => rampedWeight(weight, 0.1))).toEqual([1, 1, 6, 6554])
  expect(rampedWeight(0, 0.5)).toBe(0)
})

test('every step that a ramp announces is taken at the time it names', () => {
  for (const slowStartMs of [1, 7, 1000, 60_001, 120_000]) {
    const tenures = { 'edge/a': { standing: 'up' as const, sinceMs: 0, returnedAtMs: 12_345 } }
    let ramp = rampOf(tenures, 'edge/a', slowStartMs, 12_345)
    let share = 0
    for (let steps = 0; ramp.nextStepMs !== undefined; steps++) {
      expect(ramp.share).toBeGreaterThan(share)
      expect(steps).toBeLessThan(10)
      share = ramp.share
      const before = ramp.nextStepMs
      ramp = rampOf(tenures, 'edge/a', slowStartMs, before)
    }
    expect(ramp.share).toBe(1)
  }
})
