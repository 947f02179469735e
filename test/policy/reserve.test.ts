import { describe, expect, it } from 'vitest'
import { candidatesOf } from '../../src/policy/candidates.ts'
import type { Candidate, Standing } from '../../src/policy/definition.ts'
import { reservesOf } from '../../src/policy/reserve.ts'
import { poolOf, targetOf, verdictOf } from '../support/pool-sim.ts'

const targets = ['a', 'b', 'c'].map((name) => targetOf(name))

/** How each stands, and how it is measured where it is left out for flapping. */
function reserve(...seats: readonly { standing: Standing; real?: Standing; withdrawn?: true }[]) {
  const plain = candidatesOf(
    poolOf(targets),
    targets.map((target) => verdictOf(target, 'up')),
  )
  const candidates = plain.map((candidate, at): Candidate => {
    const { standing = 'down', real, withdrawn = false } = seats[at] ?? {}
    const damped = real === undefined ? {} : { damped: { untilMs: 9000, penalty: 2500, real } }
    return { ...candidate, standing, withdrawn, ...damped }
  })
  const found = reservesOf(candidates)
  const serve = found?.candidates.filter(({ standing }) => standing === 'up').map(({ target }) => target.name)
  return found === undefined ? undefined : `${found.reserve}: ${serve?.join(' ')}`
}

describe('who serves when nobody is live', () => {
  it('is who was left out for flapping and answers now', () => {
    expect(
      reserve({ standing: 'down', real: 'down' }, { standing: 'down', real: 'up' }, { standing: 'drain' }),
    ).toBe('damped: b')
    expect(reserve({ standing: 'down', real: 'degraded' }, { standing: 'down' }, { standing: 'drain' })).toBe(
      'damped: a',
    )
  })

  it('else who drains by its own word, not by an operator', () => {
    expect(reserve({ standing: 'down', real: 'down' }, { standing: 'drain' }, { standing: 'down' })).toBe(
      'draining: b',
    )
    expect(reserve({ standing: 'drain', withdrawn: true }, { standing: 'drain' }, { standing: 'down' })).toBe(
      'draining: b',
    )
  })

  it('else who flaps and is down right now', () => {
    expect(reserve({ standing: 'down', real: 'down' }, { standing: 'down' }, { standing: 'down' })).toBe(
      'flapping: a',
    )
    expect(reserve({ standing: 'down' }, { standing: 'down' }, { standing: 'down' })).toBeUndefined()
  })

  it('is nobody of these while somebody is live', () => {
    expect(
      reserve({ standing: 'up' }, { standing: 'drain' }, { standing: 'down', real: 'up' }),
    ).toBeUndefined()
    expect(reserve({ standing: 'degraded' }, { standing: 'drain' }, { standing: 'down' })).toBeUndefined()
  })
})
