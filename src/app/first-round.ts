/**
 * When each of `count` watches asks first, in milliseconds: spread evenly, so that a start is no burst, and yet a small fleet is known at
 * once. A large one is spread over its interval, as it then goes on. `jitter` (0 to below 1) moves each within its share, so that instances
 * that were started together do not ask in step.
 */
export function firstDelayMs(index: number, count: number, intervalMs: number, jitter = 0): number {
  const spreadMs = Math.min(intervalMs, count * 5)
  return ((index + jitter) / Math.max(1, count)) * spreadMs
}
