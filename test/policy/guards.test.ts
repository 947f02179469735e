import { describe, expect, it } from 'vitest'
import type { PoolSettings } from '../../src/core/settings.ts'
import type { Override, Status } from '../../src/core/verdict.ts'
import { decide, type PolicyState } from '../../src/policy/decide.ts'
import { readPolicyState } from '../../src/policy/state.ts'
import { briefly, poolOf, targetOf, verdictOf } from '../support/pool-sim.ts'

const NAMES = ['a', 'b', 'c', 'd'] as const
const four = NAMES.map((name, at) => targetOf(name, { addresses: [`192.0.2.${at + 1}`], priority: 10 }))
const START = 1_800_000_000_000

const STATUS: Readonly<Record<string, Status>> = { u: 'up', d: 'down', g: 'degraded', r: 'drain' }
const WORD: Readonly<Record<string, Override['kind']>> = { U: 'up', D: 'down', R: 'drain' }

/**
 * Plays scenes like `0 uu, 1 du`: seconds since the start, and one letter for each target. `u`p, `d`own, `g` degraded, `r` draining by its
 * own word; capitals: an operator's word, `U`p, `D`own, d`R`ain. Each state goes through JSON, as over a restart.
 */
function play(rest: Partial<PoolSettings>, scenes: string, targets = four) {
  const pool = poolOf(targets, { policy: 'weighted', ...rest })
  let state: PolicyState | undefined
  return scenes.split(', ').map((scene) => {
    const [at, is = ''] = scene.split(' ')
    const verdicts = targets.map((target, index) => {
      const letter = is[index] ?? 'u'
      const kind = WORD[letter]
      return verdictOf(target, STATUS[letter] ?? 'up', kind === undefined ? {} : { override: { kind } })
    })
    const kept = state === undefined ? undefined : readPolicyState(JSON.parse(JSON.stringify(state)))
    expect(kept).toEqual(state)
    const decided = decide(pool, 'options', verdicts, kept, {
      nowMs: START + Number(at) * 1000,
      blind: false,
    })
    state = decided.state
    const { reviewAtMs, decision } = decided
    const names = decision.members
      .map(({ name, weight }) => (weight === 100 ? name : `${name}:${weight}`))
      .join(' ')
    const active = decision.active.map(({ name }) => name).join(' ')
    const againAt = reviewAtMs === undefined ? undefined : (reviewAtMs - START) / 1000
    return { brief: briefly(decision), names, active, mode: decision.mode, why: decision.why, againAt }
  })
}

const last = <T>(list: readonly T[]): T => list.at(-1) ?? expect.fail('nothing was decided')

describe('minLive', () => {
  it.each([
    { minLive: { count: 2 }, is: 'uudd', mode: 'normal', names: 'a b' },
    { minLive: { count: 2 }, is: 'uddd', mode: 'last-resort', names: 'a b c d' },
    { minLive: { percent: 50 }, is: 'uudd', mode: 'normal', names: 'a b' },
    { minLive: { percent: 51 }, is: 'uudd', mode: 'last-resort', names: 'a b c d' },
    { minLive: { percent: 50 }, is: 'gddd', mode: 'last-resort', names: 'a b c d' },
    // Half of the pool is in maintenance: one of two is left, and half is enough.
    { minLive: { percent: 50 }, is: 'udDD', mode: 'normal', names: 'a' },
    { minLive: { count: 3 }, is: 'uRRR', mode: 'normal', names: 'a' },
    { minLive: { percent: 100 }, is: 'udRu', mode: 'last-resort', names: 'a b d' },
  ])('$minLive with $is is $mode: $names', ({ minLive, is, mode, names }) => {
    expect(last(play({ minLive }, `0 ${is}`))).toMatchObject({ mode, names })
  })

  it('says that it is panic, with the numbers', () => {
    const { why } = last(play({ minLive: { percent: 50 } }, '0 uddd'))
    expect(why[0]).toBe('panic: 1 of 4 targets are live, fewer than minLive (50 %, 2): all are served')
  })

  it('leaves the answer to allDown when nobody is live at all', () => {
    expect(last(play({ minLive: { count: 2 }, allDown: 'nodata' }, '0 dddd')).names).toBe('')
  })
})

