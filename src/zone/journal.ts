import type { DomainName } from '../core/brand.ts'
import type { Rdata, RecordSet } from '../core/records.ts'
import type { Zone } from '../core/snapshot.ts'
import { formatRdata } from '../wire/dns/rdata/registry.ts'
import { serialAfter } from './serial.ts'
import { setKey } from './static.ts'

/** One record as a transfer carries it. */
export interface ZoneRecord {
  readonly name: DomainName
  readonly ttl: number
  readonly rdata: Rdata
}

/** What turned one version of a zone into the next; the SOAs stand by themselves (RFC 1995 section 4). */
export interface ZoneDelta {
  readonly before: ZoneRecord
  readonly removed: readonly ZoneRecord[]
  readonly after: ZoneRecord
  readonly added: readonly ZoneRecord[]
}

export interface JournalLimits {
  /** Changes that are kept at the most. */
  readonly changes: number
}

/** A small zone may keep this many records of its past, whatever its own size. */
const RECORDS_MIN = 1_000

/**
 * The last changes of one zone, for incremental transfers. Bounded twice: by their number, and by their records, for changes that
 * are together longer than the zone are no use to anybody (RFC 1995 section 5).
 */
export class ZoneJournal {
  readonly #limits: JournalLimits
  readonly #deltas: { readonly from: number; readonly delta: ZoneDelta; readonly records: number }[] = []
  #records = 0
  #zone: Zone

  constructor(zone: Zone, limits: JournalLimits) {
    this.#zone = zone
    this.#limits = limits
  }

  /** The present version. */
  get zone(): Zone {
    return this.#zone
  }

  /** Changes that are kept. */
  get changes(): number {
    return this.#deltas.length
  }

  /**
   * Takes the next version over.
   *
   * | serial    | content  | history                                                          |
   * |-----------|----------|------------------------------------------------------------------|
   * | ahead     | any      | grows                                                            |
   * | the same  | the same | stays: the zone says the same in another mode                    |
   * | any other |          | ends: nobody can be led from there to here                       |
   */
  record(next: Zone): void {
    const present = this.#zone
    if (next === present) return
    this.#zone = next
    if (next.serial === present.serial && next.contentHash === present.contentHash) return
    if (!serialAfter(next.serial, present.serial)) {
      this.#forget(this.#deltas.length)
      return
    }
    const delta = deltaOf(present, next)
    if (delta === undefined) {
      this.#forget(this.#deltas.length)
      return
    }
    const records = delta.removed.length + delta.added.length + 2
    this.#deltas.push({ from: present.serial, delta, records })
    this.#records += records
    const most = Math.max(RECORDS_MIN, sizeOf(next))
    while (this.#deltas.length > this.#limits.changes || this.#records > most) this.#forget(1)
  }

  /** What leads from the version with this serial to the present one, oldest first; undefined where it is not kept any more. */
  since(serial: number): readonly ZoneDelta[] | undefined {
    if (serial === this.#zone.serial) return []
    const first = this.#deltas.findIndex(({ from }) => from === serial)
    return first < 0 ? undefined : this.#deltas.slice(first).map(({ delta }) => delta)
  }

  #forget(count: number): void {
    for (const { records } of this.#deltas.splice(0, count)) this.#records -= records
  }
}

/** The zone's SOA; undefined where it has none (it is published elsewhere, not transferred from here). */
export function soaOf(zone: Zone): ZoneRecord | undefined {
  const set = zone.sets.find(({ name, type }) => type === 'SOA' && name === zone.origin)
  const rdata = set?.records[0]
  return set === undefined || rdata === undefined ? undefined : { name: set.name, ttl: set.ttl, rdata }
}

/** All records but the SOA, set by set. Of a set with alternatives: their union, for a transfer knows no weights. */
export function* recordsOf(zone: Zone): Generator<ZoneRecord> {
  for (const set of zone.sets) if (set.type !== 'SOA') yield* ofSet(set)
}

function deltaOf(before: Zone, after: Zone): ZoneDelta | undefined {
  const [soaBefore, soaAfter] = [soaOf(before), soaOf(after)]
  if (soaBefore === undefined || soaAfter === undefined) return undefined
  const old = byKey(before)
  const removed: ZoneRecord[] = []
  const added: ZoneRecord[] = []
  for (const [key, set] of byKey(after)) {
    const was = old.get(key)
    old.delete(key)
    // Static sets are the same objects from version to version: nothing to compare.
    if (was?.records === set.records && was.ttl === set.ttl) continue
    compare(was, set, removed, added)
  }
  for (const set of old.values()) removed.push(...ofSet(set))
  return { before: soaBefore, removed, after: soaAfter, added }
}

/** A TTL belongs to the whole set (RFC 2181 section 5.2): where it moves, every record goes and comes again. */
function compare(
  was: RecordSet | undefined,
  now: RecordSet,
  removed: ZoneRecord[],
  added: ZoneRecord[],
): void {
  const same = was?.ttl === now.ttl
  const before = new Set(was?.records.map(formatRdata))
  const after = new Set(now.records.map(formatRdata))
  const gone = [...ofSet(was)].filter(({ rdata }) => !same || !after.has(formatRdata(rdata)))
  const fresh = [...ofSet(now)].filter(({ rdata }) => !same || !before.has(formatRdata(rdata)))
  removed.push(...gone)
  added.push(...fresh)
}

function* ofSet(set: RecordSet | undefined): Generator<ZoneRecord> {
  if (set === undefined) return
  for (const rdata of set.records) yield { name: set.name, ttl: set.ttl, rdata }
}

function byKey(zone: Zone): Map<string, RecordSet> {
  const sets = zone.sets.filter(({ type }) => type !== 'SOA')
  return new Map(sets.map((set) => [setKey(set.name, set.type), set]))
}

function sizeOf(zone: Zone): number {
  return zone.sets.reduce((sum, { records }) => sum + records.length, 0)
}
