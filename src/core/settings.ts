import type { DomainName } from './brand.ts'
import type { DnsSettings } from './dns-settings.ts'
import type { EventType } from './event.ts'
import type { QualityLimits } from './health.ts'
import type { Target, Transport } from './target.ts'
import type { Plane } from './verdict.ts'

/** A validated, deeply frozen configuration. Inner code gets its own slice of it as an argument. */
export interface Settings {
  readonly node: string
  /** Absolute path; absent: memory only. */
  readonly stateDir?: string
  readonly dns?: DnsSettings
  readonly probes: ReadonlyMap<string, ProbeSettings>
  readonly pools: ReadonlyMap<string, PoolSettings>
  readonly zones: ReadonlyMap<DomainName, ZoneSettings>
  readonly providers: ReadonlyMap<string, ProviderSettings>
  /** Absent: none. */
  readonly hooks?: ReadonlyMap<string, HookSettings>
  readonly admin?: AdminSettings
  readonly monitor?: MonitorSettings
  readonly lb?: LbSettings
}

/** What other balancers are told at `/lb/:pool/:target`. */
export interface LbSettings {
  /** From the last yes for one target to the first yes for another. */
  readonly handoverMs: number
}

/** About the monitor's own place in the network. */
export interface MonitorSettings {
  readonly sentinels: readonly SentinelSettings[]
}

/** Somebody who should always answer: tells the death of servers from the loss of our own network. Never published. */
export interface SentinelSettings {
  readonly name: string
  readonly address: string
  /** Instead of each transport's usual port. */
  readonly port?: number
  /** Name of the probe that asks it. */
  readonly probe: string
}

export interface SocketAddress {
  readonly address: string
  readonly port: number
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
  /** Local address, or interface by its name, that its questions leave by, instead of the target's. */
  readonly source?: string
  /** Reference hosts that are asked instead of the target's address; at least one of each family that is asked. */
  readonly destinations?: readonly string[]
  /** How many of `destinations` have to pass. Absent: one. */
  readonly quorum?: number
  /** A pass that took longer than this is impaired. */
  readonly degradeAboveMs?: number
  /** How much loss, latency and jitter over a span of time are too much. Absent: any may be. */
  readonly quality?: QualityLimits
  readonly rise: number
  readonly fall: number
  readonly onFail: 'down' | 'degrade'
  /** Absent: control. */
  readonly plane?: Plane
  /** Impaired passes in a row that degrade a target, and unimpaired ones that end it. Absent: as `rise` and `fall`. */
  readonly degrade?: { readonly rise: number; readonly fall: number }
  /** Validated by the probe kind's own schema. */
  readonly options: unknown
}

/** A figure of merit for each address (RFC 2439): a flap adds 1000, time halves it. */
export interface DampingSettings {
  readonly halfLifeMs: number
  /** Over this the address is left out. */
  readonly suppress: number
  /** At this it comes back. */
  readonly reuse: number
  /** It comes back this long after its last flap at the latest. */
  readonly maxSuppressMs: number
}

/** A number of targets, or a share of them. */
export type Threshold = { readonly count: number } | { readonly percent: number }

/** What the failing probes of a plane make of a target: instead of each probe's own `onFail`. */
export type PlaneEffect = 'down' | 'degrade' | 'ignore'

/** A target (or any target of a pool) without which others cannot do their work whole. */
export interface Dependency {
  readonly pool: string
  /** Absent: the whole pool; it is down when all of its targets are. */
  readonly target?: string
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
  /** Absent: off. */
  readonly damping?: DampingSettings
  /** Fewer live targets than this is panic: all are served. Absent: off. */
  readonly minLive?: Threshold
  /** Percent of the pool's weight that may leave or come within a minute. Absent: all of it. */
  readonly maxShiftPercent?: number
  /** From one change of A and AAAA to the next, unless somebody who serves has died. Absent: none. */
  readonly holdDownMs?: number
  /** Over how long the share of a target that died goes to the survivors of its tier. Absent: at once. */
  readonly handoverMs?: number
  readonly planes?: Readonly<Partial<Record<Plane, PlaneEffect>>>
  /** On what every target of the pool depends. */
  readonly dependsOn?: readonly Dependency[]
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

/** How many of the record sets that are ours one plan may update or delete. */
export type MaxChange = { readonly sets: number } | { readonly percent: number }

/** A managed zone that record sets are kept in. */
export interface ProviderSettings {
  /** As `zones.*.publish` names it. */
  readonly name: string
  readonly kind: string
  /** Stands in the marks of what is ours there. */
  readonly owner: string
  /** Take over record sets that nobody marked. */
  readonly adopt: boolean
  readonly maxChange?: MaxChange
  /** When to read the zone anew: a cron expression. */
  readonly resync: string
  readonly dryRun: boolean
  /** Validated by the provider kind's own schema. */
  readonly options: unknown
}

/** Something that is done when an event happens. */
export interface HookSettings {
  readonly name: string
  readonly kind: string
  readonly on: readonly EventType[]
  /** Names of the pools whose events it acts on. Empty: every pool's, and what is no pool's. */
  readonly pools: readonly string[]
  /** Names of hooks that have to be done with the same event first. */
  readonly after: readonly string[]
  /** Of one attempt. */
  readonly timeoutMs: number
  /** Attempts after the first. */
  readonly retries: number
  /** Runs at once, then one each `perMs / max`; more of them wait. */
  readonly rate: { readonly max: number; readonly perMs: number }
  readonly dryRun: boolean
  /** Validated by the hook kind's own schema. */
  readonly options: unknown
}

export interface AdminSettings {
  readonly listen: SocketAddress
  readonly token?: string
}

/** The key of a decision: a pool and the probes an answer of it depends on. */
export function viewKey(pool: string, probes: readonly string[]): string {
  return `${pool} ${probes.join('+')}`
}
