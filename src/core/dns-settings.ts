import type { DomainName } from './brand.ts'
import type { SocketAddress } from './settings.ts'

/** How the responder listens and answers, and what it grants to whom. */
export interface DnsSettings {
  readonly listen: readonly SocketAddress[]
  /** Threads that answer over UDP, where `io` is or becomes `batch`. */
  readonly workers: number
  /** How UDP is read and written: by batches of system calls, by `node:dgram`, or as well as can be had. Absent: auto. */
  readonly io?: 'auto' | 'batch' | 'dgram'
  /** Told to whoever asks for it by NSID (RFC 5001). Absent: to nobody. */
  readonly nsid?: string
  /** `version.bind` and `version.server` of class CH. Absent: refused. */
  readonly version?: string
  /** `id.server` and `hostname.bind` of class CH (RFC 4892). Absent: refused. */
  readonly identity?: string
  /** Absent: on, with a secret of this process alone. */
  readonly cookies?: CookieSettings
  /** Absent: no limit. */
  readonly rateLimit?: RateLimitSettings
  readonly tcp?: TcpSettings
  /** Keys that queries may be signed with. */
  readonly keys?: readonly TsigKeySettings[]
  /** Absent: nobody may transfer anything. */
  readonly transfer?: TransferSettings
  /** Absent: nobody is told. */
  readonly notify?: NotifySettings
}

/** A key of TSIG (RFC 8945); the secret stays base64 text until it is used. */
export interface TsigKeySettings {
  readonly name: DomainName
  readonly algorithm: 'hmac-sha256' | 'hmac-sha384' | 'hmac-sha512'
  readonly secret: string
}

/** Fits a client that is in the network, where one is named, and signs with the key, where one is named. */
export interface TransferRule {
  /** `address/bits` */
  readonly network?: string
  readonly key?: DomainName
}

/** Who may take whole zones (RFC 5936, RFC 1995). */
export interface TransferSettings {
  readonly allow: readonly TransferRule[]
  /** Instead of `allow`, for these zones. */
  readonly zones: ReadonlyMap<DomainName, readonly TransferRule[]>
  /** Changes of each zone that are kept for incremental transfers. */
  readonly journalChanges: number
  /** Transfers at a time; others wait. */
  readonly maxConcurrent: number
}

/** A secondary that is told of changes. */
export interface NotifyTarget {
  readonly to: SocketAddress
  readonly key?: DomainName
  /** Absent: all that are served here. */
  readonly zones?: readonly DomainName[]
}

/** Whom to tell that a zone moved (RFC 1996). */
export interface NotifySettings {
  readonly targets: readonly NotifyTarget[]
  /** For the first acknowledgement; twice as long each time. */
  readonly timeoutMs: number
  /** After the first try. */
  readonly retries: number
  /** Local address to send from. Absent: the first of `listen` that is of the same family, else the system's choice. */
  readonly source?: string
}

/** DNS cookies (RFC 7873, RFC 9018). */
export interface CookieSettings {
  readonly enabled: boolean
  /** 32 hex digits each; the first makes cookies, all are accepted. Empty: a secret of this process alone. */
  readonly secrets: readonly string[]
  /** Over UDP, a client that knows cookies gets its answer only with a good one. */
  readonly required: boolean
}

/** Response rate limiting. Rates are replies per second to one client network; 0: no limit. */
export interface RateLimitSettings {
  /** The same name and type. */
  readonly answersPerS: number
  /** The same delegation. */
  readonly referralsPerS: number
  /** NXDOMAIN and NODATA of one zone. */
  readonly denialsPerS: number
  /** Replies that say nothing of any name: REFUSED, FORMERR, NOTIMP and the like. */
  readonly errorsPerS: number
  /** All of them together. */
  readonly allPerS: number
  /** For how long a flood is remembered. */
  readonly windowS: number
  /** Of the replies over the limit every how manieth is sent short instead of dropped; 0: none. */
  readonly slip: number
  /** How many leading bits of an address make one client network. */
  readonly ipv4PrefixLength: number
  readonly ipv6PrefixLength: number
  /** Networks that are never limited, `address/bits`. */
  readonly exempt: readonly string[]
  /** Counters kept; the table never grows. */
  readonly tableSize: number
}

export interface TcpSettings {
  /** A connection without a whole query for this long is closed (RFC 7766 section 6.2.3). */
  readonly idleTimeoutMs: number
  /** Connections in all, over every address. */
  readonly maxConnections: number
  /** Connections of one client: an IPv4 address, an IPv6 /64. */
  readonly maxConnectionsPerClient: number
}
