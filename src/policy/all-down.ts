import type { AllDown } from '../core/settings.ts'
import type { Target } from '../core/target.ts'
import type { Placed, PolicyState, Round, Serving } from './definition.ts'
import { activeOf, membersOf, recall, without } from './members.ts'
import { tiersOf } from './tiers.ts'

export interface LastResort {
  readonly serving: Serving
  /** What was done in the end: a form that has nothing to give becomes `serve-all`. */
  readonly form: AllDown
}

/**
 * What is answered when no target is live.
 *
 * | allDown   | members                           | when there are none |
 * |-----------|-----------------------------------|---------------------|
 * | serve-all | every configured target           |                     |
 * | last-good | who served while any was live     | serve-all           |
 * | fallback  | the pool's fallback, unprobed     | serve-all           |
 * | nodata    | nobody: the one empty answer      |                     |
 *
 * Whom an operator withdrew stays out for as long as anybody else is left.
 */
export function lastResort(round: Round, good: PolicyState['good']): LastResort {
  const { pool } = round
  switch (pool.allDown) {
    case 'nodata':
      return { serving: { mode: 'last-resort', members: [], active: [] }, form: 'nodata' }
    case 'fallback':
      return pool.fallback.length > 0
        ? { serving: serveFallback(round), form: 'fallback' }
        : { serving: serveAll(round), form: 'serve-all' }
    case 'last-good': {
      const kept = recall(good, pool)
      return kept === undefined
        ? { serving: serveAll(round), form: 'serve-all' }
        : { serving: { ...without(kept, withdrawnIn(round)), mode: 'last-resort' }, form: 'last-good' }
    }
    case 'serve-all':
      return { serving: serveAll(round), form: 'serve-all' }
  }
}

/** Every configured target with every address, in A and AAAA as well: nobody knows which of them will answer first. */
export function serveAll({ pool, policy, candidates }: Round): Serving {
  const welcome = candidates.filter((candidate) => !candidate.withdrawn).map(({ target }) => target)
  const placed = (welcome.length > 0 ? welcome : pool.targets).map(asConfigured)
  const members = membersOf(placed)
  return { mode: 'last-resort', members, active: activeOf(members, policy.select(placed)) }
}

/** Ids of the targets that an operator put down or drains. */
export function withdrawnIn({ candidates }: Round): ReadonlySet<string> {
  return new Set(candidates.filter(({ withdrawn }) => withdrawn).map(({ target }) => target.id))
}

function serveFallback({ pool, policy }: Round): Serving {
  const placed = pool.fallback.map(asConfigured)
  const first = tiersOf(pool.fallback)[0]
  const front = policy.serves === 'every' ? placed : placed.filter((each) => each.priority === first)
  const members = membersOf(placed)
  return { mode: 'last-resort', members, active: activeOf(members, policy.select(front)) }
}

function asConfigured(target: Target): Placed {
  const { addresses, priority, weight } = target
  return { target, addresses, degraded: false, priority, weight }
}
