import type { DomainName } from '../../../core/brand.ts'
import type { RecordType } from '../../../core/records.ts'
import { formatRdata } from '../../../wire/dns/rdata/registry.ts'
import { canonicalRecords } from '../../../zone/canonical.ts'
import type { CurrentSet } from '../definition.ts'
import { ownerIn } from './mark.ts'
import { TTL_AUTOMATIC } from './options.ts'
import type { ApiRecord } from './record.ts'

/** What is remembered of a set beside what every provider tells: Cloudflare keeps records, not sets. */
export interface Handle {
  readonly records: readonly ApiRecord[]
  /** Epoch milliseconds of the reading, or of the change that made it. */
  readonly atMs: number
}

export function handleOf(set: CurrentSet): Handle {
  return set.handle as Handle
}

/** The key of an RRset. */
export function setKey(name: DomainName, type: RecordType): string {
  return `${name} ${type}`
}

/** Records to sets, in the order they came in. */
export function groupSets(records: readonly ApiRecord[], atMs: number): CurrentSet[] {
  const groups = new Map<string, ApiRecord[]>()
  for (const record of records) {
    const key = setKey(record.name, record.type)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [record])
    else group.push(record)
  }
  return [...groups.values()].map((group) => toSet(group, atMs))
}

/**
 * A record that somebody put among ours is not ours to delete, and where one is, the set is not ours to say what it is.
 *
 * | marks found in the set | set is                                                                |
 * |------------------------|-----------------------------------------------------------------------|
 * | none                   | nobody's; `proxied` or unreadable: opaque, never adopted              |
 * | one owner, on all      | that owner's; what an update puts right (`proxied`, TTLs) is drift    |
 * | one owner, on some     | nobody's, until it is adopted or the strange records are gone         |
 * | several owners         | opaque: neither may touch it                                          |
 */
function toSet(records: readonly ApiRecord[], atMs: number): CurrentSet {
  const [first] = records
  if (first === undefined) throw new RangeError('a set without a record')
  const owners = new Set(records.map(ownerIn))
  const named = [...owners].filter((owner) => owner !== undefined)
  const owner = owners.size === 1 ? named[0] : undefined
  const readable = records.flatMap((one) => one.rdata ?? [])
  const ttls = [...new Set(records.map(secondsOf))]
  const proxied = records.some((one) => one.proxied)
  const opaque =
    named.length > 1
      ? `records of ${named.length} owners`
      : readable.length < records.length
        ? `records of type ${first.type} that sipvane cannot read`
        : proxied && owner === undefined
          ? 'proxied'
          : undefined
  const faults = [
    ...(proxied ? ['proxied'] : []),
    ...(ttls.length > 1 ? [`records with different TTLs (${ttls.join(', ')})`] : []),
  ]
  return {
    name: first.name,
    type: first.type,
    ttl: Math.min(...ttls),
    records: canonicalRecords(readable),
    ...(owner === undefined ? {} : { mark: { owner } }),
    ...(opaque === undefined ? {} : { opaque }),
    ...(opaque !== undefined || owner === undefined || faults.length === 0
      ? {}
      : { drift: faults.join('; ') }),
    handle: { records, atMs } satisfies Handle,
  }
}

/** Sets of which some records are marked and others are not. */
export function isMixed(set: CurrentSet): boolean {
  const marked = handleOf(set).records.filter((one) => ownerIn(one) !== undefined).length
  return marked > 0 && marked < handleOf(set).records.length
}

function secondsOf(record: ApiRecord): number {
  return record.ttl === 1 ? TTL_AUTOMATIC : record.ttl
}

/** Says everything about a set that a change goes by: two readings with the same print are the same set. */
export function fingerprint(set: CurrentSet): string {
  const { records } = handleOf(set)
  const lines = records.map((one) =>
    JSON.stringify([
      one.id,
      one.ttl,
      one.proxied,
      one.comment,
      one.tags,
      one.rdata === undefined ? null : formatRdata(one.rdata),
    ]),
  )
  return lines.sort().join('\n')
}
