import type { Random } from '../../core/ports.ts'
import type { ProviderError } from '../providers/error.ts'

const FIRST_MS = 500
const LONGEST_MS = 30_000
/** What trying again does not help by itself: somebody has to renew a key or make room. */
const STUCK_FIRST_MS = 30_000
const STUCK_LONGEST_MS = 300_000
const LEAST_MS = 20

/**
 * How long to wait before the attempt after `failures` (1 at least) failures in a row, in milliseconds: full jitter over a bound
 * that doubles, never less than the API asked for.
 *
 * | error         | first bound | longest | the first time           |
 * |---------------|-------------|---------|--------------------------|
 * | conflict      | 0.5 s       | 30 s    | at once: a reading helps |
 * | retryable     | 0.5 s       | 30 s    |                          |
 * | not retryable | 30 s        | 5 min   |                          |
 */
export function retryDelayMs(
  error: Pick<ProviderError, 'fault' | 'retryable' | 'retryAfterMs'>,
  failures: number,
  random: Random,
): number {
  const asked = error.retryAfterMs ?? 0
  if (error.fault === 'conflict' && failures <= 1) return asked
  const first = error.retryable ? FIRST_MS : STUCK_FIRST_MS
  const longest = error.retryable ? LONGEST_MS : STUCK_LONGEST_MS
  const bound = Math.min(longest, first * 2 ** Math.min(30, failures - 1))
  return Math.max(asked, LEAST_MS, Math.round(random.next() * bound))
}

/** Whether a new decision may cut the wait short. Not where the API asked for less: it would only make it worse. */
export function mayHurry(error: Pick<ProviderError, 'fault'>): boolean {
  return error.fault !== 'throttled' && error.fault !== 'busy'
}
