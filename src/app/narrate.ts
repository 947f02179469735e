import type { Decision } from '../core/decision.ts'
import type { Logger } from '../core/ports.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { Verdict } from '../core/verdict.ts'

/** One line for each target whose verdict is no longer what it was. */
export function narrateVerdicts(
  logger: Logger,
  before: readonly Verdict[] | undefined,
  after: readonly Verdict[],
): void {
  for (const verdict of after) {
    const old = before?.find((other) => other.target === verdict.target)
    if (old === undefined && verdict.real === 'unknown') continue
    if (old?.real === verdict.real && old.effective === verdict.effective) continue
    const { target, real, effective, why } = verdict
    const fields = { target, from: old?.real ?? 'unknown', to: real, effective, why }
    const text = `${target} is ${effective}${why[0] === undefined ? '' : `: ${why[0]}`}`
    if (effective === 'down' || effective === 'degraded') logger.warn('verdict.changed', fields, text)
    else logger.info('verdict.changed', fields, text)
  }
}

/** Weights that move in steps are not worth a line; who is served is. `whole`: the decision goes by all probes of its pool. */
export function narrateDecision(logger: Logger, before: Decision, after: Decision, whole: boolean): void {
  const active = names(after)
  if (before.mode === after.mode && names(before).join() === active.join()) return
  const { pool, view, mode, why } = after
  const served = active.length === 0 ? 'nothing' : active.join(', ')
  const reason = why[0] === undefined ? '' : `: ${why[0]}`
  logger.warn(
    'decision.changed',
    { pool, view, mode, active, why },
    `${pool}${whole ? '' : ` (by ${view})`} serves ${served} (${mode})${reason}`,
  )
}

export function narrateZones(logger: Logger, before: Snapshot | undefined, after: Snapshot): void {
  for (const { origin, serial } of after.zones.values()) {
    if (before?.zones.get(origin)?.serial === serial) continue
    logger.info('zone.changed', { zone: origin, serial }, `${origin} has serial ${serial}`)
  }
}

export function narrateSight(logger: Logger, blind: boolean, watched: number): void {
  if (blind) {
    const text =
      'nothing answers any more; our own network is the likely fault, so the last good answers stay'
    logger.error('sight.lost', { watched }, text)
  } else {
    logger.warn('sight.regained', { watched }, 'something answers again; answers follow health')
  }
}

function names(decision: Decision): string[] {
  return decision.active.map((member) => member.name)
}