describe('maxShift', () => {
  const limited = { maxShiftPercent: 25 }

  it('takes a pool that fails as a whole out piece by piece, a quarter a minute', () => {
    const scenes = play(limited, '0 uuuu, 1 dddu, 59 dddu, 61 dddu, 121 dddu')
    expect(scenes.map(({ names }) => names)).toEqual(['a b c d', 'b c d', 'b c d', 'c d', 'd'])
    expect(scenes[1]?.againAt).toBe(61)
    expect(scenes[1]?.why).toContain(
      'b is down and stays in for now: maxShift lets 25 % of the pool move in a minute',
    )
  })

  it('always lets the first one go, however heavy it is', () => {
    expect(last(play({ maxShiftPercent: 1 }, '0 uuuu, 1 duuu')).names).toBe('b c d')
  })

  it('lets them back no faster, and the dead leave before the living return', () => {
    const scenes = play(limited, '0 dduu, 1 uuud, 61 uuud, 121 uuud')
    expect(scenes.map(({ names }) => names)).toEqual(['c d', 'c', 'a c', 'a b c'])
    expect(scenes[1]?.why).toContain(
      'a is back and stays out for now: maxShift lets 25 % of the pool move in a minute',
    )
  })

  it('is no bar to an operator', () => {
    const scenes = play(limited, '0 uuuu, 1 duuu, 2 dDDu, 3 UDDu')
    expect(scenes.map(({ names }) => names)).toEqual(['a b c d', 'b c d', 'd', 'a d'])
  })

  it('keeps nobody out who is alive while nobody who is answered is', () => {
    const pair = four.slice(0, 2)
    const scenes = play({ maxShiftPercent: 34 }, '0 uu, 1 du, 11 dd, 21 ud, 22 uu', pair)
    expect(scenes.map(({ names }) => names)).toEqual(['a b', 'b', 'b', 'a b', 'a b'])
  })

  it('keeps the only target out of no answer once it is back', () => {
    const scenes = play({ maxShiftPercent: 34, allDown: 'nodata' }, '0 u, 1 d, 21 u', four.slice(0, 1))
    expect(scenes.map(({ names }) => names)).toEqual(['a', '', 'a'])
  })

  it('lets one back that is needed, and the others by their turn', () => {
    const scenes = play(limited, '0 uuuu, 1 dddd, 61 dddd, 121 dddd, 181 dddd, 182 uuuu, 242 uuuu')
    expect(scenes.slice(4).map(({ names }) => names)).toEqual(['a b c d', 'a', 'a b'])
  })

  it('counts a share that is just the limit as within it, whatever its fraction', () => {
    const twelve = [...'abcdefghijkl'].map((name, at) => targetOf(name, { addresses: [`192.0.2.${at + 1}`] }))
    const scenes = play({ maxShiftPercent: 50 }, `0 ${'u'.repeat(12)}, 1 ddddddduuuuu`, twelve)
    expect(last(scenes).names).toBe('g h i j k l')
  })

  it('keeps all targets in rather than none when everything seems to die at once', () => {
    const scenes = play(limited, '0 uuuu, 1 dddd')
    expect(last(scenes)).toMatchObject({ mode: 'normal', names: 'b c d' })
  })
})

describe('holdDown', () => {
  const pair = [targetOf('a', { priority: 10 }), targetOf('b', { priority: 20 })]
  const rest = { policy: 'failover', holdDownMs: 60_000, failback: { mode: 'auto', delayMs: 0 } } as const

  it('makes what can wait wait, and says so', () => {
    const scenes = play(rest, '0 uu, 100 gu, 110 uu, 160 uu', pair)
    expect(scenes.map(({ active }) => active)).toEqual(['a', 'b', 'b', 'a'])
    expect(scenes[2]).toMatchObject({ againAt: 160 })
    expect(scenes[2]?.why).toContain('A and AAAA stay as they are: they changed less than 60 s ago')
  })

  it('lets SRV follow at once', () => {
    const scenes = play(rest, '0 uu, 100 gu, 110 uu', pair)
    expect(last(scenes).brief).toBe('failover A=b SRV=a@10:100,b@20:100')
  })

  it('never makes a death wait', () => {
    const scenes = play(rest, '0 uu, 1 du, 2 ud', pair)
    expect(scenes.map(({ active }) => active)).toEqual(['a', 'b', 'a'])
  })

  it('makes no death wait whose share is handed over', () => {
    const both = four.slice(0, 2)
    const handed = { holdDownMs: 600_000, handoverMs: 90_000 }
    const everybody = play({ ...handed, policy: 'all' }, '0 uu, 1 du', both)
    expect(everybody.map(({ active }) => active)).toEqual(['a b', 'b'])
    const drawn = play({ ...handed, policy: 'weighted' }, '0 uu, 1 du, 91 du', both)
    expect(drawn.map(({ active }) => active)).toEqual(['a b', 'a b', 'b'])
  })

  it('makes a return wait while a death is handed over', () => {
    const scenes = play({ holdDownMs: 60_000, handoverMs: 90_000 }, '0 uud, 1 duu, 59 duu, 60 duu')
    expect(scenes.map(({ active }) => active)).toEqual(['a b d', 'a b d', 'a b d', 'a b c d'])
  })

  it('takes another order of the same targets for no change', () => {
    const rising = { policy: 'all', holdDownMs: 60_000 } as const
    const scenes = play(rising, '0 uu, 100 gu, 101 gu, 110 ug', four.slice(0, 2))
    expect(scenes.map(({ active }) => active)).toEqual(['a b', 'b a', 'b a', 'a b'])
    expect(scenes.map(({ againAt }) => againAt)).toEqual([undefined, undefined, undefined, undefined])
  })

  it('never makes an operator wait', () => {
    const scenes = play(rest, '0 uu, 1 du, 2 uu, 3 Uu', pair)
    expect(scenes.map(({ active }) => active)).toEqual(['a', 'b', 'b', 'a'])
  })
})

