import type { Rdata } from '../../../core/records.ts'
import { formatRdata } from '../../../wire/dns/rdata/registry.ts'
import type { Change, ProviderSet } from '../definition.ts'
import { remarksFor } from './mark.ts'
import { type ApiRecord, bare, writeRdata } from './record.ts'
import { handleOf } from './sets.ts'

/** The body of one batch call: the API executes deletes, then patches, then posts, in one transaction. */
export interface Operations {
  readonly deletes: readonly { readonly id: string }[]
  readonly patches: readonly Patch[]
  readonly posts: readonly Post[]
}

export interface Patch {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly ttl: number
  readonly [field: string]: unknown
}

export interface Post {
  readonly name: string
  readonly type: string
  readonly ttl: number
  readonly [field: string]: unknown
}

/** How marks are written. */
export interface Marking {
  readonly way: 'comment' | 'tag'
  /** In characters. */
  readonly maxComment: number
}

const PROXIABLE = new Set(['A', 'AAAA', 'CNAME'])

/**
 * What makes the set of a change from the records that are there. A record that says the same already is left alone or gets its
 * TTL, mark or proxy flag put right; of the others as many as possible are patched by id, so that a set is never without a
 * record in between; the rest is deleted or posted. Since nothing is patched to what another record of the set says, the API
 * finds no duplicates on the way (81058).
 */
export function operationsOf(change: Change, marking: Marking): Operations {
  const there = change.before === undefined ? [] : handleOf(change.before).records
  if (change.after === undefined) return { deletes: there.map(({ id }) => ({ id })), patches: [], posts: [] }
  const after = change.after
  const missing = new Map(after.records.map((rdata) => [formatRdata(rdata), rdata]))
  const patches: Patch[] = []
  const spare: ApiRecord[] = []
  for (const record of there) {
    const key = record.rdata === undefined ? undefined : formatRdata(record.rdata)
    if (key === undefined || !missing.delete(key)) {
      spare.push(record)
      continue
    }
    const patch = repairs(record, after, change, marking)
    if (patch !== undefined) patches.push(patch)
  }
  const posts: Post[] = []
  for (const rdata of missing.values()) {
    const record = spare.shift()
    if (record === undefined) posts.push(post(rdata, after, change, marking))
    else
      patches.push({ ...patchBase(record, after), ...writeRdata(rdata), ...remarks(record, change, marking) })
  }
  return { deletes: spare.map(({ id }) => ({ id })), patches, posts }
}

/** All operations of a batch, in the order of its changes. */
export function operationsOfBatch(batch: readonly Change[], marking: Marking): Operations {
  const each = batch.map((change) => operationsOf(change, marking))
  return {
    deletes: each.flatMap((one) => one.deletes),
    patches: each.flatMap((one) => one.patches),
    posts: each.flatMap((one) => one.posts),
  }
}

export function countOf(operations: Operations): number {
  return operations.deletes.length + operations.patches.length + operations.posts.length
}

/** A patch for what is wrong beside the content; undefined where nothing is. */
function repairs(record: ApiRecord, after: ProviderSet, change: Change, marking: Marking): Patch | undefined {
  const sign = remarks(record, change, marking)
  if (record.ttl === after.ttl && !record.proxied && sign === undefined) return undefined
  // SRV, NAPTR and CAA are validated whole, so the data goes along even where it stays.
  const data = record.rdata === undefined ? undefined : writeRdata(record.rdata)
  return { ...patchBase(record, after), ...data, ...sign }
}

function patchBase(record: ApiRecord, after: ProviderSet): Patch {
  return { id: record.id, ...head(after) }
}

function post(rdata: Rdata, after: ProviderSet, change: Change, marking: Marking): Post {
  const nothing = { comment: undefined, tags: [] }
  const sign = change.mark && remarksFor(change.mark, marking.way, nothing, marking.maxComment)
  return { ...head(after), ...writeRdata(rdata), ...sign }
}

function head(after: ProviderSet): Post {
  const { name, type, ttl } = after
  // A proxied name answers with Cloudflare's web proxy, which speaks no SIP: said each time, whatever the zone's default is.
  return { name: bare(name), type, ttl, ...(PROXIABLE.has(type) ? { proxied: false } : {}) }
}

function remarks(record: ApiRecord, change: Change, marking: Marking): object | undefined {
  return change.mark && remarksFor(change.mark, marking.way, record, marking.maxComment)
}
