import { describe, expect, it, test } from 'vitest'
import type { Status } from '../../src/core/verdict.ts'
import { candidatesOf } from '../../src/policy/candidates.ts'
import type { PolicyState } from '../../src/policy/definition.ts'
import { limitShift } from '../../src/policy/shift.ts'
import { poolOf, targetOf, verdictOf } from '../support/pool-sim.ts'

const STATUS: Readonly<Record<string, Status>> = { u: 'up', d: 'down' }

/** Plays `0 uuu, 1 duu`: seconds and a letter a target. Who takes part after each scene, and when there is room for more. */
function play(weights: readonly number[], maxShiftPercent: number, scenes: string) {
  const targets = weights.map((weight, at) => targetOf('abcdef'[at] ?? '', { weight }))
  const pool = poolOf(targets, { maxShiftPercent })
  let state: PolicyState | undefined
  return scenes.split(', ').map((scene) => {
    const [at, is = ''] = scene.split(' ')
    const verdicts = targets.map((target, index) => verdictOf(target, STATUS[is[index] ?? 'u'] ?? 'up'))
    const limited = limitShift(pool, candidatesOf(pool, verdicts), state, Number(at) * 1000)
    state = { incumbents: [], tenures: {}, shifts: limited.shifts, admitted: limited.admitted }
    const names = limited.candidates
      .filter(({ standing }) => standing === 'up')
      .map(({ target }) => target.name)
    const again = limited.nextMs === undefined ? '' : ` until ${limited.nextMs / 1000}`
    return `${names.join('')}${again}`
  })
}

describe('maxShift', () => {
  it('counts by weight: the heavy one fills the limit, the light ones do not', () => {
    expect(play([80, 10, 10], 25, '0 uuu, 1 udd')).toEqual(['abc', 'a'])
    expect(play([80, 10, 10], 25, '0 uuu, 1 duu, 2 ddu')).toEqual(['abc', 'bc', 'bc until 61'])
  })

  it('counts targets alike where all weights are zero', () => {
    expect(play([0, 0, 0, 0], 50, '0 uuuu, 1 dddu')).toEqual(['abcd', 'cd until 61'])
  })

  test.each([
    { limit: 50, left: 'cd until 61' },
    { limit: 49, left: 'bcd until 61' },
    { limit: 75, left: 'd' },
  ])('lets $limit % go at once, and what just fits', ({ limit, left }) => {
    expect(play([1, 1, 1, 1], limit, '0 uuuu, 1 dddu').at(-1)).toBe(left)
  })

  it('has room again a minute after the first of them moved, at that very moment', () => {
    const scenes = '0 uuuu, 10 duuu, 30 dduu, 40 dddu, 69.999 dddu, 70 dddu, 90 dddd'
    expect(play([1, 1, 1, 1], 50, scenes)).toEqual([
      'abcd',
      'bcd',
      'cd',
      'cd until 70',
      'cd until 70',
      'd',
      '',
    ])
  })

  it('takes a target that is new in the configuration as it is', () => {
    const targets = ['a', 'b'].map((name) => targetOf(name))
    const pool = poolOf(targets, { maxShiftPercent: 1 })
    const state = {
      incumbents: [],
      tenures: {},
      shifts: [{ atMs: 0, percent: 50 }],
      admitted: { 'edge/a': true },
    }
    const candidates = candidatesOf(
      pool,
      targets.map((target) => verdictOf(target, target.name === 'b' ? 'down' : 'up')),
    )
    expect(limitShift(pool, candidates, state, 1000)).toMatchObject({
      admitted: { 'edge/a': true, 'edge/b': false },
      shifts: [{ atMs: 0, percent: 50 }],
    })
  })
})
