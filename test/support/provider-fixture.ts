/** What the contract suite of providers needs of each: a server of the provider's API, and other people's hands in the zone. */

/** A record set as master-file text would have it. */
export interface LabSet {
  /** Absolute, lower case. */
  readonly name: string
  readonly type: string
  readonly ttl: number
  /** Each as `formatRdata` writes it. */
  readonly records: readonly string[]
}

/**
 * | fault         | what the next call meets                                  | `ProviderError.fault`               |
 * |---------------|-----------------------------------------------------------|-------------------------------------|
 * | `throttled`   | too many calls                                            | `throttled`                         |
 * | `busy`        | a former change is still at work                          | `busy`                              |
 * | `failed`      | the provider's own fault (500, SERVFAIL)                  | `failed`                            |
 * | `lost`        | it is done, but the reply never comes                     | any retryable, `uncertain` if a change |
 * | `cut`         | the connection ends before anything is done               | any retryable                       |
 * | `garbage`     | the reply is no such thing                                | any                                 |
 * | `credentials` | key, token or signature refused                           | `credentials`                       |
 * | `scope`       | not allowed to do this                                    | `scope`                             |
 * | `hang`        | no reply within the time-out                              | `timeout`                           |
 */
export type LabFault =
  | 'throttled'
  | 'busy'
  | 'failed'
  | 'lost'
  | 'cut'
  | 'garbage'
  | 'credentials'
  | 'scope'
  | 'hang'

export interface ProviderLab {
  /** Apex of the provider's zone, absolute. The suite publishes below `voice.<apex>`. */
  readonly apex: string
  /** As the configuration has them, for the kind's schema; with a time-out of about half a second. */
  readonly options: Readonly<Record<string, unknown>>
  /** Must never be seen in an error or a log. */
  readonly secrets: readonly string[]
  /** Everything in the zone but apex SOA and NS, marks in TXT included; in any order. */
  dump(): Promise<readonly LabSet[]>
  /** Somebody else puts a set there, unmarked, in the place of what was under its name and type. */
  put(set: LabSet): Promise<void>
  /** Somebody else changes TTL and records of a set, and leaves its mark as it is. */
  edit(set: LabSet): Promise<void>
  remove(name: string, type: string): Promise<void>
  /** Somebody else's mark on a set that is there (for `marks: txt` the suite puts the TXT itself). */
  mark?(name: string, type: string, owner: string): Promise<void>
  /** For the next call that changes something, or the next call at all. */
  inject(fault: LabFault, calls: 'change' | 'any'): void
  /** The next reading shows an empty zone. Absent: its protocol has no such thing. */
  blank?(): void
  clearFaults(): void
  /** Requests so far that asked for a change, whatever came of them. */
  changeCalls(): number
  close(): Promise<void>
}

export interface ProviderFixture {
  /** The kind in the registry. */
  readonly kind: string
  /** Faults that its server can make. */
  readonly faults: readonly LabFault[]
  /** Whether a change fails where the set is no longer as it was read (else edits between reading and changing are not tried). */
  readonly compareAndSwap: boolean
  start(): Promise<ProviderLab>
  /** The same, its clock an hour ahead. Absent: nothing of its API goes by the time. */
  readonly startAhead?: () => Promise<ProviderLab>
}
