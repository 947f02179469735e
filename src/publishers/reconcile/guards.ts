import type { DomainName } from '../../core/brand.ts'
import type { MaxChange } from '../../core/settings.ts'
import { isSubdomain } from '../../wire/dns/name.ts'
import type { CurrentSet, ProviderLimits, ProviderSet } from '../providers/definition.ts'
import { markName, type Owners } from './marks.ts'
import type { Plan, PlannedChange, Refusal, RefusalCode } from './plan.ts'
import { setKey } from './sets.ts'

/** octoDNS's numbers: where nothing is said, this much of what the configuration no longer has may go at once. */
const LEFT_OVER_PERCENT = 30
const LEFT_OVER_FROM = 10

export interface RefusalInput {
  /** The wanted variants of one RRset. */
  readonly sets: readonly ProviderSet[]
  /** What is there under its name and type. */
  readonly present: readonly CurrentSet[]
  readonly current: readonly CurrentSet[]
  readonly owners: Owners
  readonly zone: DomainName
  readonly marks: 'txt' | 'inline'
  readonly adopt: boolean
  readonly limits: ProviderLimits
}

/**
 * Why an RRset must be left alone; undefined where it need not.
 *
 * | marked by | there | adopt | what happens                       |
 * |-----------|-------|-------|------------------------------------|
 * | us        | any   | any   | ours                               |
 * | another   | any   | any   | refused                            |
 * | nobody    | no    | any   | created                            |
 * | nobody    | yes   | no    | refused: whose it is, is not known |
 * | nobody    | yes   | yes   | adopted, unless that would delete  |
 */
export function refusalOf(input: RefusalInput): Refusal | undefined {
  const { sets, present, owners, adopt, zone, marks } = input
  const [first] = sets
  if (first === undefined) return undefined
  const { name, type } = first
  const refuse = (code: RefusalCode, message: string): Refusal => ({ name, type, code, message })
  if (!isSubdomain(name, zone)) return refuse('outside', `lies outside of the provider's zone ${zone}`)
  const unfit = limitRefusal(input)
  if (unfit !== undefined) return refuse(unfit.code, unfit.message)
  const opaque = present.find((set) => set.opaque !== undefined)
  if (opaque !== undefined) return refuse('opaque', `is ${opaque.opaque} there; take it away first`)
  if (marks === 'txt' && markName(name, type) === undefined)
    return refuse('no-room', 'is too long a name to be marked as ours')
  const owner = owners.of(name, type)
  if (owner.by === 'other') return refuse('other-owner', `is marked by another owner, ${owner.owner}`)
  if (owner.by === 'blocked')
    return refuse('mark-blocked', `${markName(name, type)} has a TXT that is no mark; take it away first`)
  if (owner.by === 'nobody' && present.length > 0 && !adopt)
    return refuse('not-ours', 'is there and nobody marked it; adopt it (`adopt: true`) or take it away')
  const shall = new Set(sets.map(setKey))
  if (owner.by === 'nobody' && present.some((set) => !shall.has(setKey(set))))
    return refuse(
      'opaque',
      'has sets beside the one wanted, which adopting would delete; take them away first',
    )
  const place = marks === 'txt' ? markName(name, type) : undefined
  return (
    obstacle(input.current, name, zone, refuse) ??
    (place &&
      obstacle(input.current, place, zone, (_, why) =>
        refuse('mark-blocked', `cannot be marked at ${place}: ${why}`),
      ))
  )
}

function limitRefusal({ sets, limits }: RefusalInput): { code: RefusalCode; message: string } | undefined {
  const [first] = sets
  if (first === undefined) return undefined
  const { type, ttl } = first
  if (!limits.types.includes(type)) return { code: 'type', message: `${type} cannot be published there` }
  if (ttl < limits.ttl.min || ttl > limits.ttl.max) {
    return {
      code: 'ttl',
      message: `has a TTL of ${ttl} s; ${limits.ttl.min} to ${limits.ttl.max} s are allowed there`,
    }
  }
  const most = Math.max(...sets.map(({ records }) => records.length))
  if (limits.recordsInSet !== undefined && most > limits.recordsInSet)
    return { code: 'too-large', message: `has ${most} records; a set may have ${limits.recordsInSet} there` }
  if (limits.variants !== undefined && sets.length > limits.variants.maxCount)
    return {
      code: 'too-large',
      message: `is drawn from ${sets.length} targets; ${limits.variants.maxCount} may be there`,
    }
  // Created and replaced as a whole, so one batch must hold it twice over; marks are small.
  for (const { unit, max, cost } of limits.batch) {
    const size = sets.reduce((sum, after) => sum + cost({ name: after.name, type, before: after, after }), 0)
    if (size > max)
      return { code: 'too-large', message: `takes ${size} ${unit} to replace; ${max} fit into one request` }
  }
  return undefined
}

/** RFC 1034 section 3.6.2: no data beside a CNAME; section 4.2.1: none of ours at or below a zone cut. */
function obstacle(
  current: readonly CurrentSet[],
  name: DomainName,
  zone: DomainName,
  refuse: (code: RefusalCode, message: string) => Refusal,
): Refusal | undefined {
  for (const set of current) {
    if (set.type === 'CNAME' && set.name === name)
      return refuse('cname', 'a CNAME is there, beside which nothing can stand; take it away first')
    if (set.type === 'NS' && set.name !== zone && isSubdomain(name, set.name))
      return refuse('delegated', `${set.name} is delegated away, so nobody would see it`)
  }
  return undefined
}

/**
 * Whether the plan as a whole is too much at once. Creates endanger nothing that is there.
 *
 * | by the machine | by an operator's word besides | then                                                   |
 * |----------------|-------------------------------|--------------------------------------------------------|
 * | within         | within, both together         | everything is made                                     |
 * | within         | over, both together           | everything is made; `passes` says so                   |
 * | over           | none                          | `held`: nothing is made                                |
 * | over           | some                          | `held`, but those are made; `passes` says so           |
 */
export function heldBack(
  changes: readonly PlannedChange[],
  owned: number,
  maxChange: MaxChange | undefined,
): Pick<Plan, 'held' | 'passes'> {
  const touched = changes.filter((change) => change.kind !== 'create' && !change.isMark)
  const adopted = touched.filter((change) => change.adopts).length
  const base = owned + adopted
  if (maxChange !== undefined) {
    const allowed = 'sets' in maxChange ? maxChange.sets : Math.floor((base * maxChange.percent) / 100)
    if (touched.length <= allowed) return {}
    const limit = 'sets' in maxChange ? `${allowed}` : `${allowed} (${maxChange.percent} %)`
    const spoken = touched.filter((change) => change.byOverride).length
    const own = touched.length - spoken
    return {
      ...(own <= allowed
        ? {}
        : { held: `${own} of ${base} record sets would change; maxChange allows ${limit}` }),
      ...(spoken === 0
        ? {}
        : {
            passes: `${spoken} of ${base} record sets change by an operator's word; maxChange, which allows ${limit}, does not count them`,
          }),
    }
  }
  const leftOver = touched.filter((change) => change.leftOver).length
  const allowed = Math.floor((owned * LEFT_OVER_PERCENT) / 100)
  if (owned < LEFT_OVER_FROM || leftOver <= allowed) return {}
  return {
    held:
      `${leftOver} of ${owned} record sets are not in the configuration any more and would be deleted; ` +
      `without maxChange ${allowed} (${LEFT_OVER_PERCENT} %) may go at once`,
  }
}
