import { targetId } from '../core/brand.ts'
import { type Outcome, type OutcomeResult, outcome, type ReasonCode } from '../core/outcome.ts'
import type { Settings } from '../core/settings.ts'
import { withMembers } from '../probes/registry.ts'
import { printable } from '../wire/sip/printable.ts'
import type { ReportStore } from './report-board.ts'
import type { Watch } from './roster.ts'

/** What a reporter says of a target; its words are not yet safe to log. */
export interface ReportOrder {
  readonly result: OutcomeResult
  /** Of a reason whose result is that one. */
  readonly reason?: ReasonCode
  readonly detail?: string
  readonly impaired?: string
  readonly rttMs?: number
  readonly expiresInMs?: number
  /** The push probe that it is for, where the pool has several. */
  readonly probe?: string
}

export type ReportReceipt =
  | { readonly taken: true; readonly probe: string }
  | {
      readonly taken: false
      readonly code: 'unknown-target' | 'unknown-probe' | 'which-probe'
      readonly message: string
    }

/**
 * Keeps a report for the push probe that it is for:
 *
 * | push probes of the pool, members of others included | `probe` given | then          |
 * |------------------------------------------------------|---------------|---------------|
 * | none                                                 | -             | unknown-probe |
 * | one                                                  | no            | that one      |
 * | several                                              | no            | which-probe   |
 * | any                                                  | among them    | that one      |
 * | any                                                  | not           | unknown-probe |
 */
export function takeReport(
  pool: string,
  target: string,
  order: ReportOrder,
  { settings, reports, nowMs }: { settings: Settings; reports: ReportStore; nowMs: number },
): ReportReceipt {
  const refuse = (
    code: 'unknown-target' | 'unknown-probe' | 'which-probe',
    message: string,
  ): ReportReceipt => ({
    taken: false,
    code,
    message,
  })
  const known = settings.pools.get(pool)
  if (!known?.targets.some((each) => each.name === target)) {
    return refuse('unknown-target', 'there is no target of this name in this pool')
  }
  const probes = pushProbes(pool, settings)
  const [only, ...others] = probes
  if (only === undefined) return refuse('unknown-probe', 'this pool has no push probe')
  if (order.probe === undefined && others.length > 0) {
    return refuse('which-probe', `say which probe it is for: ${probes.join(', ')}`)
  }
  const probe = order.probe ?? only
  if (!probes.includes(probe)) {
    return refuse('unknown-probe', `this pool has no push probe of this name; it has ${probes.join(', ')}`)
  }
  const { expiresInMs } = order
  const report = {
    outcome: outcomeOf(order),
    atMs: nowMs,
    ...(expiresInMs === undefined ? {} : { expiresInMs }),
  }
  reports.put(targetId(pool, target), probe, report)
  return { taken: true, probe }
}

/** Names of the push probes that a pool's targets are asked by, be it through other probes. */
export function pushProbes(pool: string, settings: Settings): string[] {
  const names = withMembers(settings.pools.get(pool)?.probes ?? [], settings.probes)
  return [...names].filter((name) => settings.probes.get(name)?.kind === 'push')
}

/** The watches that a report on this target and probe concerns: they are asked at once. */
export function concernedBy(
  watches: Iterable<Watch>,
  pool: string,
  target: string,
  probe: string,
  settings: Settings,
): string[] {
  const id = targetId(pool, target)
  return [...watches]
    .filter((watch) => watch.target.id === id && withMembers([watch.probe.name], settings.probes).has(probe))
    .map((watch) => watch.key)
}

const USUAL_REASON: Readonly<Record<OutcomeResult, ReasonCode>> = {
  pass: 'ok',
  fail: 'check-failed',
  inconclusive: 'no-verdict',
}

function outcomeOf({ result, reason, detail, impaired, rttMs }: ReportOrder): Outcome {
  return outcome(reason ?? USUAL_REASON[result], {
    attempts: 1,
    ...(detail === undefined ? {} : { detail: printable(detail) }),
    ...(impaired === undefined ? {} : { impaired: printable(impaired) }),
    ...(rttMs === undefined ? {} : { rttMs }),
  })
}
