import { describe, expect, it } from 'vitest'
import type { Override, Status } from '../../src/core/verdict.ts'
import { decide, type PolicyState } from '../../src/policy/decide.ts'
import { readPolicyState } from '../../src/policy/state.ts'
import { poolOf, targetOf, verdictOf } from '../support/pool-sim.ts'

const targets = [targetOf('sip1', { priority: 10 }), targetOf('sip2', { priority: 20 })]
const pool = poolOf(targets, { failback: { mode: 'auto', delayMs: 60_000 } })

interface Scene {
  readonly atMs: number
  readonly is?: readonly [Status, Status]
  /** Of sip1. */
  readonly override?: Override
  readonly blind?: true
}

/** Who has the word on sip1 and sip2 after each scene: `machine up, machine up`. */
function play(scenes: readonly Scene[], start?: PolicyState): string[] {
  let state = start
  return scenes.map(({ atMs, is = ['up', 'up'], override, blind = false }) => {
    const verdicts = targets.map((target, index) =>
      verdictOf(target, is[index] ?? 'up', index === 0 && override !== undefined ? { override } : {}),
    )
    const decided = decide(pool, 'options', verdicts, state, { nowMs: atMs, blind })
    state = decided.state
    return Object.values(decided.decision.bases ?? {})
      .map(({ by, as }) => `${by} ${as}`)
      .join(', ')
  })
}

const drain: Override = { kind: 'drain' }

describe('who has the word on a target', () => {
  it('is an operator while an override holds, whatever the machine measures', () => {
    expect(
      play([{ atMs: 0 }, { atMs: 1, override: drain }, { atMs: 2, override: drain, is: ['down', 'up'] }]),
    ).toEqual(['machine up, machine up', 'override drain, machine up', 'override drain, machine up'])
  })

  it('stays the end of an override until failback is through, then is the machine', () => {
    expect(
      play([
        { atMs: 0 },
        { atMs: 1_000, override: drain },
        { atMs: 2_000 },
        { atMs: 61_000 },
        { atMs: 62_000 },
        { atMs: 63_000 },
      ]),
    ).toEqual([
      'machine up, machine up',
      'override drain, machine up',
      'override-ended up, machine up',
      'override-ended up, machine up',
      'machine up, machine up',
      'machine up, machine up',
    ])
  })

  it('is the machine at once where the end of an override brings nothing about', () => {
    expect(
      play([
        { atMs: 0, override: drain },
        { atMs: 1, is: ['down', 'up'] },
      ]),
    ).toEqual(['override drain, machine up', 'machine down, machine up'])
  })

  it.each([
    { what: 'slow start', rest: { policy: 'all', slowStartMs: 90_000 }, during: 'up', after: 'up' },
    { what: 'handover', rest: { policy: 'weighted', handoverMs: 90_000 }, during: 'down', after: 'down' },
    { what: 'hold-down', rest: { policy: 'failover', holdDownMs: 90_000 }, during: 'up', after: 'up' },
  ] as const)('stays the end of an override for as long as $what delays what it brings', (row) => {
    const pair = [targetOf('sip1'), targetOf('sip2')]
    const of = poolOf(pair, { failback: { mode: 'auto', delayMs: 0 }, ...row.rest })
    const insists: Override = row.what === 'handover' ? { kind: 'up' } : drain
    let state: PolicyState | undefined
    const by = [undefined, insists, undefined, undefined].map((override, at) => {
      const first = verdictOf(pair[0] ?? expect.fail(), at === 0 ? 'up' : at === 1 ? row.during : row.after, {
        ...(override === undefined ? {} : { override }),
      })
      const verdicts = [first, verdictOf(pair[1] ?? expect.fail(), 'up')]
      const decided = decide(of, 'options', verdicts, state, { nowMs: 100_000 + at * 1000, blind: false })
      state = decided.state
      return decided.decision.bases?.['edge/sip1']?.by
    })
    expect(by).toEqual(['machine', 'override', 'override-ended', 'override-ended'])
  })

  it('tells by which addresses it stands: a family may die alone', () => {
    const dual = targetOf('sip1', { addresses: ['192.0.2.1', '2001:db8::1'] })
    const verdict = verdictOf(dual, 'up', { dead: ['2001:db8::1'] })
    const { decision } = decide(poolOf([dual]), 'options', [verdict], undefined, { nowMs: 0, blind: false })
    expect(decision.bases?.['edge/sip1']).toEqual({ by: 'machine', as: 'up at 192.0.2.1' })
  })

  it('is as before once a word that came and went while we were blind is gone', () => {
    const blind = { is: ['down', 'down'], blind: true } as const
    expect(play([{ atMs: 0 }, { atMs: 1, ...blind, override: drain }, { atMs: 2, ...blind }])).toEqual([
      'machine up, machine up',
      'override drain, machine up',
      'machine up, machine up',
    ])
  })

  it('stays the end of an override for as long as maxShift delays what it brings', () => {
    const limited = poolOf(targets, { policy: 'all', maxShiftPercent: 25 })
    const word = (override?: Override) => (override === undefined ? {} : { override })
    const scene = (
      state: PolicyState | undefined,
      nowMs: number,
      first: Override | undefined,
      second: Status,
    ) => {
      const verdicts = targets.map((target, at) =>
        verdictOf(target, at === 0 ? 'up' : second, at === 0 ? word(first) : {}),
      )
      return decide(limited, 'options', verdicts, state, { nowMs, blind: false })
    }
    let state = scene(undefined, 0, undefined, 'up').state
    state = scene(state, 1_000, drain, 'up').state
    state = scene(state, 2_000, drain, 'down').state
    state = scene(state, 3_000, drain, 'up').state
    const ended = scene(state, 4_000, undefined, 'up')
    expect(ended.decision.members.map(({ name }) => name)).toEqual(['sip2'])
    expect(Object.values(ended.decision.bases ?? {}).map(({ by }) => by)).toEqual([
      'override-ended',
      'machine',
    ])
    expect(scene(ended.state, 70_000, undefined, 'up').decision.bases?.['edge/sip1']?.by).toBe('machine')
  })

  it('is not lost with a restart', () => {
    const verdicts = (override?: Override) =>
      targets.map((target, at) =>
        verdictOf(target, 'up', at === 0 && override !== undefined ? { override } : {}),
      )
    const first = decide(pool, 'options', verdicts(), undefined, { nowMs: 0, blind: false })
    const second = decide(pool, 'options', verdicts(drain), first.state, { nowMs: 1_000, blind: false })
    const kept = readPolicyState(JSON.parse(JSON.stringify(second.state)))
    expect(play([{ atMs: 2_000 }], kept)).toEqual(['override-ended up, machine up'])
  })

  it('moves by an operator alone while we are blind', () => {
    expect(
      play([
        { atMs: 0 },
        { atMs: 1, is: ['down', 'down'], blind: true },
        { atMs: 2, is: ['down', 'down'], blind: true, override: drain },
        { atMs: 3 },
      ]),
    ).toEqual([
      'machine up, machine up',
      'machine up, machine up',
      'override drain, machine up',
      'machine up, machine up',
    ])
  })
})
