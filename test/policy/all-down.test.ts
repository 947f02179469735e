import { describe, expect, it } from 'vitest'
import type { PoolSettings } from '../../src/core/settings.ts'
import type { Override, Status } from '../../src/core/verdict.ts'
import { decide, type PolicyState } from '../../src/policy/decide.ts'
import { briefly, poolOf, targetOf, verdictOf } from '../support/pool-sim.ts'

const targets = [targetOf('a'), targetOf('b'), targetOf('c', { priority: 20 })]
const fallback = [targetOf('x', { priority: 10 }), targetOf('y', { priority: 20 })]
const STATUS: Readonly<Record<string, Status>> = { u: 'up', d: 'down' }

/** `uud duu`: one scene after the other, a letter a target; `D`: an operator's `down`. */
function play(rest: Partial<PoolSettings>, scenes: string): string[] {
  const pool = poolOf(targets, rest)
  let state: PolicyState | undefined
  return scenes.split(' ').map((is, at) => {
    const verdicts = targets.map((target, index) => {
      const letter = is[index] ?? 'u'
      const override: Override | undefined = letter === 'D' ? { kind: 'down' } : undefined
      return verdictOf(target, STATUS[letter] ?? 'down', override === undefined ? {} : { override })
    })
    const decided = decide(pool, 'options', verdicts, state, { nowMs: at * 1000, blind: false })
    state = decided.state
    return briefly(decided.decision)
  })
}
const last = (scenes: readonly string[]) => scenes.at(-1)

describe('when no target is live', () => {
  it('serves all but whom an operator withdrew, and him where nobody else is left', () => {
    expect(last(play({}, 'uuu Ddd'))).toBe('last-resort A=b+c SRV=b@10:100,c@20:100')
    expect(last(play({}, 'uuu DDD'))).toBe('last-resort A=a+b+c SRV=a@10:100,b@10:100,c@20:100')
  })

  it('serves the last good answer without whom an operator withdrew since', () => {
    expect(last(play({ allDown: 'last-good' }, 'uuu ddd'))).toBe(
      'last-resort A=a+b SRV=a@10:100,b@10:100,c@20:100',
    )
    expect(last(play({ allDown: 'last-good' }, 'uuu Ddd'))).toBe('last-resort A=b SRV=b@10:100,c@20:100')
    expect(last(play({ allDown: 'last-good' }, 'ddd'))).toBe(
      'last-resort A=a+b+c SRV=a@10:100,b@10:100,c@20:100',
    )
  })

  it('serves the best tier of the fallback, or all of it where the policy serves every target', () => {
    const served = (policy: string) => last(play({ allDown: 'fallback', fallback, policy }, 'uuu ddd'))
    expect(served('failover')).toBe('last-resort A=x SRV=x@10:100,y@20:100')
    expect(served('weighted')).toBe('last-resort A=x SRV=x@10:100,y@20:100')
    expect(served('all')).toBe('last-resort A=x+y SRV=x@10:100,y@20:100')
  })

  it('serves all where a fallback is asked for and none is there', () => {
    expect(last(play({ allDown: 'fallback' }, 'uuu ddd'))).toBe(
      'last-resort A=a+b+c SRV=a@10:100,b@10:100,c@20:100',
    )
  })

  it('goes to whoever comes back first, and owes nobody a failback', () => {
    expect(play({ failback: { mode: 'manual' } }, 'ddu ddd uud').at(-1)).toBe(
      'normal A=a+b SRV=a@10:100,b@10:100',
    )
  })
})
