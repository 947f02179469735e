import { expect, test } from 'vitest'
import type { Status, Verdict } from '../../src/core/verdict.ts'
import { candidatesOf } from '../../src/policy/candidates.ts'
import { poolOf, targetOf, verdictOf } from '../support/pool-sim.ts'

const ADDRESSES = ['192.0.2.1', '192.0.2.2', '2001:db8::1']
const target = targetOf('a', { addresses: ADDRESSES })
const pool = poolOf([target])

const only = (verdicts: readonly Verdict[]) => candidatesOf(pool, verdicts)[0] ?? expect.fail()

test.each<{ are: readonly Status[]; published: readonly number[] }>([
  { are: ['up', 'up', 'up'], published: [0, 1, 2] },
  { are: ['up', 'degraded', 'unknown'], published: [0, 1, 2] },
  { are: ['up', 'down', 'drain'], published: [0] },
  { are: ['down', 'drain', 'unknown'], published: [2] },
  { are: ['down', 'drain', 'down'], published: [1] },
  { are: ['down', 'down', 'down'], published: [0, 1, 2] },
])('of addresses that are $are those numbered $published are published', ({ are, published }) => {
  const verdict: Verdict = {
    ...verdictOf(target, 'up'),
    addresses: ADDRESSES.map((address, at) => ({ address, status: are[at] ?? 'up' })),
  }
  expect(only([verdict]).addresses).toEqual(published.map((at) => ADDRESSES[at]))
})

test.each([
  { kind: 'up', stands: { standing: 'up', withdrawn: false, insisted: true } },
  { kind: 'down', stands: { standing: 'down', withdrawn: true, insisted: false } },
  { kind: 'drain', stands: { standing: 'down', withdrawn: true, insisted: false } },
] as const)("an operator's $kind makes $stands", ({ kind, stands }) => {
  expect(only([verdictOf(target, 'degraded', { override: { kind } })])).toMatchObject(stands)
})

test('what is not known counts as up, with every address', () => {
  expect(only([])).toMatchObject({ standing: 'up', addresses: ADDRESSES, withdrawn: false, insisted: false })
  expect(only([verdictOf(target, 'unknown')]).standing).toBe('up')
})
