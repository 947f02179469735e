import type { DomainName } from '../../core/brand.ts'
import type { MaxChange } from '../../core/settings.ts'
import type {
  Applied,
  CurrentSet,
  Provider,
  ProviderSet,
  ProviderZone,
  ReadScope,
} from '../providers/definition.ts'
import { ProviderError } from '../providers/error.ts'
import { Doubt } from './doubt.ts'
import { makePlan } from './make-plan.ts'
import { batchesOf, groupsOf, toBatch } from './order.ts'
import type { SetBases } from './overrides.ts'
import { dueOf, type Plan, type PlannedChange, type Refusal } from './plan.ts'
import { scopeOf } from './scope.ts'
import { describeSet, rrsetKey, sameContent, setKey } from './sets.ts'
import type { Wanted } from './wanted.ts'

export interface ReconcilerSettings {
  readonly owner: string
  readonly marks: 'txt' | 'inline'
  readonly adopt: boolean
  readonly maxChange?: MaxChange
}

/** An API may show old data for a moment after a change; for longer than a few attempts take it does not. */
const CONFLICTS_MAX = 5

/** What the provider would not take, and the message it gave. */
interface Rejected {
  readonly content: string
  readonly message: string
}

/**
 * Knows a provider's zone as of the last reading and of what was done since, and brings it nearer to what is wanted, one batch at
 * a time. Has no time of its own: when to act, and when again, is the caller's.
 */
export class Reconciler {
  readonly #provider: Provider
  readonly #settings: ReconcilerSettings
  readonly #doubt: Doubt
  #zone: ProviderZone | undefined
  #current: ReadonlyMap<string, CurrentSet> | undefined
  #read: ReadonlySet<DomainName> = new Set()
  /** The zone shall be read again; until then the last reading serves. */
  #isOld = false
  /** Every name that was wanted since the start. */
  readonly #known = new Set<DomainName>()
  /** By name. Until the next resync, or until something else is wanted of the name. */
  readonly #rejected = new Map<DomainName, Rejected>()
  /** Conflicts in a row over the same changes, though the zone was read before each. */
  #conflicts = { content: '', times: 0 }
  /** By name and type: what a set went by when it was last seen to be as it shall be. */
  #settled: ReadonlyMap<string, SetBases> = new Map()
  /** While the provider refuses batches and does not say which change it means: how many names may go together. */
  #together = Number.POSITIVE_INFINITY

  constructor(provider: Provider, settings: ReconcilerSettings) {
    this.#provider = provider
    this.#settings = settings
    this.#doubt = new Doubt(settings)
  }

  get zone(): ProviderZone | undefined {
    return this.#zone
  }

  /** Opens the provider and reads its zone, where that is not done. True when it was read now. Rejects with `ProviderError`. */
  async prepare(wanted: Wanted, signal: AbortSignal): Promise<boolean> {
    this.#zone ??= await this.#provider.open(signal)
    const scope = scopeOf(wanted, this.#settings, this.#zone.origin, this.#known)
    const names = namesIn(scope)
    if (this.#current !== undefined && !this.#isOld && names.every((name) => this.#read.has(name)))
      return false
    const sets = await this.#provider.read(scope, signal).catch((error: unknown) => {
      if (error instanceof ProviderError) this.#doubtAccess(error)
      throw error
    })
    this.#doubt.weigh(sets, wanted)
    this.#current = new Map(sets.map((set) => [setKey(set), set]))
    this.#read = new Set(names)
    // What was refused is tried anew after a resync; after each reading it would never end, where a refusal is told as a conflict first.
    if (this.#isOld) {
      this.#isOld = false
      this.#rejected.clear()
      this.#together = Number.POSITIVE_INFINITY
    }
    return true
  }

  /** The next `prepare` reads again. Until then plans go by the last reading: a change that it does not fit is a conflict. */
  refresh(): void {
    this.#isOld = true
  }

