import type { CurrentSet, ProviderSet } from '../publishers/providers/definition.ts'
import { countChanges, type Plan, type PlannedChange, summary } from '../publishers/reconcile/plan.ts'
import { describeSet } from '../publishers/reconcile/sets.ts'
import { formatRdata } from '../wire/dns/rdata/registry.ts'
import type { OnceResult } from './reconcile-once.ts'

const SIGNS = { create: '+', update: '~', delete: '-' } as const

/** A result as people read it: what was or would be done, and what is left alone. */
export function* planLines({ provider, zone, plan, made, error }: OnceResult): Generator<string> {
  const where = `${provider.name} (${provider.kind}${zone === undefined ? '' : `, ${zone}`}, owner ${provider.owner})`
  if (plan === undefined) yield `${where}: could not be read`
  else if (plan.changes.length === 0)
    yield `${where}: nothing to do, ${plan.owned} record sets are as they shall be`
  else {
    const done =
      made.length === 0 ? 'would make' : made.length >= plan.changes.length ? 'made' : 'made a part of'
    yield `${where}: ${done} ${summary(plan)}`
    const partly = made.length > 0
    for (const change of plan.changes)
      if (!change.isMark) yield* changeLines(change, partly && !made.includes(change))
    const { marks } = countChanges(plan.changes)
    if (marks > 0) yield `  and ${marks} ${marks === 1 ? 'mark' : 'marks'} of ownership`
  }
  if (plan?.passes !== undefined) yield `  ! ${plan.passes}`
  if (plan?.held !== undefined) yield `  ! held back: ${plan.held} (--force carries it out)`
  for (const { name, type, message } of plan?.refusals ?? []) yield `  ! ${name} ${type} ${message}`
  if (error !== undefined) yield `  ! ${error.code}: ${error.message}`
}

function* changeLines({ kind, name, before, after, why }: PlannedChange, isLeft: boolean): Generator<string> {
  const texts = [before, after].filter((set) => set !== undefined).map(describeSet)
  yield `  ${SIGNS[kind]} ${name} ${texts.join(' -> ')}`
  yield `      ${isLeft ? 'not made: ' : ''}${why}`
}

/** The same for programs. */
export function planJson({ provider, zone, plan, made, calls, error }: OnceResult) {
  return {
    provider: provider.name,
    kind: provider.kind,
    owner: provider.owner,
    ...(zone === undefined ? {} : { zone }),
    ...(plan === undefined ? {} : planFacts(plan)),
    made: made.filter((change) => !change.isMark).length,
    calls,
    ...(error === undefined ? {} : { error }),
  }
}

function planFacts({ changes, refusals, held, passes, owned, wanted }: Plan) {
  return {
    owned,
    wanted,
    changes: changes.map(({ kind, name, type, before, after, why, urgency, isMark, byOverride }) => ({
      kind,
      name,
      type,
      ...(before === undefined ? {} : { before: setJson(before) }),
      ...(after === undefined ? {} : { after: setJson(after) }),
      why,
      urgency,
      mark: isMark,
      byOverride,
    })),
    refusals,
    ...(held === undefined ? {} : { held }),
    ...(passes === undefined ? {} : { passes }),
  }
}

function setJson({ ttl, records, variant }: ProviderSet | CurrentSet) {
  return { ttl, records: records.map(formatRdata), ...(variant === undefined ? {} : { variant }) }
}
