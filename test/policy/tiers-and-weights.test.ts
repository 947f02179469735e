import { expect, test } from 'vitest'
import type { Status } from '../../src/core/verdict.ts'
import { decide } from '../../src/policy/decide.ts'
import { briefly, poolOf, targetOf, verdictOf } from '../support/pool-sim.ts'

const LETTERS: Record<string, Status> = { u: 'up', g: 'degraded', x: 'down', '?': 'unknown' }
const a = targetOf('a', { priority: 10, weight: 60 })
const b = targetOf('b', { priority: 10, weight: 1 })
const zero = targetOf('zero', { priority: 10, weight: 0 })
const c = targetOf('c', { priority: 20, weight: 100 })
const targets = [a, b, zero, c]

function first(policy: 'all' | 'weighted', letters: string) {
  const verdicts = targets.map((target, at) => verdictOf(target, LETTERS[letters[at] ?? 'u'] ?? 'up'))
  const pool = poolOf(targets, { policy })
  return decide(pool, 'options', verdicts, undefined, { nowMs: 0, blind: false }).decision
}

test.each([
  { seen: 'uuuu', brief: 'normal A=a+b+zero+c SRV=a@10:60,b@10:1,zero@10:0,c@20:100' },
  { seen: 'xuux', brief: 'normal A=b+zero SRV=b@10:1,zero@10:0' },
  { seen: 'guuu', brief: 'normal A=b+zero+a+c SRV=b@10:1,zero@10:0,a@20:60,c@20:100' },
  { seen: 'xxxu', brief: 'failover A=c SRV=c@20:100' },
  { seen: 'xxxx', brief: 'last-resort A=a+b+zero+c SRV=a@10:60,b@10:1,zero@10:0,c@20:100' },
])('all, verdicts $seen: $brief', ({ seen, brief }) => {
  const decision = first('all', seen)
  expect(briefly(decision)).toBe(brief)
  expect(decision.pick).toBe('all')
})

test.each([
  { seen: 'uuuu', brief: 'normal A=a+b SRV=a@10:60,b@10:1,zero@10:0,c@20:100' },
  { seen: 'xuuu', brief: 'normal A=b SRV=b@10:1,zero@10:0,c@20:100' },
  // Half the weight, and never none: a share of one stays one.
  { seen: 'gguu', brief: 'normal A=a+b SRV=a@10:30,b@10:1,zero@10:0,c@20:100' },
  // Weight 0 gets A only when nobody else of its tier is left.
  { seen: 'xxuu', brief: 'normal A=zero SRV=zero@10:0,c@20:100' },
  { seen: 'xxxu', brief: 'failover A=c SRV=c@20:100' },
  { seen: 'xxxg', brief: 'failover A=c SRV=c@20:50' },
  { seen: 'xxxx', brief: 'last-resort A=a+b+c SRV=a@10:60,b@10:1,zero@10:0,c@20:100' },
])('weighted, verdicts $seen: $brief', ({ seen, brief }) => {
  const decision = first('weighted', seen)
  expect(briefly(decision)).toBe(brief)
  expect(decision.pick).toBe('one')
})
