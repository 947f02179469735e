import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Member } from '../../src/core/decision.ts'
import { answerSole, chosen, initialSole, type SoleActive } from '../../src/policy/sole-active.ts'
import { targetOf } from '../support/pool-sim.ts'

const HANDOVER_MS = 10_000

const member = (name: string): Member => {
  const { id, addresses, priority, weight } = targetOf(name)
  return { target: id, name, addresses, priority, weight }
}
const deciding = (...names: string[]) => ({ active: names.map(member) })

/** Asks, and keeps the state. */
function balancer(startMs = 0) {
  let state: SoleActive = initialSole(startMs)
  return {
    ask(asked: string, active: readonly string[], nowMs: number) {
      const answer = answerSole(state, deciding(...active), asked, { nowMs, handoverMs: HANDOVER_MS })
      state = answer.state
      return answer
    },
  }
}

describe('the one active target', () => {
  it('is told after one hand-over from the start, for the life before may have named another', () => {
    const { ask } = balancer()
    expect(ask('a', ['a'], 9_999)).toMatchObject({ active: false, waitMs: 1 })
    expect(ask('a', ['a'], 10_000)).toMatchObject({ active: true })
    expect(ask('b', ['a'], 10_000)).toEqual({ state: { holder: 'a', lastYesMs: 10_000 }, active: false })
  })

  it('changes a whole hand-over after the last yes to the one before', () => {
    const { ask } = balancer()
    ask('a', ['a'], 20_000)
    expect(ask('a', ['b'], 21_000).active).toBe(false)
    expect(ask('b', ['b'], 21_000)).toMatchObject({ active: false, waitMs: 9_000 })
    expect(ask('b', ['b'], 29_999).active).toBe(false)
    expect(ask('b', ['b'], 30_000).active).toBe(true)
    expect(ask('a', ['b'], 30_000).active).toBe(false)
  })

  it('changes at once where nobody was told of the one before for that long', () => {
    const { ask } = balancer()
    ask('a', ['a'], 20_000)
    expect(ask('b', ['b'], 30_001).active).toBe(true)
  })

  it('comes back without a pause when nobody took its place', () => {
    const { ask } = balancer()
    ask('a', ['a'], 20_000)
    ask('b', ['b'], 22_000)
    expect(ask('a', ['a'], 23_000).active).toBe(true)
    // And from that yes the next hand-over counts.
    expect(ask('b', ['b'], 32_000).active).toBe(false)
  })

  it('is nobody where nobody serves', () => {
    const { ask } = balancer()
    expect(ask('a', [], 60_000).active).toBe(false)
  })

  it('stays the same one of a tier with several, for as long as it is among them', () => {
    const state = { holder: 'b', lastYesMs: 0 }
    expect(chosen(state, deciding('a', 'b'))).toBe('b')
    expect(chosen(state, deciding('a', 'c'))).toBe('a')
    expect(chosen(initialSole(0), deciding('a', 'b'))).toBe('a')
  })

  it('is no other one of its tier, neither at first nor when nobody has asked about it for long', () => {
    const { ask } = balancer()
    const standby = { active: false, waitMs: undefined }
    expect({ waitMs: undefined, ...ask('b', ['a', 'b'], 20_000) }).toMatchObject(standby)
    expect(ask('a', ['a', 'b'], 20_000).active).toBe(true)
    expect({ waitMs: undefined, ...ask('b', ['a', 'b'], 90_000) }).toMatchObject(standby)
    expect(ask('a', ['a', 'b'], 90_000).active).toBe(true)
  })

  it('takes over within one hand-over and one question whatever was before, when the decision holds', () => {
    const names = ['a', 'b', 'c'] as const
    const event = fc.record({
      pauseMs: fc.integer({ min: 0, max: 15_000 }),
      asked: fc.constantFrom(...names),
      active: fc.subarray([...names]),
    })
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), fc.constantFrom(...names), (events, last) => {
        const { ask } = balancer()
        let nowMs = 0
        for (const { pauseMs, asked, active } of events) {
          nowMs += pauseMs
          ask(asked, active, nowMs)
        }
        return ask(last, [last], nowMs + HANDOVER_MS).active
      }),
      { numRuns: 2_000, seed: 6 },
    )
  })
})
