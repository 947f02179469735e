import type { PoolSettings } from '../core/settings.ts'
import type { Candidate, Placed, PolicyState } from './definition.ts'
import { recordOf } from './tenure.ts'

/** A live target of the round, placed by the policy. */
export interface Runner extends Placed {
  readonly candidate: Candidate
}

export interface Front {
  /** The priority of the tier that serves. */
  readonly priority: number
  /** Better ones that are back but must wait; SRV puts them behind the serving tier. */
  readonly waiting: ReadonlySet<string>
  /** Epoch milliseconds when the first of them has waited long enough; absent: none, or by hand only. */
  readonly endsMs?: number
}

/**
 * Which tier serves. `runners` are the live targets, at least one. Incumbents are who served last.
 *
 * | an incumbent is live | a better target is live | failback                        | serves           |
 * |----------------------|-------------------------|---------------------------------|------------------|
 * | no                   | any                     | any                             | the best live    |
 * | yes                  | no                      | any                             | the incumbents'  |
 * | yes                  | yes, an operator's `up` | any                             | the better one's |
 * | yes                  | yes                     | auto, its delay is over         | the better one's |
 * | yes                  | yes                     | auto, its delay is not over     | the incumbents'  |
 * | yes                  | yes                     | manual                          | the incumbents'  |
 *
 * The delay runs while the target stands as well as it does now, without interruption.
 */
export function frontOf(
  runners: readonly Runner[],
  incumbents: readonly string[],
  failback: PoolSettings['failback'],
  tenures: PolicyState['tenures'],
  nowMs: number,
): Front {
  const served = new Set(incumbents)
  const serving = runners.filter((runner) => served.has(runner.target.id))
  if (serving.length === 0) return { priority: best(runners), waiting: new Set() }
  const present = best(serving)
  const challengers = runners.filter((runner) => runner.priority < present)
  const endOf = (runner: Runner): number => {
    if (runner.candidate.insisted) return nowMs
    if (failback.mode === 'manual') return Number.POSITIVE_INFINITY
    return (recordOf(tenures, runner.target.id)?.sinceMs ?? nowMs) + failback.delayMs
  }
  const ready = challengers.filter((runner) => endOf(runner) <= nowMs)
  const priority = ready.length > 0 ? best(ready) : present
  const waiting = challengers.filter((runner) => runner.priority < priority)
  const endsMs = Math.min(...waiting.map(endOf))
  return {
    priority,
    waiting: new Set(waiting.map((runner) => runner.target.id)),
    ...(Number.isFinite(endsMs) ? { endsMs } : {}),
  }
}

function best(runners: readonly Runner[]): number {
  return Math.min(...runners.map((runner) => runner.priority))
}
