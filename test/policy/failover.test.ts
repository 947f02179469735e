import { expect, test } from 'vitest'
import type { Status } from '../../src/core/verdict.ts'
import { decide } from '../../src/policy/decide.ts'
import { briefly, poolOf, targetOf, verdictOf } from '../support/pool-sim.ts'

const a = targetOf('a', { priority: 10, weight: 60 })
const b = targetOf('b', { priority: 10, weight: 40 })
const c = targetOf('c', { priority: 20 })
const d = targetOf('d', { priority: 30 })
const targets = [a, b, c, d]
const pool = poolOf(targets)

/** One letter a target, in order: up, degraded, down (x), unknown (?). */
const LETTERS: Record<string, Status> = { u: 'up', g: 'degraded', x: 'down', '?': 'unknown' }
function first(letters: string, among = targets, rest = {}): string {
  const verdicts = among.map((target, at) => verdictOf(target, LETTERS[letters[at] ?? 'u'] ?? 'up'))
  const fresh = poolOf(among, rest)
  const { decision } = decide(fresh, 'options', verdicts, undefined, { nowMs: 0, blind: false })
  return briefly(decision, fresh)
}

test.each([
  { seen: 'uuuu', brief: 'normal A=a+b SRV=a@10:60,b@10:40,c@20:100,d@30:100' },
  { seen: '????', brief: 'normal A=a+b SRV=a@10:60,b@10:40,c@20:100,d@30:100' },
  { seen: 'xuuu', brief: 'normal A=b SRV=b@10:40,c@20:100,d@30:100' },
  { seen: 'xxuu', brief: 'failover A=c SRV=c@20:100,d@30:100' },
  { seen: 'xxxu', brief: 'failover A=d SRV=d@30:100' },
  { seen: 'uuxx', brief: 'normal A=a+b SRV=a@10:60,b@10:40' },
  // A degraded one goes one tier down, and shares it; A names the sound ones of the tier alone.
  { seen: 'guuu', brief: 'normal A=b SRV=b@10:40,a@20:60,c@20:100,d@30:100' },
  { seen: 'gguu', brief: 'failover A=c SRV=a@20:60,b@20:40,c@20:100,d@30:100' },
  { seen: 'uugu', brief: 'normal A=a+b SRV=a@10:60,b@10:40,c@30:100,d@30:100' },
  // Behind the last tier a new one is made.
  { seen: 'uuug', brief: 'normal A=a+b SRV=a@10:60,b@10:40,c@20:100,d@40:100' },
  // A pool of degraded ones still serves.
  { seen: 'gggg', brief: 'normal A=a+b SRV=a@20:60,b@20:40,c@30:100,d@40:100' },
  { seen: 'xgxx', brief: 'normal A=b SRV=b@20:40' },
  { seen: 'xxgx', brief: 'failover A=c SRV=c@30:100' },
])('verdicts $seen: $brief', ({ seen, brief }) => {
  expect(first(seen)).toBe(brief)
})

test('a degraded target behind the last possible priority stays within 16 bits', () => {
  const last = targetOf('z', { priority: 65_535 })
  expect(first('ug', [a, last])).toBe('normal A=a SRV=a@10:60,z@65535:100')
})

test('the configuration decides the order within a priority, whatever the names', () => {
  expect(first('uu', [b, a])).toBe('normal A=b+a SRV=b@10:40,a@10:60')
})

test('a target without a verdict counts as up, a verdict without a target is passed over', () => {
  const gone = verdictOf(targetOf('gone'), 'up')
  const { decision } = decide(pool, 'options', [gone], undefined, { nowMs: 0, blind: false })
  expect(decision.members.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd'])
  expect(decision.why[0]).toBe('a is not known yet and counts as up')
})

test('only live addresses are published, in the order of the configuration', () => {
  const dual = targetOf('dual', { addresses: ['192.0.2.1', '2001:db8::1', '192.0.2.3'] })
  const verdict = verdictOf(dual, 'up', { dead: ['2001:db8::1'] })
  const { decision } = decide(poolOf([dual]), 'options', [verdict], undefined, { nowMs: 0, blind: false })
  expect(decision.members[0]?.addresses).toEqual(['192.0.2.1', '192.0.2.3'])
  expect(decision.why).toEqual(['dual is up, but not at 2001:db8::1'])
})

test('what an operator puts up against all evidence is published with every address', () => {
  const dual = targetOf('dual', { addresses: ['192.0.2.1', '2001:db8::1'] })
  const verdict = verdictOf(dual, 'down', { override: { kind: 'up' } })
  const { decision } = decide(poolOf([dual]), 'options', [verdict], undefined, { nowMs: 0, blind: false })
  expect(decision).toMatchObject({ mode: 'normal', members: [{ addresses: dual.addresses }] })
})

test.each([
  { why: 'nothing moves', suspect: false, first: {} },
  { why: 'a run has begun', suspect: true, first: { suspect: true } },
  {
    why: 'a run under an override changes nothing',
    suspect: false,
    first: { suspect: true, override: { kind: 'drain' as const } },
  },
])('suspect is $suspect when $why', ({ suspect, first: rest }) => {
  const verdicts = targets.map((target, at) => verdictOf(target, 'up', at === 0 ? rest : {}))
  const { decision } = decide(pool, 'options', verdicts, undefined, { nowMs: 0, blind: false })
  expect(decision.suspect).toBe(suspect)
})

test('the end of an override is a time to look again', () => {
  const at = (untilMs: number) => {
    const verdicts = [verdictOf(a, 'up', { override: { kind: 'drain', untilMs } })]
    return decide(pool, 'options', verdicts, undefined, { nowMs: 1000, blind: false }).reviewAtMs
  }
  expect(at(5000)).toBe(5000)
  expect(at(1000)).toBeUndefined()
})

test('a policy that no configuration passes is a programmer error', () => {
  const odd = poolOf(targets, { policy: 'roulette' })
  expect(() => decide(odd, '', [], undefined, { nowMs: 0, blind: false })).toThrow('unknown policy roulette')
})
