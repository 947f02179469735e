import type { DomainName } from '../../../core/brand.ts'
import { difference } from '../../../core/paged-map.ts'
import type { Snapshot } from '../../../core/snapshot.ts'
import { ZoneJournal } from '../../../zone/journal.ts'

/** Record sets that are compared before the event loop gets a turn: some ten milliseconds' worth. */
const SLICE_SETS = 4_000

export interface JournalsDeps {
  /** The publisher's word in `zones.*.publish`. */
  readonly publisher: string
  /** Changes of one zone that are kept at the most. */
  readonly changes: number
  /** Runs the next slice of a large change. Absent: all at once. */
  readonly defer?: (next: () => void) => void
}

/** The past of every zone that is published here, at hand in its newest version whenever one is asked for. */
export class ZoneJournals {
  readonly #deps: JournalsDeps
  readonly #journals = new Map<DomainName, ZoneJournal>()
  /** Zones that have moved and were not compared with their last version yet. */
  readonly #waiting = new Set<DomainName>()
  #zones: Snapshot['zones'] = new Map()
  #deferred = false

  constructor(deps: JournalsDeps) {
    this.#deps = deps
  }

  /** Takes a snapshot over. Where thousands of zones move at once, most are compared in the turns to come: others are to be answered. */
  publish({ zones }: Snapshot): void {
    const { changed, gone } = difference(this.#zones, zones)
    this.#zones = zones
    for (const origin of gone) {
      this.#journals.delete(origin)
      this.#waiting.delete(origin)
    }
    for (const origin of changed) this.#waiting.add(origin)
    this.#work()
  }

  /** Undefined: no zone of that name is published here. */
  of(origin: DomainName): ZoneJournal | undefined {
    if (this.#waiting.delete(origin)) this.#record(origin)
    return this.#journals.get(origin)
  }

  #work(): void {
    let sets = 0
    for (const origin of this.#waiting) {
      if (sets >= SLICE_SETS && this.#deps.defer !== undefined) break
      this.#waiting.delete(origin)
      sets += this.#record(origin)
    }
    if (this.#waiting.size === 0 || this.#deferred) return
    this.#deferred = true
    this.#deps.defer?.(() => {
      this.#deferred = false
      this.#work()
    })
  }

  /** Returns how many sets the zone has. */
  #record(origin: DomainName): number {
    const zone = this.#zones.get(origin)
    const journal = this.#journals.get(origin)
    if (zone?.publish.includes(this.#deps.publisher) !== true) this.#journals.delete(origin)
    else if (journal !== undefined) journal.record(zone)
    else this.#journals.set(origin, new ZoneJournal(zone, { changes: this.#deps.changes }))
    return zone?.sets.length ?? 0
  }
}
