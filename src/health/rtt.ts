import type { HealthState } from '../core/health.ts'
import type { Outcome } from '../core/outcome.ts'

/** RFC 6298 section 2.3. */
const ALPHA = 1 / 8
const BETA = 1 / 4
const K = 4
/** Fewer answers than this tell nothing of a path. */
const SAMPLES_ENOUGH = 8
/** The timer wheel turns every 5 ms: RFC 6298's clock granularity G. */
const TICK_MS = 5
/**
 * RFC 6298 section 2.4 asks for a second, since a spurious retransmission there halves a transfer; here it costs one packet out of four a
 * second. Below 35 ms a server's own pauses (garbage collection, a busy core) would be taken for loss.
 */
const FLOOR_MS = 35 + TICK_MS
/** What the last packet of a whole run waits at the least: the run has long outlasted any such pause. */
const CLOSING_FLOOR_MS = 15 + TICK_MS
/**
 * Queues on the way can fill from one moment to the next, the more of them the longer the way: on a path of 20 ms a round trip may take
 * 100 ms all of a sudden, on one of 1 ms it does not. Measured (bench/simulate.ts): 120 ms of jitter and 20 % of loss that set in at once.
 */
const SURGE = 5
const BACKOFF_MAX = 6

type Rtt = Pick<HealthState, 'srttMs' | 'rttvarMs' | 'rttSamples' | 'rttBackoff'>

/**
 * The estimate after a pass.
 *
 * | transmissions | rttMs | then                                                                                    |
 * |---------------|-------|-----------------------------------------------------------------------------------------|
 * | one           | known | a sample (RFC 6298 section 2.2, 2.3); the backing-off is over (end of section 5)          |
 * | more          | any   | no sample: nobody knows which one was answered (Karn, section 3); the time doubles (5.5) |
 * | any           | none  | as it was: the kind of probe has no round trip to tell of                               |
 *
 * Without the doubling a path that grew longer than its retransmission time would never give a sample again. Unanswered questions do
 * not double it: after the first of a run the whole time-out is waited (`budget.ts`), which is more careful.
 */
export function learnRtt(state: Rtt, seen: Outcome): Rtt {
  if (seen.attempts > 1)
    return { ...estimateOf(state), rttBackoff: Math.min(BACKOFF_MAX, backoffOf(state) + 1) }
  const { rttMs } = seen
  if (rttMs === undefined || !(rttMs >= 0)) return { ...estimateOf(state), rttBackoff: backoffOf(state) }
  const { srttMs, rttvarMs } = state
  if (srttMs === undefined || rttvarMs === undefined) {
    return { srttMs: rttMs, rttvarMs: rttMs / 2, rttSamples: 1, rttBackoff: 0 }
  }
  return {
    // The variation first: it is measured against the old mean.
    rttvarMs: (1 - BETA) * rttvarMs + BETA * Math.abs(srttMs - rttMs),
    srttMs: (1 - ALPHA) * srttMs + ALPHA * rttMs,
    rttSamples: Math.min(SAMPLES_ENOUGH, (state.rttSamples ?? 0) + 1),
    rttBackoff: 0,
  }
}

/**
 * After how many milliseconds an answer is overdue, as this path goes; undefined while too little is known of it. `closing`: at the end of
 * a run of silence, when no pause of the server's own has to be allowed for any more.
 */
export function overdueMs(state: Rtt, closing?: 'closing'): number | undefined {
  const { srttMs, rttvarMs, rttSamples = 0 } = state
  if (srttMs === undefined || rttvarMs === undefined || rttSamples < SAMPLES_ENOUGH) return undefined
  // RFC 6298 section 2.3: RTO = SRTT + max(G, K * RTTVAR).
  const rtoMs = srttMs + Math.max(TICK_MS, K * rttvarMs)
  const floorMs = closing === undefined ? FLOOR_MS : CLOSING_FLOOR_MS
  return Math.max(floorMs, SURGE * srttMs, rtoMs) * 2 ** backoffOf(state)
}

function estimateOf({ srttMs, rttvarMs, rttSamples }: Rtt): Rtt {
  if (srttMs === undefined || rttvarMs === undefined) return {}
  return { srttMs, rttvarMs, rttSamples: rttSamples ?? 0 }
}

function backoffOf(state: Rtt): number {
  return state.rttBackoff ?? 0
}
