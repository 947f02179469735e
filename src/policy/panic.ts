import type { PoolSettings } from '../core/settings.ts'
import { isLive } from './candidates.ts'
import type { Candidate } from './definition.ts'

/** Too few live targets. */
export interface Panic {
  readonly live: number
  readonly needed: number
  /** Those that no operator withdrew. */
  readonly of: number
}

/**
 * `minLive`: below it the few that are left would be run over, and so many deaths at once are more likely our own mistake; so all are
 * served. Whom an operator withdrew is not missed: a pool that is half in maintenance is no half-dead pool.
 */
export function panicOf(pool: PoolSettings, candidates: readonly Candidate[]): Panic | undefined {
  const { minLive } = pool
  if (minLive === undefined) return undefined
  const of = candidates.filter(({ withdrawn }) => !withdrawn).length
  const needed = 'count' in minLive ? Math.min(minLive.count, of) : Math.ceil((of * minLive.percent) / 100)
  const live = candidates.filter(isLive).length
  return live < needed ? { live, needed, of } : undefined
}
