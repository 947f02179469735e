import type { HealthState } from '../core/health.ts'
import type { Outcome } from '../core/outcome.ts'

/**
 * Whether `seen` ends a silence that was an outage and no loss, by the word of the other probes of the same address. Pure. `before`: the
 * health until now; `others`: that of the other probes, looked at only where there was silence.
 *
 * Probes of one address go the same way, but do not all ask at the same moment: an outage of two seconds may convict by one of them and be
 * over before the next one had its last silent question. That one's silence is the same outage. Taken for loss it would make the path
 * doubtful for the next 46 answers, and the next fault would be found seconds later (measured with two links and four faults in a row: the
 * name moved after 6.2 s in place of 2).
 *
 * One of them is witness enough:
 *
 * | its status since this probe was last answered | its run of fails          | an outage                              |
 * |-----------------------------------------------|---------------------------|----------------------------------------|
 * | went down, or came back                       | silence, or over by now   | yes                                    |
 * | went down                                     | refusals alone            | no: packets went both ways             |
 * | drains                                        | any                       | no: it said so itself                  |
 * | did not move, or was up from its first answer | any                       | no: dead for hours, it tells nothing new |
 */
export function endsOutage(
  before: HealthState,
  seen: Outcome,
  others: () => Iterable<HealthState | undefined>,
): boolean {
  if (seen.result !== 'pass' || (before.unanswered === 0 && seen.attempts < 2)) return false
  const heardAtMs = before.heardAtMs ?? Number.NEGATIVE_INFINITY
  for (const other of others()) if (other !== undefined && diedSince(other, heardAtMs)) return true
  return false
}

function diedSince(
  { status, sinceMs, changes, drainUntilMs, hardFails, unanswered }: HealthState,
  atMs: number,
) {
  if (drainUntilMs !== undefined || sinceMs < atMs) return false
  const moved = status === 'down' || (status === 'up' && changes > 0)
  return moved && (hardFails === 0 || unanswered > 0)
}