  /** Whether a reading is due that the changes of `wanted` need not wait for. */
  canWait(wanted: Wanted): boolean {
    if (!this.#isOld || this.#zone === undefined || this.#current === undefined) return false
    const scope = scopeOf(wanted, this.#settings, this.#zone.origin, this.#known)
    return namesIn(scope).every((name) => this.#read.has(name))
  }

  /** The next `prepare` reads again, and nothing can be planned before: what was read is not so any more. */
  forget(): void {
    this.#current = undefined
  }

  /** The next `prepare` opens and reads again: a key may have been renewed, a zone made anew. */
  reopen(): void {
    this.#zone = undefined
    this.#current = undefined
  }

  plan(wanted: Wanted): Plan {
    if (this.#current === undefined || this.#zone === undefined) throw new Error('nothing was read yet')
    const plan = makePlan({
      wanted,
      current: [...this.#current.values()],
      zone: this.#zone.origin,
      limits: this.#provider.limits,
      settled: this.#settled,
      ...this.#settings,
    })
    this.#settle(plan, wanted)
    const refusals: Refusal[] = [...plan.refusals]
    const changes = groupsOf(plan.changes).flatMap((group) => {
      const [first] = group
      if (first === undefined) return []
      const rejected = this.#rejected.get(first.group)
      if (rejected === undefined || rejected.content !== contentOf(group)) return group
      for (const { name, type, isMark } of group)
        if (!isMark) refusals.push({ name, type, code: 'rejected', message: rejected.message })
      return []
    })
    return { ...plan, changes, refusals }
  }

  #settle({ changes }: Plan, { bases }: Wanted): void {
    const open = new Set(changes.map(rrsetKey))
    const settled = new Map<string, SetBases>()
    for (const [key, now] of bases ?? []) {
      const known = open.has(key) ? this.#settled.get(key) : now
      if (known !== undefined) settled.set(key, known)
    }
    this.#settled = settled
  }

  /** The changes that the next call makes: as many as the limits allow, from the front of the plan. */
  nextBatch(plan: Plan): readonly PlannedChange[] {
    const [batch = []] = batchesOf(dueOf(plan), this.#provider.limits.batch)
    return groupsOf(batch).slice(0, this.#together).flat()
  }

  /**
   * Makes these changes. Rejects with `ProviderError`: then nothing was done, or it is not known, and the next `prepare` looks.
   * What the provider refuses for good is set aside, so that the rest goes through.
   */
  async apply(changes: readonly PlannedChange[], signal: AbortSignal): Promise<Applied> {
    try {
      const applied = await this.#provider.apply(toBatch(changes), signal)
      const current = new Map(this.#current)
      for (const { before } of changes) if (before !== undefined) current.delete(setKey(before))
      for (const set of applied.sets) current.set(setKey(set), set)
      this.#current = current
      this.#doubt.made([...current.values()])
      this.#verify(changes, current)
      return applied
    } catch (error) {
      this.#doubt.mayBeMade(changes)
      if (error instanceof ProviderError) this.#learn(error, changes)
      // What an abort or a fault of ours left behind is not known either.
      else this.forget()
      throw error
    }
  }

  /** What was accepted and yet is otherwise would be changed again for ever: it is set aside as what is refused is. */
  #verify(changes: readonly PlannedChange[], current: ReadonlyMap<string, CurrentSet>): void {
    for (const group of groupsOf(changes)) {
      const amiss = group.filter(
        ({ after }) => after !== undefined && !isMade(after, current.get(setKey(after))),
      )
      const [first] = amiss
      if (first === undefined) continue
      const told = amiss.map(({ after }) => madeOtherwise(after, current)).join('; ')
      this.#rejected.set(first.group, { content: contentOf(amiss), message: told })
    }
  }

  /** What `open` found may not hold any more: a zone was made anew under another id, a key replaced. */
  #doubtAccess({ fault }: ProviderError): void {
    if (fault === 'no-zone' || fault === 'credentials') this.reopen()
  }

  /**
   * | fault           | culprits | names in the batch | then                                      |
   * |-----------------|----------|--------------------|-------------------------------------------|
   * | refused, quota  | told     | any                | those names are set aside                 |
   * | refused, quota  | not told | several            | half as many go together the next time    |
   * | refused, quota  | not told | one                | it is set aside                           |
   * | conflict        | any      | any                | the zone is read again                    |
   * | the same again  | any      | any                | no reading helps: as if refused           |
   * | uncertain       | any      | any                | the zone is read again                    |
   * | not retryable   | any      | by an old reading  | the zone is read again                    |
   * | credentials ... | any      | any                | the zone is opened again                  |
   */
  #learn(error: ProviderError, changes: readonly PlannedChange[]): void {
    const inDoubt = this.#isOld && !error.retryable
    const inVain = error.fault === 'conflict' && !error.uncertain && this.#isInVain(changes)
    if ((error.fault === 'conflict' && !inVain) || error.uncertain || inDoubt) this.forget()
    this.#doubtAccess(error)
    if (error.fault !== 'refused' && error.fault !== 'quota' && !inVain) return
    const groups = groupsOf(changes)
    const culprits = new Set(error.culprits.map((index) => changes[index]?.group))
    const guilty = groups.filter((group) => culprits.has(group[0]?.group))
    if (guilty.length === 0 && groups.length > 1) {
      this.#together = Math.ceil(groups.length / 2)
      return
    }
    for (const group of guilty.length > 0 ? guilty : groups) {
      const [first] = group
      if (first !== undefined)
        this.#rejected.set(first.group, { content: contentOf(group), message: error.message })
    }
    this.#together = Number.POSITIVE_INFINITY
    this.#conflicts = { content: '', times: 0 }
  }

  /**
   * A reading that shows something else than what changes are checked against (another view of a DNS server, say) would keep a whole batch
   * in conflict for ever, and with it what could well be made.
   */
  #isInVain(changes: readonly PlannedChange[]): boolean {
    const searching = Number.isFinite(this.#together) && this.#conflicts.times >= CONFLICTS_MAX
    if (searching) return true
    const content = changes.map((change) => `${formerOf(change)} becomes ${contentOf([change])}`).join('\n')
    const times = this.#conflicts.content === content ? this.#conflicts.times + 1 : 1
    this.#conflicts = { content, times }
    return times >= CONFLICTS_MAX
  }
}

function formerOf({ before }: PlannedChange): string {
  return before === undefined ? 'nothing' : describeSet(before)
}

function namesIn({ names, beside = [] }: ReadScope): DomainName[] {
  return [...names, ...beside]
}

function isMade(after: ProviderSet, made: CurrentSet | undefined): boolean {
  return made !== undefined && made.drift === undefined && sameContent(made, after)
}

function madeOtherwise(after: ProviderSet | undefined, current: ReadonlyMap<string, CurrentSet>): string {
  if (after === undefined) return ''
  const made = current.get(setKey(after))
  const is =
    made === undefined ? 'not made' : [`made ${describeSet(made)}`, made.drift].filter(Boolean).join(', ')
  return `was ${is} by the provider, not ${describeSet(after)} as it was told`
}

function contentOf(group: readonly PlannedChange[]): string {
  return group
    .map(({ after, ...change }) => `${rrsetKey(change)} ${after === undefined ? '-' : describeSet(after)}`)
    .join('\n')
}
