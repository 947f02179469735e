import { describe, expect, it } from 'vitest'
import type { PoolSettings } from '../../src/core/settings.ts'
import type { Override, Status } from '../../src/core/verdict.ts'
import { decide, type PolicyState } from '../../src/policy/decide.ts'
import { poolOf, targetOf, verdictOf } from '../support/pool-sim.ts'

const START = 1_800_000_000_000
const STATUS: Readonly<Record<string, Status>> = { u: 'up', d: 'down', g: 'degraded' }
const targets = [targetOf('a'), targetOf('b'), targetOf('c', { priority: 20 })]

/** As in guards.test.ts: `U` is an operator's `up`. Whom A names after each scene, and the mode. */
function play(rest: Partial<PoolSettings>, scenes: string, of = targets): string[] {
  const pool = poolOf(of, { holdDownMs: 60_000, failback: { mode: 'auto', delayMs: 0 }, ...rest })
  let state: PolicyState | undefined
  return scenes.split(', ').map((scene) => {
    const [at, is = ''] = scene.split(' ')
    const verdicts = of.map((target, index) => {
      const letter = is[index] ?? 'u'
      const override: Override | undefined = letter === 'U' ? { kind: 'up' } : undefined
      return verdictOf(target, STATUS[letter] ?? 'up', override === undefined ? {} : { override })
    })
    const nowMs = START + Number(at) * 1000
    const { decision, state: next } = decide(pool, 'options', verdicts, state, { nowMs, blind: false })
    state = next
    return `${decision.mode} ${decision.active
      .map(({ name }) => name)
      .sort()
      .join('+')}`
  })
}

describe('holdDown', () => {
  it('does not hold an answer of last resort: all were served for want of a better one', () => {
    const pair = [targetOf('a'), targetOf('b', { priority: 20 })]
    expect(play({ minLive: { count: 2 } }, '0 uu, 100 ud, 101 uu', pair)).toEqual([
      'normal a',
      'last-resort a+b',
      'normal a',
    ])
  })

  it('makes others wait though an operator insists on somebody whom the change does not bring', () => {
    expect(play({}, '0 uuU, 10 guU, 60 guU')).toEqual(['normal a+b', 'normal a+b', 'normal b'])
  })

  it('keeps the mode beside the answer that it keeps', () => {
    const pair = [targetOf('a'), targetOf('b', { priority: 20 })]
    expect(play({}, '0 uu, 10 gu, 60 gu, 70 uu', pair)).toEqual([
      'normal a',
      'normal a',
      'failover b',
      'failover b',
    ])
  })

  it('runs from the last change that it let through', () => {
    expect(play({}, '0 uuu, 100 guu, 159 uuu, 160 uuu, 219 guu, 220 guu')).toEqual([
      'normal a+b',
      'normal b',
      'normal b',
      'normal a+b',
      'normal a+b',
      'normal b',
    ])
  })

  it('begins anew where the clock lies before the last change', () => {
    expect(play({}, '1000 uu, 1100 gu, 500 uu, 559 uu, 560 uu')).toEqual([
      'normal a+b',
      'normal b',
      'normal b',
      'normal b',
      'normal a+b',
    ])
  })
})
