import type { DomainName } from '../core/brand.ts'
import type { Rdata, RecordSet } from '../core/records.ts'
import { typeCode } from '../wire/dns/constants.ts'
import { encodeName, labelsOf } from '../wire/dns/name.ts'
import { encodeRdata } from '../wire/dns/rdata/registry.ts'

/**
 * Records in canonical order, duplicates dropped (RFC 4034 section 6.3): by their octets. That also sorts SRV by priority, NAPTR by order
 * and MX by preference, and makes the order of the configuration no part of the content.
 */
export function canonicalRecords(records: readonly Rdata[]): readonly Rdata[] {
  if (records.length < 2) return records
  const byOctets = new Map(records.map((rdata) => [octetKey(rdata), rdata]))
  return [...byOctets].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, rdata]) => rdata)
}

/** Sets in the order of a zone: by name (RFC 4034 section 6.1), then by the type's number. Those of one name and type stay as they came. */
export function inZoneOrder<Set extends Pick<RecordSet, 'name' | 'type'>>(sets: Iterable<Set>): Set[] {
  // Names are taken apart once each, not at every comparison: a start with ten thousand zones sorts a quarter of a million of them.
  const keyed = Array.from(sets, (set) => ({ set, name: orderKey(set.name), type: typeCode(set.type) }))
  keyed.sort((a, b) => (a.name === b.name ? a.type - b.type : a.name < b.name ? -1 : 1))
  return keyed.map(({ set }) => set)
}

/**
 * Strings that compare as names do (RFC 4034 section 6.1): labels from the right, octets as characters, and between two labels a zero,
 * which is below every octet. For that, octets 0 and 1 stand behind a one.
 */
export function orderKey(name: DomainName): string {
  const labels = labelsOf(name).reverse()
  if (!name.includes('\\')) return labels.join('\0')
  return labels
    .map((label) => octetsOf(label).replaceAll('\x01', '\x01\x02').replaceAll('\0', '\x01\x01'))
    .join('\0')
}

/** A label's octets, one a character; its escapes (RFC 1035 section 5.1) are those of a canonical name. */
function octetsOf(label: string): string {
  return label.replace(/\\(?:(\d{3})|(.))/gs, (_, decimal: string | undefined, plain: string) =>
    decimal === undefined ? plain : String.fromCharCode(Number(decimal)),
  )
}

/** Octets as hex: as strings they sort as the octets do. */
export function octetKey(rdata: Rdata): string {
  return encodeRdata(rdata)
    .map((part) => Buffer.from('bytes' in part ? part.bytes : encodeName(part.name)).toString('hex'))
    .join('')
}

/** How many octets `rdata` has without compression. */
export function octetLength(rdata: Rdata): number {
  if (rdata.type === 'A') return 4
  if (rdata.type === 'AAAA') return 16
  return encodeRdata(rdata).reduce(
    (sum, part) => sum + ('bytes' in part ? part.bytes : encodeName(part.name)).length,
    0,
  )
}
