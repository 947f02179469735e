import type { Change, ProviderLimits } from '../definition.ts'
import { countOf, type Marking, operationsOf } from './operations.ts'
import { ASSUMED_PLAN, type CloudflareOptions, PLAN_LIMITS, type Plan, TTL_MAX, TYPES } from './options.ts'

/**
 * 1,200 requests in five minutes is the whole user's share, dashboard and other tools included: at most 930 are ours.
 */
const CALLS_PER_SECOND = 3
const BURST = 30

/** The limits of a plan, as far as it is known. `batchMax`: learned, where it is less than the plan's. */
export function limitsOf(
  options: CloudflareOptions,
  plan: Plan | undefined,
  batchMax = Number.POSITIVE_INFINITY,
): ProviderLimits {
  const known = PLAN_LIMITS[plan ?? ASSUMED_PLAN]
  const marking = markingOf(options, plan)
  return {
    ttl: { min: known.ttlMin, max: TTL_MAX },
    types: TYPES,
    batch: [
      {
        unit: 'changes',
        max: Math.min(options.batchSize ?? known.batch, batchMax),
        cost: (change) =>
          change.before !== undefined && change.before.handle === undefined
            ? replacing(change)
            : countOf(operationsOf(change, marking)),
      },
    ],
    callsPerSecond: CALLS_PER_SECOND,
    burst: BURST,
  }
}

export function markingOf(options: CloudflareOptions, plan: Plan | undefined): Marking {
  return { way: options.mark, maxComment: PLAN_LIMITS[plan ?? ASSUMED_PLAN].comment }
}

/** At worst, where the records that are there are not known one by one. */
function replacing({ before, after }: Change): number {
  return Math.max(before?.records.length ?? 0, after?.records.length ?? 0)
}
