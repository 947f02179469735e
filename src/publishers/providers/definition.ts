/** What a provider of managed DNS is to the reconcile loop. Its failures are `ProviderError`s (`error.ts`). */
import type { z } from 'zod'
import type { DomainName } from '../../core/brand.ts'
import type { Clock, Logger, Random, Timers } from '../../core/ports.ts'
import type { Rdata, RecordType } from '../../core/records.ts'

/** One of several sets that share a name and type, as Route53's weighted sets do. */
export interface Variant {
  /** Unique within name and type; stable over changes of the records. */
  readonly id: string
  readonly weight: number
}

/** One record set as a provider shall have it. */
export interface ProviderSet {
  readonly name: DomainName
  readonly type: RecordType
  /** Seconds. */
  readonly ttl: number
  /** Canonical order, each once. */
  readonly records: readonly Rdata[]
  readonly variant?: Variant
}

/** The sign that a record set is an instance's own. */
export interface Mark {
  /** `owner` of the provider's settings. */
  readonly owner: string
}

/** One record set as a provider has it. */
export interface CurrentSet extends ProviderSet {
  /** Providers with `marks: inline` only: what the set itself says. */
  readonly mark?: Mark
  /** In plain words, where it is more than name, type, TTL and records can say (`an alias`, `proxied`). Never adopted. */
  readonly opaque?: string
  /** Same words, but a difference that an update of ours puts right (`proxied` on a record that is ours): drift. */
  readonly drift?: string
  /** The provider's own: record ids, texts exactly as they stand. Handed back untouched in `Change.before`. */
  readonly handle?: unknown
}

/**
 * | before | after | what                                                                    |
 * |--------|-------|-------------------------------------------------------------------------|
 * | none   | a set | create it; a conflict where one is there                                |
 * | a set  | a set | replace it; a conflict where it no longer is what `before` says         |
 * | a set  | none  | delete it; a conflict where it no longer is what `before` says          |
 */
export interface Change {
  readonly name: DomainName
  readonly type: RecordType
  readonly before?: CurrentSet
  readonly after?: ProviderSet
  /** Providers with `marks: inline`: to be written with `after`. */
  readonly mark?: Mark
}

/** Changes that leave in one go; those of one name are never parted. */
export type Batch = readonly Change[]

/** What a batch did. */
export interface Applied {
  /** The sets of every `after`, as the provider has them now, handles included. */
  readonly sets: readonly CurrentSet[]
  /** The provider's own, for `settled`; safe to log. */
  readonly reference?: string
}

/** One measure in which a batch is limited. */
export interface BatchLimit {
  /** `records`, `characters`, `octets`. */
  readonly unit: string
  readonly max: number
  /** What one change takes of it. Pure. */
  cost(change: Change): number
}

export interface ProviderLimits {
  /** Seconds. */
  readonly ttl: { readonly min: number; readonly max: number }
  /** Types that can be published; TXT is needed beside them where marks are `txt`. */
  readonly types: readonly RecordType[]
  readonly batch: readonly BatchLimit[]
  /** Records of one set, where that is less than a batch would hold. */
  readonly recordsInSet?: number
  /** API calls a second that are surely allowed, and how many may follow each other at once. Less is learned from throttling. */
  readonly callsPerSecond: number
  readonly burst: number
  /**
   * Present: alternatives become variants, with weights from 0 to `maxWeight`, `maxCount` of one name and type. Absent: their union is
   * published.
   */
  readonly variants?: { readonly maxWeight: number; readonly maxCount: number }
}

/** What is of interest to a reading. */
export interface ReadScope {
  /** Zones of the configuration; names outside of them are never touched. */
  readonly origins: readonly DomainName[]
  /** Names that are published or were, and those of their marks; all inside `origins`. */
  readonly names: readonly DomainName[]
  /** Names outside of the origins, inside the provider's zone, whose TXT may say whose a set of ours to be is; only read. */
  readonly beside?: readonly DomainName[]
}

/** The provider's own zone. */
export interface ProviderZone {
  /** Its apex; an origin of ours may lie below it. */
  readonly origin: DomainName
  /** For the log and the status: `private`, `4 name servers`. */
  readonly notes: readonly string[]
}

/**
 * One zone at one provider. Every method rejects with a `ProviderError`, within a bounded time, and leaves at once when the
 * signal aborts. The caller never runs two at a time, but for `settled`.
 */
export interface Provider {
  /** May change while it lives: what the API's errors teach. */
  readonly limits: ProviderLimits
  /** Checks credentials and their scope, and finds the zone. Called before anything else; again after it failed. */
  open(signal: AbortSignal): Promise<ProviderZone>
  /** At least every set at `names`, of any type. Better: every set inside `origins`, so that left-overs are found. */
  read(scope: ReadScope, signal: AbortSignal): Promise<readonly CurrentSet[]>
  /**
   * All of the batch or nothing where the API can. A set that no longer is as `before` says is a `conflict`, nothing done.
   * When it is not known whether the changes were made, the error is `uncertain`: the caller reads before it repeats.
   */
  apply(batch: Batch, signal: AbortSignal): Promise<Applied>
  /** True once the change is in force wherever the provider can tell. Absent: it cannot tell. */
  settled?(applied: Applied, signal: AbortSignal): Promise<boolean>
  close(): Promise<void>
}

/** The provider's share of API calls. Asked before each call; the rate is learned. */
export interface CallPace {
  /** Resolves when the next call may leave. Rejects with the signal's reason. */
  turn(signal: AbortSignal): Promise<void>
  /** The API said that it was too much. For a provider that goes on by itself; one that rejects need not tell. */
  throttled(retryAfterMs?: number): void
  /** No call for so long: a rate limit's budget is used up (`ratelimit` headers). */
  hold(delayMs: number): void
}

export interface ProviderDeps {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly logger: Logger
  readonly pace: CallPace
}

/** One kind of provider: one file, one line in `registry.ts`, one test and a fixture of the contract suite. */
export interface ProviderDefinition<Options = unknown> {
  readonly kind: string
  /** One sentence. */
  readonly summary: string
  /**
   * The keys of this kind beside those that every provider has (`type`, `owner`, `adopt`, `maxChange`, `resync`, `dryRun`). A strict
   * object.
   */
  readonly options: z.ZodType<Options>
  /**
   * Where marks are kept. `txt`: a TXT set beside the set, which the plan makes and reads like any other; the provider does
   * nothing. `inline`: with the record itself (a comment); the provider reads `CurrentSet.mark` and writes `Change.mark`.
   */
  readonly marks: 'txt' | 'inline'
  /** Known without asking anybody: `sipvane check` goes by it. */
  limits(options: Options): ProviderLimits
  /** Providers with the same account share one pace; default: each its own. Never a secret. */
  account?(options: Options): string
  /** Opens nothing yet. An SDK is loaded in `open`, so that commands which need none start quickly. */
  create(options: Options, deps: ProviderDeps): Provider
}

export function defineProvider<Options>(
  definition: ProviderDefinition<Options>,
): ProviderDefinition<Options> {
  return definition
}
