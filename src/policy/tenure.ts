import type { Candidate, PolicyState, Tenure } from './definition.ts'

/**
 * Since when each target stands as it does, carried from decision to decision. Standing begins anew at every change, so "up for the
 * whole failback delay" means without interruption. A clock that stepped back (a restart) makes no time negative.
 *
 * | before    | now      | slow start begins                                                  |
 * |-----------|----------|--------------------------------------------------------------------|
 * | no record | any      | no: a first start, or a target new in the configuration            |
 * | down      | not down | yes, when another target is live to carry the calls meanwhile      |
 * | not down  | not down | goes on, if under way                                              |
 * | any       | down     | ends                                                               |
 */
export function updateTenures(
  previous: PolicyState['tenures'],
  candidates: readonly Candidate[],
  nowMs: number,
): Readonly<Record<string, Tenure>> {
  const wasLive = ({ target }: Candidate): boolean =>
    (recordOf(previous, target.id)?.standing ?? 'down') !== 'down'
  // Somebody who served before and still does; never the returning one itself, which was down before.
  const carried = candidates.some((other) => other.standing !== 'down' && wasLive(other))
  const tenures: [string, Tenure][] = candidates.map(({ target, standing }) => {
    const record = recordOf(previous, target.id)
    if (record === undefined) return [target.id, { standing, sinceMs: nowMs }]
    const sinceMs = record.standing === standing ? Math.min(record.sinceMs, nowMs) : nowMs
    if (standing === 'down') return [target.id, { standing, sinceMs }]
    if (record.standing !== 'down') {
      const { returnedAtMs } = record
      return [target.id, { standing, sinceMs, ...(returnedAtMs === undefined ? {} : { returnedAtMs }) }]
    }
    return [target.id, { standing, sinceMs, ...(carried ? { returnedAtMs: nowMs } : {}) }]
  })
  return Object.fromEntries(tenures)
}

/** Own properties alone: ids come from a configuration and records from a file. */
export function recordOf(tenures: PolicyState['tenures'], id: string): Tenure | undefined {
  return Object.hasOwn(tenures, id) ? tenures[id] : undefined
}
