import type { NotifyCounts } from '../notify/notifier.ts'
import type { TransferCounts } from './transfer/desk.ts'

/** Values that are 0 are absent. */
type Counts = Readonly<Record<string, number>>

/** What the responder did since it was made. */
export interface ResponderCounters {
  readonly queriesUdp: number
  readonly queriesTcp: number
  /** By QTYPE; `other` for those that are not counted apart, `none` for octets without a question that could be read. */
  readonly queries: { readonly udp: Counts; readonly tcp: Counts }
  /** Replies by RCODE name (`NOERROR`, `NXDOMAIN`, …), transfers left out; over both transports, and apart. */
  readonly responses: Counts
  readonly replies: { readonly udp: Counts; readonly tcp: Counts }
  /** What cookies queries had: `none`, `first` (a client's alone), `bad`, `good`. */
  readonly cookies: Counts
  /** Octets that deserve no answer: no header, a response, a source port that only a forger has. */
  readonly dropped: number
  /** Replies sent with TC. */
  readonly truncated: number
  /** Over the rate limit: sent short, and not sent at all. */
  readonly slipped: number
  readonly withheld: number
  /** Replies that the system would not take. */
  readonly sendErrors: number
  /** Faults of our own while answering; each was answered with SERVFAIL. */
  readonly internalErrors: number
  /** Transfers that were not granted, and signatures that do not hold. */
  readonly refused: number
  /** Open now. */
  readonly tcpConnections: number
  readonly tcpAccepted: number
  /** Turned away: too many, in all or from one client. */
  readonly tcpRefused: number
  /** Closed by us to make room for a newcomer. */
  readonly tcpEvicted: number
  /** Closed by us: idle, dripping or not reading. */
  readonly tcpTimedOut: number
  /** Closed by us: a length that no query has. */
  readonly tcpFramingErrors: number
  /** Queries over UDP by the thread that had them: `main` under `node:dgram`, else a number. */
  readonly threads: Counts
  readonly transfers: TransferCounts
  readonly notify: NotifyCounts
  readonly publishing: PublishingCounts
}

/** How long snapshots took from `publish` until the last of their zones was answered from. */
export interface PublishingCounts {
  readonly snapshots: number
  readonly totalMs: number
  readonly lastMs: number
}
