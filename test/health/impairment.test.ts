import { expect, test } from 'vitest'
import type { HealthState } from '../../src/core/health.ts'
import { outcome } from '../../src/core/outcome.ts'
import { initialHealth, step } from '../../src/health/machine.ts'

const SEEN = {
  p: outcome('ok', { attempts: 1 }),
  i: outcome('ok', { attempts: 1, impaired: 'took 300 ms, more than 200 ms' }),
  f: outcome('refused', { attempts: 1 }),
  o: outcome('no-route', { attempts: 0 }),
}

function after(story: string, degrade?: { rise: number; fall: number }): HealthState {
  const thresholds = { rise: 2, fall: 3, ...(degrade === undefined ? {} : { degrade }) }
  return [...story].reduce(
    (state, letter, at) => step(state, SEEN[letter as keyof typeof SEEN], thresholds, at),
    initialHealth(0),
  )
}

test.each([
  { story: 'ppii', impaired: false },
  { story: 'ppiii', impaired: true },
  { story: 'iii', impaired: true },
  { story: 'ppiipii', impaired: false },
  { story: 'ppiiip', impaired: true },
  { story: 'ppiiipp', impaired: false },
  { story: 'ppiiipip', impaired: true },
  { story: 'ppiifi', impaired: true },
  { story: 'ppiiifp', impaired: true },
  { story: 'ppiiooi', impaired: true },
])('rise 2, fall 3: $story is impaired: $impaired', ({ story, impaired }) => {
  const state = after(story)
  expect(state.impaired === true).toBe(impaired)
  // An impaired pass is a pass: it never kills.
  expect(state.status).toBe('up')
})

test('degrade has thresholds of its own', () => {
  expect(after('ppi', { rise: 5, fall: 1 }).impaired).toBe(true)
  expect(after('ppipppp', { rise: 5, fall: 1 }).impaired).toBe(true)
  expect(after('ppippppp', { rise: 5, fall: 1 }).impaired).toBeUndefined()
})
