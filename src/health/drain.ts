import type { Outcome } from '../core/outcome.ts'

/** Kamailio caps Retry-After at an hour; a server that asks for a day has most likely forgotten a unit. */
const LONGEST_MS = 3_600_000
/** Times `rise` passes in a row that end a drain before its time. */
const EARLY = 5

/**
 * Until when a server asks for no new calls (RFC 3261 sections 20.33 and 21.5.4), epoch milliseconds; undefined where the outcome asks
 * nothing.
 */
export function drainUntilMs(outcome: Outcome, nowMs: number): number | undefined {
  if (outcome.reason !== 'overload' || outcome.retryAfterMs === undefined) return undefined
  return nowMs + Math.min(LONGEST_MS, Math.max(0, outcome.retryAfterMs))
}

/**
 * Whether a drain is over with this pass.
 *
 * | its time | passes in a row  | over | because                                                                                   |
 * |----------|------------------|------|-------------------------------------------------------------------------------------------|
 * | is over  | `rise` and more  | yes  |                                                                                           |
 * | is over  | fewer            | no   | as after any absence                                                                      |
 * | runs     | 5 `rise` or more | yes  | FreeSWITCH says 300 s whatever the load: a server that answers so steadily takes calls     |
 * | runs     | fewer            | no   | a server at its limit answers 200 and 503 by turns: each 200 alone would move the answer   |
 */
export function drainEnds(untilMs: number, passes: number, rise: number, nowMs: number): boolean {
  return passes >= (nowMs >= untilMs ? rise : EARLY * rise)
}
