import type { DomainName } from '../../core/brand.ts'
import type { RecordType } from '../../core/records.ts'
import type { Change } from '../providers/definition.ts'

/** One change of a plan, with what people want to know of it. */
export interface PlannedChange extends Change {
  readonly kind: 'create' | 'update' | 'delete'
  /** `urgent`: traffic goes elsewhere. `routine`: TTLs, weights, marks, left-overs; these wait for company. */
  readonly urgency: 'urgent' | 'routine'
  readonly why: string
  /** The name whose changes are never parted: a mark leaves with the set it speaks of. */
  readonly group: DomainName
  /** A mark, not a set that anybody asks for: not counted by `maxChange`. */
  readonly isMark: boolean
  /** It takes over what nobody had marked (`adopt`). */
  readonly adopts: boolean
  /** Its name is not in the configuration any more. */
  readonly leftOver: boolean
  /** An operator's word alone moved it: `maxChange` is for what the machine decides. */
  readonly byOverride: boolean
}

/** Why a wanted set is left alone. */
export type RefusalCode =
  | 'not-ours'
  | 'other-owner'
  | 'mark-blocked'
  | 'opaque'
  | 'cname'
  | 'delegated'
  | 'type'
  | 'ttl'
  | 'too-large'
  | 'no-room'
  /** The provider would not take it, or made something else of it. */
  | 'rejected'
  | 'outside'

export interface Refusal {
  readonly name: DomainName
  readonly type: RecordType
  readonly code: RefusalCode
  /** In plain words, with what can be done. */
  readonly message: string
}

/** What would be done to a provider's zone. A value: nothing happens by making one. */
export interface Plan {
  /** In the order in which they are to be made. */
  readonly changes: readonly PlannedChange[]
  readonly refusals: readonly Refusal[]
  /** Sets that are ours at the provider now, marks not counted. */
  readonly owned: number
  readonly wanted: number
  /** Present: too much at once, so nothing is done but what an operator's word moved (`dueOf`); says the numbers. */
  readonly held?: string
  /** Present: `maxChange` would hold changes that an operator's word lets pass; says the numbers. */
  readonly passes?: string
}

/** What may be made of a plan now. */
export function dueOf({ changes, held }: Pick<Plan, 'changes' | 'held'>): readonly PlannedChange[] {
  return held === undefined ? changes : changes.filter((change) => change.byOverride)
}

export interface PlanCounts {
  readonly create: number
  readonly update: number
  readonly delete: number
  readonly marks: number
}

export function countChanges(changes: readonly PlannedChange[]): PlanCounts {
  const count = (kind: PlannedChange['kind']) =>
    changes.filter((change) => change.kind === kind && !change.isMark).length
  return {
    create: count('create'),
    update: count('update'),
    delete: count('delete'),
    marks: changes.filter((change) => change.isMark).length,
  }
}

/** `1 create, 2 updates, 0 deletes`. */
export function summary(plan: Pick<Plan, 'changes'>): string {
  const { create, update, delete: deletes } = countChanges(plan.changes)
  const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`
  return [counted(create, 'create'), counted(update, 'update'), counted(deletes, 'delete')].join(', ')
}
