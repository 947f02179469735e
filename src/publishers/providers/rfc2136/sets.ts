import type { DomainName } from '../../../core/brand.ts'
import type { Rdata } from '../../../core/records.ts'
import { recordType, TYPE } from '../../../wire/dns/constants.ts'
import { encodeName } from '../../../wire/dns/name.ts'
import { encodeRdata } from '../../../wire/dns/rdata/registry.ts'
import type { MessageRecord } from '../../../wire/dns/read-message.ts'
import { canonicalRecords } from '../../../zone/canonical.ts'
import type { CurrentSet, ProviderSet } from '../definition.ts'
import { rrsets, ttlOf } from './questions.ts'

/**
 * A set's rdata octets exactly as the primary gave them. What an update expects to find there is told by these: names in rdata
 * keep their case, and not every server compares them without it.
 */
export interface SetHandle {
  readonly octets: readonly Uint8Array[]
}

/** What the server makes by itself; nobody else's data, and none that an update may touch (RFC 4034, RFC 5155). */
const SIGNATURES: ReadonlySet<number> = new Set([
  TYPE.RRSIG,
  TYPE.NSEC,
  TYPE.NSEC3,
  TYPE.NSEC3PARAM,
  TYPE.DNSKEY,
])

/** Records as the reconcile loop knows sets. SOA and NS of the apex are the zone's own and left out. */
export function currentSets(records: readonly MessageRecord[], apex: DomainName): CurrentSet[] {
  const wanted = records.filter(({ type, name }) => {
    const ofTheZone = name === apex && (type === TYPE.SOA || type === TYPE.NS)
    return !ofTheZone && !SIGNATURES.has(type)
  })
  return [...rrsets(wanted).values()].map(currentSet)
}

function currentSet(records: readonly MessageRecord[]): CurrentSet {
  const [first] = records
  if (first === undefined) throw new Error('a set without records')
  const values = records.flatMap(({ rdata }) => (rdata === undefined ? [] : [rdata]))
  const handle: SetHandle = { octets: records.map(({ octets }) => octets) }
  return {
    name: first.name,
    type: recordType(first.type),
    ttl: ttlOf(records),
    records: canonicalRecords(values),
    ...(values.length === records.length ? {} : { opaque: 'data that does not fit its type' }),
    handle,
  }
}

/** A set as it is at the primary once an update with it was accepted. */
export function acceptedSet(set: ProviderSet): CurrentSet {
  const { name, type, ttl, records } = set
  return { name, type, ttl, records, handle: { octets: records.map(octetsOfRdata) } satisfies SetHandle }
}

/** The octets that an update expects to find for this set. */
export function expectedOctets(set: CurrentSet): readonly Uint8Array[] {
  return isHandle(set.handle) ? set.handle.octets : set.records.map(octetsOfRdata)
}

export function octetsOfRdata(rdata: Rdata): Uint8Array {
  return new Uint8Array(
    Buffer.concat(encodeRdata(rdata).map((part) => ('bytes' in part ? part.bytes : encodeName(part.name)))),
  )
}

function isHandle(handle: unknown): handle is SetHandle {
  return typeof handle === 'object' && handle !== null && 'octets' in handle
}
