import type { DomainName } from './brand.ts'
import type { Bases, Decision } from './decision.ts'
import type { RecordSet } from './records.ts'

/** What the sets that health drives go by. */
export interface ZoneBases {
  /** By `viewKey`. */
  readonly views: Readonly<Record<string, Bases>>
  /** By `name type`, with or without records now: the keys of the views behind it. */
  readonly sets: Readonly<Record<string, readonly string[]>>
}

/** One zone, complete: SOA and apex NS are among the sets. Structured-clonable, deeply frozen. */
export interface Zone {
  readonly origin: DomainName
  /** RFC 1982 serial; moves exactly when the content does. */
  readonly serial: number
  /** Digest of every set but the SOA's serial, and of `names`. */
  readonly contentHash: string
  readonly sets: readonly RecordSet[]
  /** Names that exist whatever the health (RFC 8020: never NXDOMAIN for a configured name), with or without data now. */
  readonly names: readonly DomainName[]
  /** Publishers this zone goes to: `dns` and names of providers. */
  readonly publish: readonly string[]
  /** Tells what an operator decided from what the machine did. No part of the content. */
  readonly bases?: ZoneBases
}

/** The one thing handed to publishers. */
export interface Snapshot {
  readonly generation: number
  readonly atMs: number
  readonly zones: ReadonlyMap<DomainName, Zone>
  /** By `pool view`. */
  readonly decisions: ReadonlyMap<string, Decision>
}
