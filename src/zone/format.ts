import type { RecordSet } from '../core/records.ts'
import type { Zone } from '../core/snapshot.ts'
import { formatRdata } from '../wire/dns/rdata/registry.ts'
import { formatRecordSet } from '../wire/dns/text.ts'

/**
 * The zone as master-file text (RFC 1035 section 5): SOA, apex NS, then the zone's order. Weighted sets carry a comment: text has no
 * weights.
 */
export function formatZone(zone: Zone): string {
  const rank = (set: RecordSet) => {
    if (set.name !== zone.origin) return 2
    return set.type === 'SOA' ? 0 : set.type === 'NS' ? 1 : 2
  }
  // The sort is stable: within a rank the zone's order stays.
  const sets = [...zone.sets].sort((a, b) => rank(a) - rank(b))
  return sets.map((set) => `${weights(set)}${formatRecordSet(set)}\n`).join('')
}

function weights({ alternatives }: RecordSet): string {
  if (alternatives === undefined) return ''
  const choices = alternatives.map(
    ({ weight, records }) => `${records.map(formatRdata).join(' + ')} (weight ${weight})`,
  )
  return `; one of these in each response: ${choices.join(', ')}\n`
}
