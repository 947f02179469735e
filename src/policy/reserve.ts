import { isLive } from './candidates.ts'
import type { Candidate } from './definition.ts'

/** Why the reserve serves. */
export type Reserve = 'damped' | 'draining' | 'flapping'

export interface Reserves {
  readonly candidates: readonly Candidate[]
  readonly reserve: Reserve
}

/**
 * Who is better than the dead when nobody is live: damping and a server's wish to rest must never make an outage. The first row that has
 * anybody.
 *
 * | who                                  | because                                                              |
 * |--------------------------------------|----------------------------------------------------------------------|
 * | left out for flapping, up right now  | it takes calls                                                       |
 * | draining by its own word             | it lives, and may take some                                          |
 * | left out for flapping, down right now | it will be back in moments: the answer stands still meanwhile        |
 *
 * Undefined when there is nobody of that kind; the others stay as they are.
 */
export function reservesOf(candidates: readonly Candidate[]): Reserves | undefined {
  if (candidates.some(isLive)) return undefined
  const rows: readonly [Reserve, (candidate: Candidate) => boolean][] = [
    ['damped', ({ damped }) => damped !== undefined && isLive({ standing: damped.real })],
    ['draining', ({ standing, withdrawn }) => standing === 'drain' && !withdrawn],
    ['flapping', ({ damped }) => damped !== undefined],
  ]
  for (const [reserve, fits] of rows) {
    if (!candidates.some(fits)) continue
    return {
      reserve,
      candidates: candidates.map((each) => (fits(each) ? { ...each, standing: 'up' } : each)),
    }
  }
  return undefined
}
