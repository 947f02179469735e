import type { RecordBatchParams } from 'cloudflare/resources/dns/records'
import { isWithin } from '../../../wire/dns/name.ts'
import type {
  Applied,
  Batch,
  CurrentSet,
  Provider,
  ProviderDeps,
  ProviderLimits,
  ProviderZone,
  ReadScope,
} from '../definition.ts'
import { ProviderError } from '../error.ts'
import { CloudflareClient, senseless } from './client.ts'
import { changedSince, isToRecheck, madeBy, proxiedNeighbours } from './comparison.ts'
import { isKnownCode } from './faults.ts'
import { limitsOf, markingOf } from './limits.ts'
import { type Opened, openZone } from './opening.ts'
import { countOf, type Operations, operationsOfBatch } from './operations.ts'
import { type CloudflareOptions, PLAN_LIMITS, type Plan } from './options.ts'
import { readRecords } from './reading.ts'
import { type ApiRecord, bare, readRecord } from './record.ts'
import { groupSets, isMixed, setKey } from './sets.ts'

/** Up to so many names are read again one by one; for more, the whole zone takes fewer calls. */
const FEW_NAMES = 3
/** In one line of the log. */
const SHOWN = 20
const WHAT = 'change the records'

export class CloudflareProvider implements Provider {
  readonly #options: CloudflareOptions
  readonly #deps: ProviderDeps
  readonly #client: CloudflareClient
  #opened: Opened | undefined
  #plan: Plan | undefined
  #batchMax: number | undefined
  #limits: ProviderLimits
  /** What was warned of last, so that each reading does not say it again. */
  #warned = ''

  constructor(options: CloudflareOptions, deps: ProviderDeps) {
    this.#options = options
    this.#deps = deps
    this.#client = new CloudflareClient(options, deps)
    this.#plan = options.plan
    this.#limits = limitsOf(options, this.#plan)
  }

  get limits(): ProviderLimits {
    return this.#limits
  }

  async open(signal: AbortSignal): Promise<ProviderZone> {
    const opened = await openZone(this.#client, this.#options, signal)
    this.#opened = opened
    const { plan } = this.#options
    const differs = plan !== undefined && opened.plan !== undefined && opened.plan !== plan
    this.#learn(opened.plan ?? plan, this.#batchMax)
    const notes = differs ? [...opened.notes, `not on the ${plan} plan, as the settings say`] : opened.notes
    return { origin: opened.origin, notes }
  }

  async read(scope: ReadScope, signal: AbortSignal): Promise<readonly CurrentSet[]> {
    const records = await readRecords(this.#client, this.#zoneId, signal)
    const beside = new Set(scope.beside)
    const sets = groupSets(records, this.#deps.clock.nowMs()).filter(
      ({ name }) => beside.has(name) || isWithin(name, scope.origins),
    )
    this.#warnOf(sets)
    return sets
  }

  async apply(batch: Batch, signal: AbortSignal): Promise<Applied> {
    if (this.#options.access === 'read')
      throw new ProviderError('scope', `could not ${WHAT}: the settings say access: read`)
    await this.#recheck(batch, signal)
    const operations = operationsOfBatch(batch, markingOf(this.#options, this.#plan))
    const replied = countOf(operations) === 0 ? [] : await this.#send(operations, batch, signal)
    return { sets: madeBy(batch, replied, this.#deps.clock.nowMs()) }
  }

  async close(): Promise<void> {}

  get #zoneId(): string {
    if (this.#opened === undefined) throw new Error('the provider is not open')
    return this.#opened.zoneId
  }

  /**
   * The API has no preconditions: a record that is gone is told (81044), one that another hand changed is not. So the sets are
   * looked at again first, but for those that a failover replaces.
   */
  async #recheck(batch: Batch, signal: AbortSignal): Promise<void> {
    const nowMs = this.#deps.clock.nowMs()
    const old = [...batch.entries()].filter(([, change]) =>
      isToRecheck(change, nowMs, this.#options.recheckMs),
    )
    const names = [...new Set(old.map(([, change]) => change.name))]
    if (names.length === 0) return
    const asked = names.length <= FEW_NAMES ? names.map(bare) : [undefined]
    const records: ApiRecord[] = []
    for (const name of asked) records.push(...(await readRecords(this.#client, this.#zoneId, signal, name)))
    const culprits = changedSince(old, records)
    if (culprits.length > 0)
      throw new ProviderError('conflict', `${culprits.length} record sets are not as they were read`, {
        culprits,
      })
  }

  /** The records that were patched and posted, as they are now. */
  async #send(operations: Operations, batch: Batch, signal: AbortSignal): Promise<readonly ApiRecord[]> {
    // The SDK has a type for each type of record; `writeRdata` makes these very shapes.
    const body = operations as unknown as Omit<RecordBatchParams, 'zone_id'>
    let reply: { patches?: unknown; posts?: unknown } | null | undefined
    try {
      reply = await this.#client.call({ what: WHAT, writes: true, signal }, (sdk, options) =>
        sdk.dns.records.batch({ zone_id: this.#zoneId, ...body }, options).withResponse(),
      )
    } catch (error) {
      throw error instanceof ProviderError ? this.#explain(error, countOf(operations), batch) : error
    }
    const lists: unknown[] = [reply?.patches, reply?.posts].filter(Array.isArray).flat()
    const records = lists.flatMap((json) => readRecord(json) ?? [])
    if (records.length !== operations.patches.length + operations.posts.length) throw senseless(WHAT, true)
    return records
  }

  /** Learns from a refusal, and names the culprit where only one change can be it. */
  #explain(error: ProviderError, count: number, batch: Batch): ProviderError {
    const { fault, apiCode, retryAfterMs, uncertain } = error
    const { batch: free, ttlMin } = PLAN_LIMITS.free
    // No code says "too many": what the smallest plan takes is tried next.
    if (fault === 'refused' && count > free && !isKnownCode(apiCode)) this.#learn(this.#plan, free)
    if (apiCode === '9021' && this.#limits.ttl.min < ttlMin) this.#learn('business', this.#batchMax)
    const blamed = fault === 'refused' || fault === 'conflict' || fault === 'quota'
    if (!blamed || batch.length !== 1) return error
    return new ProviderError(fault, error.message, {
      culprits: [0],
      uncertain,
      ...(apiCode === undefined ? {} : { apiCode }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    })
  }

  #learn(plan: Plan | undefined, batchMax: number | undefined): void {
    this.#plan = plan
    this.#batchMax = batchMax
    this.#limits = limitsOf(this.#options, plan, batchMax)
  }

  /** Of what stands in the way of our answers and cannot be put right from here; once, until it is something else. */
  #warnOf(sets: readonly CurrentSet[]): void {
    const proxied = proxiedNeighbours(sets)
    const mixed = sets.filter(isMixed).map((set) => setKey(set.name, set.type))
    const said = [...proxied, '', ...mixed].join(' ')
    if (said === this.#warned) return
    this.#warned = said
    if (proxied.length > 0)
      this.#deps.logger.warn(
        'cloudflare.proxied-neighbour',
        { names: proxied.slice(0, SHOWN), count: proxied.length },
        'names of ours have a proxied A or AAAA beside them: Cloudflare proxies the whole name, which speaks no SIP',
      )
    if (mixed.length > 0)
      this.#deps.logger.warn(
        'cloudflare.mixed-set',
        { sets: mixed.slice(0, SHOWN), count: mixed.length },
        'sets have records of ours and records that nobody marked: they are left alone until these are gone or adopted',
      )
  }
}
