import type { Rdata } from '../../core/records.ts'
import { formatRdata } from '../../wire/dns/rdata/registry.ts'
import type { ProviderSet, Variant } from '../providers/definition.ts'

type Named = Pick<ProviderSet, 'name' | 'type'> & { readonly variant?: Variant }

/** What is one RRset in DNS (RFC 2181 section 5); variants of it share the key. */
export function rrsetKey({ name, type }: Pick<Named, 'name' | 'type'>): string {
  return `${name} ${type}`
}

/** What is one set at a provider. */
export function setKey(set: Named): string {
  return set.variant === undefined ? rrsetKey(set) : `${rrsetKey(set)} ${set.variant.id}`
}

/** Records as one text, their order aside; names, addresses and strings are canonical already as values. */
export function recordsKey(records: readonly Rdata[]): string {
  return records.map(formatRdata).sort().join('\n')
}

export function sameContent(a: ProviderSet, b: ProviderSet): boolean {
  return (
    a.ttl === b.ttl &&
    a.variant?.weight === b.variant?.weight &&
    recordsKey(a.records) === recordsKey(b.records)
  )
}

/**
 * Whether traffic goes elsewhere after the change. A TTL alone, or weights alone (a slow start moves them in steps), can wait for
 * company.
 */
export function movesTraffic(before: ProviderSet, after: ProviderSet): boolean {
  return unweighted(before.records) !== unweighted(after.records)
}

function unweighted(records: readonly Rdata[]): string {
  return recordsKey(records.map((rdata) => (rdata.type === 'SRV' ? { ...rdata, weight: 0 } : rdata)))
}

/** `30 A 192.0.2.11`, `30 SRV 10 60 5060 sip1.example.com.`; for people. */
export function describeSet(set: ProviderSet): string {
  const weight = set.variant === undefined ? '' : ` (${set.variant.id}, weight ${set.variant.weight})`
  return `${set.ttl} ${set.type} ${set.records.map(formatRdata).join(', ')}${weight}`
}
