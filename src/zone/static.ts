import type { DomainName } from '../core/brand.ts'
import type { Rdata, RecordType } from '../core/records.ts'
import type { ZoneSettings } from '../core/settings.ts'
import { parseMasterFile, type TextFault, type TextRecord } from '../wire/dns/text.ts'
import { canonicalRecords, inZoneOrder } from './canonical.ts'

/** The static records of one name and type, and where in the text the first of them stands. */
export interface StaticSet {
  readonly name: DomainName
  readonly type: RecordType
  /** Of the first record; `checkZone` refuses others. */
  readonly ttl: number
  /** Sorted, without duplicates (RFC 2181 section 5). */
  readonly records: readonly Rdata[]
  readonly line: number
  readonly column: number
}

export interface StaticRecords {
  readonly records: readonly TextRecord[]
  readonly sets: readonly StaticSet[]
  readonly faults: readonly TextFault[]
}

/** Settings are frozen, and a zone is rebuilt at every change of health: its text is read once. */
const READ = new WeakMap<ZoneSettings, StaticRecords>()

/** The zone's static records. TTL, where the text gives none: the zone's longest. */
export function staticRecords(settings: ZoneSettings): StaticRecords {
  const known = READ.get(settings)
  if (known !== undefined) return known
  const { origin, ttl } = settings
  const { records, faults } = parseMasterFile(settings.records, { origin, defaultTtl: ttl.max })
  const bySet = new Map<string, TextRecord[]>()
  for (const record of records) {
    const key = setKey(record.name, record.type)
    const same = bySet.get(key)
    if (same === undefined) bySet.set(key, [record])
    else same.push(record)
  }
  const sets = [...bySet.values()].flatMap((same): StaticSet[] => {
    const first = same[0]
    if (first === undefined) return []
    const { name, type, line, column } = first
    return [
      { name, type, ttl: first.ttl, line, column, records: canonicalRecords(same.map(({ rdata }) => rdata)) },
    ]
  })
  // A zone is sorted whenever it is built: what is in order already costs next to nothing.
  const read = { records, sets: inZoneOrder(sets), faults }
  READ.set(settings, read)
  return read
}

/** The key of a record set within a zone. Names hold no blank: theirs are escaped. */
export function setKey(name: DomainName, type: RecordType): string {
  return `${name} ${type}`
}
