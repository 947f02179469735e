/** A zone as Cloudflare's database keeps it: records by id, conflicts refused, batches whole or not at all. */
import {
  acceptRecord,
  PLAN_LIMITS,
  type Plan,
  type RecordInput,
  type StoredRecord,
} from './cloudflare-record.ts'
import { batchSizeFault, FAULTS, Refusal } from './cloudflare-replies.ts'

export interface Batch {
  readonly deletes?: readonly { readonly id: string }[]
  readonly patches?: readonly RecordInput[]
  readonly puts?: readonly RecordInput[]
  readonly posts?: readonly RecordInput[]
}

export interface ZoneOptions {
  /** 32 hex digits. */
  readonly id: string
  /** Without the final dot. */
  readonly name: string
  readonly plan?: Plan
  /** Records the zone may hold; default by plan. */
  readonly quota?: number
}

/** Records by name and type, as the edge would answer them: sorted text lines. */
export type EdgeView = ReadonlyMap<string, readonly string[]>

export class CloudflareZone {
  readonly id: string
  readonly name: string
  readonly plan: Plan
  #quota: number
  #records = new Map<string, StoredRecord>()
  #previous: ReadonlyMap<string, StoredRecord> = new Map()
  #lastId = 0
  /** Lists still to be answered from before the last change, as a lagging replica would. */
  staleLists = 0
  /** Batches and single changes that took effect. */
  commits = 0

  constructor(options: ZoneOptions) {
    this.id = options.id
    this.name = options.name
    this.plan = options.plan ?? 'free'
    this.#quota = options.quota ?? PLAN_LIMITS[this.plan].quota
  }

  get records(): readonly StoredRecord[] {
    return [...this.#records.values()]
  }

  /** What a list shows now; counts a stale one down. */
  listed(): readonly StoredRecord[] {
    if (this.staleLists === 0) return this.records
    this.staleLists -= 1
    return [...this.#previous.values()]
  }

  /** Every record by `name type`, in words that ignore ids: for comparing states. */
  view(): EdgeView {
    const sets = new Map<string, string[]>()
    for (const one of this.records) {
      const key = `${one.name} ${one.type}`
      const line = `${one.ttl} ${one.priority ?? ''} ${one.content}${one.proxied ? ' proxied' : ''}`
      sets.set(key, [...(sets.get(key) ?? []), line].sort())
    }
    return sets
  }

  /** Puts a record there behind everyone's back, as a person at the dashboard would. */
  edit(input: RecordInput): StoredRecord {
    const [made] = this.batch({ posts: [input] }).posts
    if (made === undefined) throw new Error('a post brought no record')
    return made
  }

  remove(id: string): void {
    this.batch({ deletes: [{ id }] })
  }

  /** Deletes, patches, puts, posts, in this order, in one transaction: the first refusal undoes everything. */
  batch(batch: Batch): Record<'deletes' | 'patches' | 'puts' | 'posts', StoredRecord[]> {
    const { deletes = [], patches = [], puts = [], posts = [] } = batch
    const size = deletes.length + patches.length + puts.length + posts.length
    const max = PLAN_LIMITS[this.plan].batch
    if (size > max) throw new Refusal(batchSizeFault(max))
    const draft = new Map(this.#records)
    const done = {
      deletes: deletes.map(({ id }) => {
        const old = this.#find(draft, id)
        draft.delete(id)
        return old
      }),
      // A patch keeps every field that it does not name.
      patches: patches.map((input) => {
        const old = this.#find(draft, input.id)
        return this.#put(draft, old.id, { ...old, ...input })
      }),
      puts: puts.map((input) => this.#put(draft, this.#find(draft, input.id).id, input)),
      posts: posts.map((input) => {
        if (draft.size >= this.#quota) throw new Refusal(FAULTS.quota)
        this.#lastId += 1
        return this.#put(draft, this.#lastId.toString(16).padStart(32, '0'), input)
      }),
    }
    if (size > 0) {
      this.#previous = this.#records
      this.#records = draft
      this.commits += 1
    }
    return done
  }

  #find(draft: ReadonlyMap<string, StoredRecord>, id: unknown): StoredRecord {
    const found = draft.get(String(id))
    if (found === undefined) throw new Refusal(FAULTS.recordMissing)
    return found
  }

  #put(draft: Map<string, StoredRecord>, id: string, input: RecordInput): StoredRecord {
    const record = acceptRecord(id, input, this.name, this.plan)
    for (const other of draft.values()) {
      if (other.id === id || other.name !== record.name) continue
      refuseNeighbour(record, other)
    }
    draft.set(id, record)
    return record
  }
}

/** RFC 1034 section 3.6.2 as Cloudflare words it: an alias stands alone, but for TXT and the like on its own terms. */
function refuseNeighbour(record: StoredRecord, other: StoredRecord): void {
  const addresses = ['A', 'AAAA', 'CNAME']
  if (other.type === 'CNAME' && record.type !== 'CNAME' && record.type !== 'TXT')
    throw new Refusal(FAULTS.aliasConflict)
  if (record.type === 'CNAME' && addresses.includes(other.type)) throw new Refusal(FAULTS.addressConflict)
  if (other.type === 'NS' && record.type !== 'NS') throw new Refusal(FAULTS.delegationConflict)
  if (other.type !== record.type) return
  if (other.content === record.content && other.priority === record.priority)
    throw new Refusal(FAULTS.identical)
}
