import type { HealthState } from '../core/health.ts'

/** Health that was kept by a clock which this one is `byMs` milliseconds ahead of (behind: negative). Pure. */
export function movedHealth(state: HealthState, byMs: number): HealthState {
  if (byMs === 0) return state
  const { failingSinceMs, heardAtMs, drainUntilMs, lastAtMs, poor, worseSinceMs } = state
  return {
    ...state,
    sinceMs: moved(state.sinceMs, byMs),
    ...(failingSinceMs === undefined ? {} : { failingSinceMs: moved(failingSinceMs, byMs) }),
    ...(heardAtMs === undefined ? {} : { heardAtMs: moved(heardAtMs, byMs) }),
    ...(drainUntilMs === undefined ? {} : { drainUntilMs: moved(drainUntilMs, byMs) }),
    ...(lastAtMs === undefined ? {} : { lastAtMs: moved(lastAtMs, byMs) }),
    ...(worseSinceMs === undefined ? {} : { worseSinceMs: moved(worseSinceMs, byMs) }),
    ...(poor?.quietSinceMs === undefined
      ? {}
      : { poor: { ...poor, quietSinceMs: moved(poor.quietSinceMs, byMs) } }),
  }
}

/** Never before the epoch, which a state file does not hold. */
function moved(atMs: number, byMs: number): number {
  return Math.max(0, atMs + byMs)
}
