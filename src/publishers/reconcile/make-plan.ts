import type { DomainName } from '../../core/brand.ts'
import type { MaxChange } from '../../core/settings.ts'
import { isWithin } from '../../wire/dns/name.ts'
import type { CurrentSet, Mark, ProviderLimits, ProviderSet } from '../providers/definition.ts'
import { heldBack, refusalOf } from './guards.ts'
import { markedSet, markOf, markSet, Owners } from './marks.ts'
import { inOrder } from './order.ts'
import { isByOverride, type SetBases } from './overrides.ts'
import type { Plan, PlannedChange, Refusal } from './plan.ts'
import { movesTraffic, rrsetKey, sameContent, setKey } from './sets.ts'
import type { Wanted } from './wanted.ts'
import { whyChanged } from './why.ts'

export interface PlanInput {
  readonly wanted: Wanted
  readonly current: readonly CurrentSet[]
  /** The apex of the provider's zone. */
  readonly zone: DomainName
  readonly owner: string
  readonly marks: 'txt' | 'inline'
  readonly adopt: boolean
  readonly maxChange?: MaxChange
  readonly limits: ProviderLimits
  /** By name and type: what a set went by when it was last as it shall be. */
  readonly settled?: ReadonlyMap<string, SetBases>
}

/** Marks change with their set only, so they can be kept for long. */
const MARK_TTL_S = 300

/** Compares what shall be with what is. Pure; the same input gives the same plan. */
export function makePlan(input: PlanInput): Plan {
  const { wanted, current, owner, marks, maxChange } = input
  const owners = new Owners(current, owner, marks)
  const there = groupByRrset(current)
  const shall = groupByRrset(wanted.sets)
  const changes: PlannedChange[] = []
  const refusals: Refusal[] = []
  const draft = new Draft(input, owners, changes)

  for (const [key, sets] of shall) {
    const present = there.get(key) ?? []
    const refusal = refusalOf({ sets, present, ...input, owners })
    if (refusal === undefined) draft.reconcile(sets, present)
    else refusals.push(refusal)
  }
  let owned = 0
  for (const [key, present] of there) {
    const first = present[0]
    if (first === undefined || (marks === 'txt' && markedSet(first.name) !== undefined)) continue
    if (owners.of(first.name, first.type).by !== 'us') continue
    owned += present.length
    // Somebody may have put something of another kind where our set was: that is not ours to delete.
    const deletable = present.every((set) => set.opaque === undefined)
    // Where a zone is no longer published there, its sets stay as they are: nobody said that they should go.
    if (!shall.has(key) && deletable && isWithin(first.name, wanted.origins)) draft.remove(present)
  }
  if (marks === 'txt') draft.removeStrayMarks(current, there, shall)
  const ordered = inOrder(changes)
  return {
    changes: ordered,
    refusals,
    owned,
    wanted: wanted.sets.length,
    ...heldBack(ordered, owned, maxChange),
  }
}

/** Puts changes down, each with its mark. */
class Draft {
  readonly #input: PlanInput
  readonly #owners: Owners
  readonly #changes: PlannedChange[]

  constructor(input: PlanInput, owners: Owners, changes: PlannedChange[]) {
    this.#input = input
    this.#owners = owners
    this.#changes = changes
  }

