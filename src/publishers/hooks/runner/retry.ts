import type { Random } from '../../../core/ports.ts'
import type { HookError } from '../error.ts'

const BASE_MS = 1_000
const CAP_MS = 60_000

/**
 * How long to wait after attempt `attempts` (1, 2, …) failed, in milliseconds: full jitter over a doubling span, so that the hooks
 * of many nodes do not come back together; never sooner than the far end asked for (an hour at most).
 */
export function retryDelayMs(attempts: number, error: HookError, random: Random): number {
  const spanMs = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(20, attempts - 1))
  const askedMs = Math.min(3_600_000, error.retryAfterMs ?? 0)
  return Math.max(askedMs, Math.floor(random.next() * spanMs))
}
