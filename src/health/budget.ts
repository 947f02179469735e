import type { HealthState } from '../core/health.ts'
import type { ProbeSettings } from '../core/settings.ts'
import { convicts } from './loss.ts'
import { overdueMs } from './rtt.ts'

/** How long a question waits, and when it is sent again. */
export interface Budget {
  readonly timeoutMs: number
  /** From the first transmission to the second; absent: the probe's own way. */
  readonly retransmitMs?: number
}

/**
 * Two questions of two transmissions each fill a second at four a second (the pace of a target): waiting less than half a second gains
 * nothing but that timers which ring late do not add up, so that the third question leaves as soon as the pace allows.
 */
const LISTEN_MS = 450
/** Times its usual round trip that a question without a run behind it waits for a server that became slower. */
const PATIENCE = 4

/**
 * How long the next question of a watch waits. Adapted to the path (RFC 6298) where that is known and one answer is one round trip:
 * `roundTrips` is what a question takes at most when a connection has to be made anew (UDP 1, TCP 2, TLS 4); undefined: not adapted.
 *
 * | the run so far       | silence now would convict | waits                                   | because                                            |
 * |----------------------|---------------------------|-----------------------------------------|----------------------------------------------------|
 * | none                 | no                        | four overdue times, 450 ms to `timeout` | the rest of the run will see                       |
 * | one fail             | any                       | `timeout`                               | a server that became slower must be heard          |
 * | none                 | yes (fall: 1)             | `timeout`                               | likewise                                           |
 * | two fails and more   | no                        | four overdue times, 450 ms to `timeout` | a question of the run has waited long in vain      |
 * | two fails and more   | yes                       | twice (UDP) what the path still owes    | likewise: only what the path shows is still due    |
 *
 * So at `timeout: 500ms, fall: 3` a silent host whose path is clean is down 1.06 s after the first question that it left unanswered, by six
 * transmissions spread over that second (bench/simulate.ts), and no server that answers within `timeout` ever is.
 */
export function budgetOf(
  state: HealthState,
  probe: Pick<ProbeSettings, 'timeoutMs' | 'fall'>,
  roundTrips: number | undefined,
): Budget {
  const { timeoutMs, fall } = probe
  const overdue = overdueMs(state)
  if (roundTrips === undefined || overdue === undefined) return { timeoutMs }
  const trips = roundTrips
  const usual = overdue
  // The path's time alone for each transmission; a new connection takes a server's work as well (TLS most of all).
  const closing = trips === 1 ? 2 * (overdueMs(state, 'closing') ?? usual) : (1 + trips) * usual
  // A stream repeats by a new connection, which is dear, so that waits half the time-out as before.
  const early = trips === 1 ? Math.min(usual, timeoutMs / 2) : undefined
  const waits = waitMs()
  return early === undefined
    ? { timeoutMs: waits }
    : { timeoutMs: waits, retransmitMs: Math.min(early, waits / 2) }

  function waitMs(): number {
    const wouldConvict = state.status !== 'down' && convictsWhenSilent(state, fall)
    if (state.fails === 1 || (state.fails === 0 && wouldConvict)) return timeoutMs
    const listen = Math.max(LISTEN_MS, PATIENCE * usual * trips)
    return Math.min(timeoutMs, wouldConvict ? closing : listen)
  }
}

function convictsWhenSilent(state: HealthState, fall: number): boolean {
  const { fails, hardFails, unanswered, loss } = state
  return convicts({ fails: fails + 1, hardFails, unanswered: unanswered + 2, loss }, fall)
}