  /** Brings the variants of one RRset, mostly one plain set, to what they shall be. All of `present` is ours or to be adopted. */
  reconcile(sets: readonly ProviderSet[], present: readonly CurrentSet[]): void {
    const [first] = sets
    if (first === undefined) return
    const ours = this.#owners.of(first.name, first.type).by === 'us'
    const adopts = !ours && present.length > 0
    const byKey = new Map(present.map((set) => [setKey(set), set]))
    for (const after of sets) {
      const before = byKey.get(setKey(after))
      byKey.delete(setKey(after))
      if (before === undefined) this.#put({ after, adopts: false, leftOver: false })
      else if (!sameContent(before, after) || before.drift !== undefined || (adopts && this.#inline))
        this.#put({ before, after, adopts, leftOver: false })
    }
    for (const before of byKey.values()) this.#put({ before, adopts, leftOver: false })
    if (!ours && !this.#inline)
      this.#putMark(first, undefined, markSet(first.name, first.type, this.#mark, this.#markTtl))
  }

  /** Nothing of the RRset is wanted any more. */
  remove(present: readonly CurrentSet[]): void {
    const [first] = present
    if (first === undefined) return
    const leftOver = !this.#input.wanted.names.has(first.name)
    for (const before of present) this.#put({ before, adopts: false, leftOver })
    const mark = this.#owners.markOf(first.name, first.type)
    if (mark !== undefined) this.#putMark(first, mark, undefined)
  }

  /** Marks of ours whose set somebody else took away. */
  removeStrayMarks(
    current: readonly CurrentSet[],
    there: ReadonlyMap<string, unknown>,
    shall: ReadonlyMap<string, unknown>,
  ): void {
    for (const set of current) {
      const about = set.type === 'TXT' ? markedSet(set.name) : undefined
      if (about === undefined || markOf(set)?.owner !== this.#input.owner) continue
      const key = rrsetKey(about)
      if (there.has(key) || shall.has(key)) continue
      if (isWithin(about.name, this.#input.wanted.origins)) this.#putMark(about, set, undefined)
    }
  }

  get #inline(): boolean {
    return this.#input.marks === 'inline'
  }

  get #markTtl(): number {
    const { min, max } = this.#input.limits.ttl
    return Math.min(Math.max(MARK_TTL_S, min), max)
  }

  get #mark(): Mark {
    return { owner: this.#input.owner }
  }

  #put({
    before,
    after,
    adopts,
    leftOver,
  }: {
    before?: CurrentSet
    after?: ProviderSet
    adopts: boolean
    leftOver: boolean
  }): void {
    const set = after ?? before
    if (set === undefined) return
    const kind = before === undefined ? 'create' : after === undefined ? 'delete' : 'update'
    const urgent =
      kind === 'update' && before !== undefined && after !== undefined
        ? movesTraffic(before, after)
        : !leftOver
    this.#changes.push({
      name: set.name,
      type: set.type,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
      ...(this.#inline && after !== undefined ? { mark: this.#mark } : {}),
      kind,
      urgency: urgent ? 'urgent' : 'routine',
      why: whyChanged({ ...(before && { before }), ...(after && { after }), adopts, leftOver }),
      group: set.name,
      isMark: false,
      adopts,
      leftOver,
      byOverride: this.#byOverride(set),
    })
  }

  #byOverride(set: Pick<ProviderSet, 'name' | 'type'>): boolean {
    const key = rrsetKey(set)
    return isByOverride(this.#input.settled?.get(key), this.#input.wanted.bases?.get(key))
  }

  #putMark(of: Pick<ProviderSet, 'name' | 'type'>, before?: CurrentSet, after?: ProviderSet): void {
    const set = after ?? before
    if (set === undefined) return
    this.#changes.push({
      name: set.name,
      type: 'TXT',
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
      kind: after === undefined ? 'delete' : 'create',
      urgency: 'routine',
      why: after === undefined ? 'the mark goes with its set' : 'marks the set as ours',
      group: of.name,
      isMark: true,
      adopts: false,
      leftOver: false,
      // A mark goes where its set goes.
      byOverride: this.#byOverride(of),
    })
  }
}

function groupByRrset<Set extends ProviderSet>(sets: readonly Set[]): Map<string, Set[]> {
  const groups = new Map<string, Set[]>()
  for (const set of sets) {
    const key = rrsetKey(set)
    const same = groups.get(key)
    if (same === undefined) groups.set(key, [set])
    else same.push(set)
  }
  return groups
}
