import { describe, expect, it } from 'vitest'
import type { DampingSettings } from '../../src/core/settings.ts'
import { nextMerit } from '../../src/policy/damping.ts'
import { decide, type PolicyState } from '../../src/policy/decide.ts'
import type { Merit } from '../../src/policy/definition.ts'
import { poolOf, targetOf, verdictOf } from '../support/pool-sim.ts'

const MINUTE = 60_000
const START = 1_800_000_000_000
const DAMPING: DampingSettings = {
  halfLifeMs: 10 * MINUTE,
  suppress: 2000,
  reuse: 750,
  maxSuppressMs: 30 * MINUTE,
}

/** The record after looks at these minutes, each with a rank. */
function looked(...looks: readonly (readonly [number, Merit['rank']])[]): Merit | undefined {
  return looks.reduce<Merit | undefined>(
    (merit, [minutes, rank]) => nextMerit(merit, rank, DAMPING, START + minutes * MINUTE),
    undefined,
  )
}
const held = (merit: Merit | undefined, minutes: number) => (merit?.untilMs ?? 0) > START + minutes * MINUTE

/** Three flaps: held from the fifth minute on, with a penalty of about 2600. */
const FLAPS: [number, Merit['rank']][] = [
  [0, 0],
  [1, 2],
  [2, 0],
  [3, 2],
  [4, 0],
  [5, 2],
  [6, 0],
]

describe('the merit of an address', () => {
  it('never rises above what sinks to reuse within maxSuppress', () => {
    const wild = Array.from({ length: 100 }, (_, at): [number, Merit['rank']] => [
      at / 60,
      at % 2 === 0 ? 2 : 0,
    ])
    expect(looked(...wild)?.penalty).toBe(6000)
  })

  it('is held above suppress, and not at it', () => {
    expect(looked([0, 2], [0, 0], [0, 2])).toEqual({ rank: 2, worst: 2, penalty: 2000, atMs: START })
    expect(looked([0, 2], [0, 0], [0, 2], [0, 0], [0, 2])).toHaveProperty('untilMs')
  })

  it('is held for longer by a flap meanwhile, though its penalty has sunk far by then', () => {
    const before = looked(...FLAPS, [22, 0])
    const again = looked(...FLAPS, [22, 2])
    expect(again?.penalty).toBeLessThan(DAMPING.suppress)
    expect(held(before, 24)).toBe(false)
    expect(held(again, 30)).toBe(true)
  })

  it('keeps the worst that it came to, whatever the last flap was', () => {
    expect(looked(...FLAPS, [7, 1])).toMatchObject({ rank: 1, worst: 2 })
    expect(looked([0, 1], [1, 0], [2, 2])?.worst).toBe(2)
  })

  it('counts one death once, however long it lasts', () => {
    const hours = Array.from({ length: 100 }, (_, at): [number, Merit['rank']] => [10 + at * 10, 2])
    expect(looked([0, 2], ...hours)).toEqual({ rank: 2, worst: 2, penalty: 1000, atMs: START })
  })

  it('is forgotten at half of reuse, not before', () => {
    expect(looked([0, 2], [14, 0])).toBeDefined()
    expect(looked([0, 2], [14.2, 0])).toBeUndefined()
  })

  it('does not grow where the clock lies before it', () => {
    expect(looked([60, 2], [60, 0], [0, 2])?.penalty).toBe(2000)
  })

  it('is not touched while an operator has the word', () => {
    const [a, b] = [targetOf('a'), targetOf('b')]
    const pool = poolOf([a, b], { damping: DAMPING })
    let state: PolicyState | undefined
    for (let at = 0; at < 10; at++) {
      const verdicts = [
        verdictOf(a, at % 2 === 0 ? 'up' : 'down', { override: { kind: 'up' } }),
        verdictOf(b, 'up'),
      ]
      state = decide(pool, 'options', verdicts, state, { nowMs: START + at * 1000, blind: false }).state
    }
    expect(state?.merits).toEqual({})
  })
})
