import type { Rdata, RecordSet } from '../core/records.ts'
import { typeCode } from '../wire/dns/constants.ts'
import { compareNames, encodeName } from '../wire/dns/name.ts'
import { encodeRdata } from '../wire/dns/rdata/registry.ts'

/**
 * Records in canonical order, duplicates dropped (RFC 4034 section 6.3): by their octets. That also sorts SRV by priority, NAPTR by order
 * and MX by preference, and makes the order of the configuration no part of the content.
 */
export function canonicalRecords(records: readonly Rdata[]): readonly Rdata[] {
  const byOctets = new Map(records.map((rdata) => [octetKey(rdata), rdata]))
  return [...byOctets].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, rdata]) => rdata)
}

type SetName = Pick<RecordSet, 'name' | 'type'>

/** The order of sets in a zone: by name (RFC 4034 section 6.1), then by the type's number. For `Array.sort`. */
export function compareSets(a: SetName, b: SetName): number {
  return compareNames(a.name, b.name) || typeCode(a.type) - typeCode(b.type)
}

/** Octets as hex: as strings they sort as the octets do. */
export function octetKey(rdata: Rdata): string {
  return encodeRdata(rdata)
    .map((part) => Buffer.from('bytes' in part ? part.bytes : encodeName(part.name)).toString('hex'))
    .join('')
}