describe('handover', () => {
  const pair = four.slice(0, 2)

  it('gives the share of a dead target to the others of its tier in ten steps', () => {
    const scenes = play({ handoverMs: 90_000 }, '0 uu, 1 du, 11 du, 21 du, 81 du, 90 du, 91 du', pair)
    expect(scenes.map(({ names }) => names)).toEqual([
      'a b',
      'a:90 b',
      'a:80 b',
      'a:70 b',
      'a:10 b',
      'a:10 b',
      'b',
    ])
    expect(scenes[1]).toMatchObject({ active: 'a b', againAt: 11 })
    expect(scenes[1]?.why).toContain('a hands its share over, 90 % is left')
  })

  it('takes each step at the moment that the one before it named, into whatever fractions it divides', () => {
    const story = { handoverMs: 100_000 }
    let scenes = '0 uu, 1 du'
    const steps: (string | undefined)[] = []
    for (let step = 0; step < 9; step++) {
      const { againAt, names } = last(play(story, scenes, pair))
      steps.push(names)
      scenes += `, ${againAt} du`
    }
    expect(steps).toEqual([90, 80, 70, 60, 50, 40, 30, 20, 10].map((weight) => `a:${weight} b`))
    expect(last(play(story, scenes, pair)).names).toBe('b')
  })

  it('is not for whom an operator withdraws or who drains, nor for who was never live', () => {
    expect(last(play({ handoverMs: 90_000 }, '0 uu, 1 Du', pair)).names).toBe('b')
    expect(last(play({ handoverMs: 90_000 }, '0 uu, 1 ru', pair)).names).toBe('b')
    expect(last(play({ handoverMs: 90_000 }, '0 du, 1 du', pair)).names).toBe('b')
  })

  it('ends at once when the target is back, or when its tier is gone', () => {
    const back = play({ handoverMs: 90_000 }, '0 uu, 1 du, 5 uu', pair)
    expect(last(back).names).toBe('a b')
    const tiers = [targetOf('a', { priority: 10 }), targetOf('b', { priority: 20 })]
    expect(last(play({ handoverMs: 90_000 }, '0 uu, 1 du', tiers)).names).toBe('b')
  })

  it('names no dead server in A where a response carries them all', () => {
    const scene = last(play({ handoverMs: 90_000, policy: 'all' }, '0 uu, 1 du', pair))
    expect(scene).toMatchObject({ names: 'a:90 b', active: 'b' })
  })
})

describe('a server that asks for no new calls', () => {
  it('leaves the answers while others live, and is told apart from the dead', () => {
    const scene = last(play({}, '0 urdu'))
    expect(scene).toMatchObject({ names: 'a d', mode: 'normal' })
    expect(scene.why).toEqual(['c is down', 'b asks for no new calls'])
  })

  it('serves when all the others are dead: it lives', () => {
    const scene = last(play({ allDown: 'nodata' }, '0 drdd'))
    expect(scene).toMatchObject({ names: 'b', mode: 'last-resort' })
    expect(scene.why[0]).toBe(
      'no target is live but those that ask for no new calls: they are served, since they live',
    )
  })

  it('comes back by slow start, as after any absence', () => {
    const scenes = play({ slowStartMs: 90_000 }, '0 uu, 1 ru, 2 uu', four.slice(0, 2))
    expect(scenes.map(({ names }) => names)).toEqual(['a b', 'b', 'a:10 b'])
  })
})
