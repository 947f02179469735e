import type { TargetId } from './brand.ts'
import type { Dependency } from './settings.ts'

/** Transports a SIP server may speak; `ws` and `wss` are RFC 7118. */
export const TRANSPORTS = ['udp', 'tcp', 'tls', 'ws', 'wss'] as const
export type Transport = (typeof TRANSPORTS)[number]

/** Somebody who tells as which public address it sees us. `host`: an address or a name. */
export type DiscoverySource =
  | { readonly kind: 'stun'; readonly host: string; readonly port: number }
  | {
      readonly kind: 'http'
      readonly host: string
      readonly port: number
      readonly path: string
      readonly tls: boolean
    }

/** How the public address of a WAN link is found. */
export interface Discovery {
  /** Of the address that is looked for. */
  readonly family: 4 | 6
  readonly sources: readonly DiscoverySource[]
  /** When to ask again: a cron expression. */
  readonly check: string
}

/** One server that a record can point at. Addresses keep the order of the configuration. */
export interface Target {
  readonly id: TargetId
  readonly pool: string
  readonly name: string
  /** IPv4 and IPv6 literals in canonical form; at least one, but for a discovered one that is not found yet. */
  readonly addresses: readonly string[]
  /** Its one address is asked for, and what is found takes the place of the configured one. */
  readonly discover?: Discovery
  readonly ports: Readonly<Record<Transport, number>>
  /** Tier: the lowest is asked first (RFC 2782). */
  readonly priority: number
  /** Share within a tier, 0 to 65535 (RFC 2782). */
  readonly weight: number
  /** Host name that SRV answers name instead of the generated `<target>.<zone>`; absolute. */
  readonly host?: string
  /** Name for TLS: SNI and certificate check, where a probe does not give its own. */
  readonly serverName?: string
  /** Local address, or interface by its name, that probes of this target leave by. */
  readonly source?: string
  /** On what it depends beside what its whole pool does. */
  readonly dependsOn?: readonly Dependency[]
}
