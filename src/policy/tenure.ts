import { isLive } from './candidates.ts'
import type { Candidate, PolicyState, Tenure } from './definition.ts'

/**
 * Since when each target stands as it does, carried from decision to decision. Standing begins anew at every change, so "up for the
 * whole failback delay" means without interruption. A clock that stepped back (a restart) makes no time negative.
 *
 * Live is up or degraded; draining counts with down here.
 *
 * | before    | now      | slow start begins                                             | handover begins       |
 * |-----------|----------|---------------------------------------------------------------|-----------------------|
 * | no record | any      | no: a first start, or a target new in the configuration       | no                    |
 * | not live  | live     | yes, when another target is live to carry the calls meanwhile | ends                  |
 * | live      | live     | goes on, if under way                                         |                       |
 * | live      | down     | ends                                                          | yes                   |
 * | live      | drain    | ends                                                          | no: nothing new for it |
 * | not live  | not live | ends                                                          | goes on, if under way |
 */
export function updateTenures(
  previous: PolicyState['tenures'],
  candidates: readonly Candidate[],
  nowMs: number,
): Readonly<Record<string, Tenure>> {
  const wasLive = ({ target }: Candidate): boolean => {
    const record = recordOf(previous, target.id)
    return record !== undefined && isLive(record)
  }
  // Somebody who served before and still does; never the returning one itself, which was down before.
  const carried = candidates.some((other) => isLive(other) && wasLive(other))
  const tenures: [string, Tenure][] = candidates.map((candidate) => {
    const { target, standing } = candidate
    const record = recordOf(previous, target.id)
    if (record === undefined) return [target.id, { standing, sinceMs: nowMs }]
    const sinceMs = record.standing === standing ? Math.min(record.sinceMs, nowMs) : nowMs
    return [target.id, { standing, sinceMs, ...begun(candidate, record) }]
  })
  return Object.fromEntries(tenures)

  function begun({ standing }: Candidate, record: Tenure): Pick<Tenure, 'returnedAtMs' | 'leftAtMs'> {
    const { returnedAtMs, leftAtMs } = record
    if (isLive({ standing })) {
      if (!isLive(record)) return carried ? { returnedAtMs: nowMs } : {}
      return returnedAtMs === undefined ? {} : { returnedAtMs }
    }
    if (standing === 'drain') return {}
    if (isLive(record)) return { leftAtMs: nowMs }
    return leftAtMs === undefined ? {} : { leftAtMs }
  }
}

/** Own properties alone: ids come from a configuration and records from a file. */
export function recordOf(tenures: PolicyState['tenures'], id: string): Tenure | undefined {
  return Object.hasOwn(tenures, id) ? tenures[id] : undefined
}
