import type { Decision } from '../core/decision.ts'
import type { ServedTarget, Tell } from '../core/event.ts'
import { difference } from '../core/paged-map.ts'
import type { Logger } from '../core/ports.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { Verdict } from '../core/verdict.ts'
import type { LostFamily } from '../health/families.ts'

/** Where what happens is told: to people by the log, to hooks and the history as events. */
export interface Audience {
  readonly logger: Logger
  readonly tell: Tell
}

/** One line for each target whose verdict is no longer what it was. */
export function narrateVerdicts(
  { logger, tell }: Audience,
  pool: string,
  before: readonly Verdict[] | undefined,
  after: readonly Verdict[],
): void {
  const oldOf = new Map(before?.map((verdict) => [verdict.target, verdict]))
  for (const verdict of after) {
    const old = oldOf.get(verdict.target)
    if (verdict.probableBan === true && old?.probableBan !== true) narrateBan(logger, verdict)
    if (old === undefined && verdict.real === 'unknown') continue
    if (old?.real === verdict.real && old.effective === verdict.effective) continue
    const { target, real, effective, why } = verdict
    const fields = { target, from: old?.real ?? 'unknown', to: real, effective, why }
    const text = `${target} is ${effective}${why[0] === undefined ? '' : `: ${why[0]}`}`
    if (effective !== 'up' && effective !== 'unknown') logger.warn('verdict.changed', fields, text)
    else logger.info('verdict.changed', fields, text)
    tell({
      type: 'verdict.changed',
      pool,
      target,
      from: old?.effective ?? 'unknown',
      to: effective,
      real,
      why,
    })
  }
}

function narrateBan(logger: Logger, { target, why }: Verdict): void {
  const text = `${target}: every SIP transport fell silent at once while the host answers otherwise; this monitor may be banned there (fail2ban, pike, an access list)`
  logger.warn('monitor.banned', { target, why }, text)
}

/**
 * Weights that move in steps are not worth a line; who is served, and by which addresses, is. `whole`: the decision goes by all probes of
 * its pool.
 */
export function narrateDecision(
  { logger, tell }: Audience,
  before: Decision,
  after: Decision,
  whole: boolean,
): void {
  const active = names(after)
  if (before.mode === after.mode && places(before) === places(after)) return
  const { pool, view, mode, why } = after
  const served = active.length === 0 ? 'nothing' : active.join(', ')
  const reason = why[0] === undefined ? '' : `: ${why[0]}`
  logger.warn(
    'decision.changed',
    { pool, view, mode, active, why },
    `${pool}${whole ? '' : ` (by ${view})`} serves ${served} (${mode})${reason}`,
  )
  const was = { mode: before.mode, active: servedBy(before) }
  tell({ type: 'decision.changed', pool, view, whole, mode, active: servedBy(after), before: was, why })
}

export function narrateZones(
  { logger, tell }: Audience,
  before: Snapshot | undefined,
  after: Snapshot,
): void {
  for (const origin of difference(before?.zones ?? new Map(), after.zones).changed) {
    const serial = after.zones.get(origin)?.serial
    if (serial === undefined || before?.zones.get(origin)?.serial === serial) continue
    logger.info('zone.changed', { zone: origin, serial }, `${origin} has serial ${serial}`)
    tell({ type: 'zone.changed', zone: origin, serial })
  }
}

export function narrateSight({ logger, tell }: Audience, blind: boolean, watched: number): void {
  tell({ type: blind ? 'sight.lost' : 'sight.regained', watched })
  if (blind) {
    const text =
      'nothing answers any more; our own network is the likely fault, so the last good answers stay'
    logger.error('sight.lost', { watched }, text)
  } else {
    logger.warn('sight.regained', { watched }, 'something answers again; answers follow health')
  }
}

export function narrateFamilies(
  logger: Logger,
  before: readonly LostFamily[],
  after: readonly LostFamily[],
): void {
  for (const family of [4, 6] as const) {
    const was = before.some((each) => each.family === family)
    const is = after.some((each) => each.family === family)
    if (is && !was) {
      const text = `nothing answers over IPv${family} any more while the other family does; our own IPv${family} is the likely fault, so its addresses stay as they were`
      logger.error('sight.family-lost', { family }, text)
    } else if (was && !is) {
      logger.warn(
        'sight.family-regained',
        { family },
        `IPv${family} is in sight again, or lost with everything`,
      )
    }
  }
}

function names(decision: Decision): string[] {
  return decision.active.map((member) => member.name)
}

function places({ active }: Decision): string {
  return active.map(({ name, addresses }) => [name, ...addresses].join()).join(' ')
}

/** The part of a decision that events carry. */
export function servedBy({ active }: Decision): ServedTarget[] {
  return active.map(({ target, name, addresses }) => ({ target, name, addresses }))
}
