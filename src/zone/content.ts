import { createHash } from 'node:crypto'
import type { DomainName } from '../core/brand.ts'
import type { RecordSet } from '../core/records.ts'
import { formatRdata } from '../wire/dns/rdata/registry.ts'
import { formatRecordSet } from '../wire/dns/text.ts'

/** Everything that a set says, but an SOA's serial: two sets with equal content answer alike. */
export function contentOf(set: RecordSet): string {
  const records = set.records.map((rdata) => (rdata.type === 'SOA' ? { ...rdata, serial: 0 } : rdata))
  const choices = (set.alternatives ?? []).map(
    ({ weight, records }) => `\n ${weight} ${records.map(formatRdata).join(' | ')}`,
  )
  return formatRecordSet({ ...set, records }) + choices.join('')
}

/** SHA-256, in hex, over sets and names in canonical order. A name without data counts: it makes NODATA out of NXDOMAIN. */
export function contentHash(sets: readonly RecordSet[], names: readonly DomainName[]): string {
  const hash = createHash('sha256')
  for (const set of sets) hash.update(`${contentOf(set)}\n`)
  for (const name of names) hash.update(`; ${name}\n`)
  return hash.digest('hex')
}
