import { expect, test } from 'vitest'
import type { PoolSettings } from '../../src/core/settings.ts'
import type { Override, Status } from '../../src/core/verdict.ts'
import { type Decided, decide, type PolicyState } from '../../src/policy/decide.ts'
import { readPolicyState } from '../../src/policy/state.ts'
import { briefly, poolOf, targetOf, verdictOf } from '../support/pool-sim.ts'

const a = targetOf('a', { priority: 10 })
const b = targetOf('b', { priority: 20 })
const c = targetOf('c', { priority: 30, addresses: ['192.0.2.30', '2001:db8::30'] })
const spare = targetOf('spare', { addresses: ['198.51.100.1'] })
const pool = poolOf([a, b, c])
const LETTERS: Record<string, Status> = { u: 'up', g: 'degraded', x: 'down', '?': 'unknown' }

function round(
  letters: string,
  previous: PolicyState | undefined,
  { blind = false, nowMs = 0, settings = pool, overrides = {} as Record<string, Override> } = {},
): Decided {
  const verdicts = settings.targets.map((target, at) => {
    const override = overrides[target.name]
    return verdictOf(target, LETTERS[letters[at] ?? 'u'] ?? 'up', override === undefined ? {} : { override })
  })
  return decide(settings, 'options', verdicts, previous, { nowMs, blind })
}

const failedOver = round('xuu', round('uuu', undefined).state, { nowMs: 1000 }).state

test('what was answered stays while blind, and nothing is learnt', () => {
  const frozen = round('xxx', failedOver, { blind: true, nowMs: 99_000 })
  expect(briefly(frozen.decision)).toBe('frozen A=b SRV=b@20:100,c@30:100')
  expect(frozen.decision).toMatchObject({ suspect: true })
  expect(frozen.decision.why[0]).toBe('everything fell silent at once: the last answer stays')
  expect(frozen.state).toEqual(failedOver)
})

test('a reload that gives the one who serves another address while blind publishes that one', () => {
  const moved = { ...pool, targets: [a, { ...b, addresses: ['198.51.100.20'] }, c] }
  const { decision } = round('xxx', failedOver, { blind: true, settings: moved })
  expect(decision.active).toMatchObject([{ name: 'b', addresses: ['198.51.100.20'] }])
})

test.each([
  { allDown: 'serve-all' as const, brief: 'frozen A=a+b+c SRV=a@10:100,b@20:100,c@30:100' },
  // Empty by `nodata` was right while we saw them dead; now we do not know.
  { allDown: 'nodata' as const, brief: 'frozen A=b SRV=b@20:100,c@30:100' },
  { allDown: 'fallback' as const, brief: 'frozen A=spare SRV=spare@10:100' },
])('blind after a last resort by $allDown: $brief', ({ allDown, brief }) => {
  const settings: PoolSettings = { ...pool, allDown, fallback: [spare] }
  const resort = round('xxx', failedOver, { settings })
  expect(resort.decision.mode).toBe('last-resort')
  expect(briefly(round('xxx', resort.state, { settings, blind: true }).decision)).toBe(brief)
})

test('blind from the start serves all, and says that there was no answer to keep', () => {
  const { decision } = round('xxx', undefined, { blind: true, settings: { ...pool, allDown: 'nodata' } })
  expect(briefly(decision)).toBe('frozen A=a+b+c SRV=a@10:100,b@20:100,c@30:100')
  expect(decision.why[0]).toBe('nothing was heard from anybody yet: all targets are served')
})

test.each([
  { overrides: { c: { kind: 'drain' } }, brief: 'frozen A=b SRV=b@20:100' },
  { overrides: { b: { kind: 'down' } }, brief: 'frozen A=c SRV=c@30:100' },
  // Withdrawing the last one would leave an empty answer.
  { overrides: { b: { kind: 'down' }, c: { kind: 'drain' } }, brief: 'frozen A=b SRV=b@20:100,c@30:100' },
  { overrides: { a: { kind: 'up' } }, brief: 'frozen A=a SRV=a@10:100,b@20:100,c@30:100' },
  { overrides: { c: { kind: 'up' } }, brief: 'frozen A=b SRV=b@20:100,c@30:100' },
  { overrides: { a: { kind: 'up' }, b: { kind: 'down' } }, brief: 'frozen A=a SRV=a@10:100,c@30:100' },
] as { overrides: Record<string, Override>; brief: string }[])('while blind, $overrides: $brief', (row) => {
  const { overrides, brief } = row
  expect(briefly(round('xxx', failedOver, { blind: true, overrides }).decision)).toBe(brief)
})

