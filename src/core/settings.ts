import type { DomainName } from './brand.ts'
import type { Target, Transport } from './target.ts'

/** A validated, deeply frozen configuration. Inner code gets its own slice of it as an argument. */
export interface Settings {
  readonly node: string
  /** Absolute path; absent: memory only. */
  readonly stateDir?: string
  readonly dns?: DnsSettings
  readonly probes: ReadonlyMap<string, ProbeSettings>
  readonly pools: ReadonlyMap<string, PoolSettings>
  readonly zones: ReadonlyMap<DomainName, ZoneSettings>
  readonly admin?: AdminSettings
}

export interface SocketAddress {
  readonly address: string
  readonly port: number
}

export interface DnsSettings {
  readonly listen: readonly SocketAddress[]
  readonly workers: number
}

export interface ProbeSettings {
  readonly name: string
  readonly kind: string
  readonly intervalMs: number
  readonly timeoutMs: number
  /** Pause after a first fail, until the verdict is clear. */
  readonly fastIntervalMs: number
  /** Period while a target is confirmed down. Absent: the interval. */
  readonly downIntervalMs?: number
  /** Local address that its questions leave by, instead of the target's. */
  readonly source?: string
  /** A pass that took longer than this is impaired. */
  readonly degradeAboveMs?: number
  readonly rise: number
  readonly fall: number
  readonly onFail: 'down' | 'degrade'
  /** Validated by the probe kind's own schema. */
  readonly options: unknown
}

export type AllDown = 'serve-all' | 'last-good' | 'fallback' | 'nodata'

export interface PoolSettings {
  readonly name: string
  readonly policy: string
  /** Names of probes, in the order of the configuration. */
  readonly probes: readonly string[]
  readonly allDown: AllDown
  /** What `allDown: fallback` serves: targets that are not probed. */
  readonly fallback: readonly Target[]
  readonly failback: { readonly mode: 'auto'; readonly delayMs: number } | { readonly mode: 'manual' }
  /** 0: none. */
  readonly slowStartMs: number
  readonly targets: readonly Target[]
}

export type AnswerType = 'A' | 'AAAA' | 'SRV' | 'NAPTR'

export interface AnswerSettings {
  /** Absolute owner name. */
  readonly name: DomainName
  readonly type: AnswerType
  readonly pool: string
  /** The pool's probes that this answer depends on, in the pool's order. */
  readonly probes: readonly string[]
  /** SRV: instead of the target's own. */
  readonly port?: number
  /** SRV: told by the owner name (`_sip._udp`, `_sips._tcp`); NAPTR: those to offer, best first. */
  readonly transports: readonly Transport[]
}

export interface TtlRange {
  /** Seconds. Equal where the configuration gives one value. */
  readonly min: number
  readonly max: number
}

export interface ZoneSettings {
  readonly origin: DomainName
  readonly nameservers: readonly DomainName[]
  readonly ttl: TtlRange
  /** Seconds: SOA MINIMUM and the SOA's own TTL. */
  readonly negativeTtl: number
  readonly publish: readonly string[]
  /** Static records, master-file text (RFC 1035 section 5). */
  readonly records: string
  readonly answers: readonly AnswerSettings[]
}

export interface AdminSettings {
  readonly listen: SocketAddress
  readonly token?: string
}

/** The key of a decision: a pool and the probes an answer of it depends on. */
export function viewKey(pool: string, probes: readonly string[]): string {
  return `${pool} ${probes.join('+')}`
}