test('policy all lets an insisted target join the active ones while blind', () => {
  const settings = { ...pool, policy: 'all' }
  const before = round('xux', undefined, { settings }).state
  const overrides: Record<string, Override> = { a: { kind: 'up' } }
  const { decision } = round('xxx', before, { settings, blind: true, overrides })
  expect(briefly(decision)).toBe('frozen A=a+b SRV=a@10:100,b@20:100')
})

test('an insisted target joins its own tier where that serves, and takes over in the order of tiers', () => {
  const twin = targetOf('twin', { priority: 20 })
  const settings = { ...pool, targets: [c, twin, b, a] }
  const before = round('uxux', undefined, { settings }).state
  const insist = (name: string) =>
    briefly(round('xxxx', before, { settings, blind: true, overrides: { [name]: { kind: 'up' } } }).decision)
  expect(insist('twin')).toBe('frozen A=twin+b SRV=twin@20:100,b@20:100,c@30:100')
  expect(insist('a')).toBe('frozen A=a SRV=a@10:100,b@20:100,c@30:100')
})

test('an insisted target keeps the addresses that it was published with', () => {
  const dual = { ...a, addresses: ['192.0.2.10', '2001:db8::10'] }
  const settings = { ...pool, targets: [dual, b] }
  const verdicts = [verdictOf(dual, 'up', { dead: ['2001:db8::10'] }), verdictOf(b, 'up')]
  const { state } = decide(settings, 'options', verdicts, undefined, { nowMs: 0, blind: false })
  const { decision } = round('xx', state, { settings, blind: true, overrides: { a: { kind: 'up' } } })
  expect(decision.active.map(({ addresses }) => addresses)).toEqual([['192.0.2.10']])
})

test('a reload while blind drops what is no longer configured, and never empties the answer', () => {
  const moved = { ...c, addresses: ['2001:db8::30'] }
  const smaller = { ...pool, targets: [a, moved] }
  expect(briefly(round('xx', failedOver, { blind: true, settings: smaller }).decision)).toBe(
    'frozen A=c SRV=c@30:100',
  )
  const { decision } = round('xx', failedOver, { blind: true, settings: smaller })
  expect(decision.members[0]?.addresses).toEqual(['2001:db8::30'])
  const other = { ...pool, targets: [a] }
  expect(briefly(round('x', failedOver, { blind: true, settings: other }).decision)).toBe(
    'frozen A=a SRV=a@10:100',
  )
})

test('last-good survives a reload the same way', () => {
  const settings: PoolSettings = { ...pool, allDown: 'last-good', targets: [a, c] }
  expect(briefly(round('xx', failedOver, { settings }).decision)).toBe('last-resort A=c SRV=c@30:100')
})

test('a state from disk is the state that was kept, and anything else is refused', () => {
  expect(readPolicyState(JSON.parse(JSON.stringify(failedOver)))).toEqual(failedOver)
  const ramping = round('uuu', failedOver, { nowMs: 2000 }).state
  expect(readPolicyState(JSON.parse(JSON.stringify(ramping)))).toEqual(ramping)
  for (const bad of [
    undefined,
    null,
    [],
    'x',
    {},
    { incumbents: [], tenures: { a: { standing: 'dead', sinceMs: 1 } } },
  ]) {
    expect(readPolicyState(bad)).toBeUndefined()
  }
  const odd = {
    ...failedOver,
    served: {
      mode: 'normal',
      active: [],
      members: [{ target: 'x', name: 'x', addresses: [], priority: 1, weight: 1 }],
    },
  }
  expect(readPolicyState(odd)).toBeUndefined()
})
