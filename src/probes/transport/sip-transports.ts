import type { ReasonCode } from '../../core/outcome.ts'
import type { SocketAddress } from '../../core/settings.ts'
import type { RequestIds } from '../../wire/sip/ids.ts'
import type { SipResponse } from '../../wire/sip/message.ts'
import type { AskContext } from '../definition.ts'
import type { SocketFault } from './errno-reasons.ts'
import type { Expectation, RequestTaker } from './expectations.ts'

/** The transports we can ask over. */
export const SIP_TRANSPORTS = ['udp', 'tcp', 'tls', 'ws', 'wss'] as const
export type SipTransport = (typeof SIP_TRANSPORTS)[number]

export interface TlsParameters {
  /** SNI, and the name the certificate must carry; absent: the address itself must be in the certificate. */
  readonly serverName?: string
  /** false: any certificate will do. */
  readonly verify: boolean
  /** PEM text of the only issuers trusted; absent: those the runtime trusts. */
  readonly ca?: string
}

/** The far end of a question. Equal endpoints share a socket. */
export interface SipEndpoint {
  readonly transport: SipTransport
  /** IPv4 or IPv6 literal. */
  readonly address: string
  readonly port: number
  /** Local address or interface to leave by. */
  readonly source?: string
  /** Required for `tls` and `wss`, ignored otherwise. */
  readonly tls?: TlsParameters
  /** For `ws` and `wss`: path and query of the WebSocket. Default `/`. */
  readonly path?: string
}

/** One non-INVITE request, written anew for each connection it goes over: Via and Contact name the local side. */
export interface SipQuestion {
  /** As in CSeq; upper case. Not INVITE, whose transaction is another. */
  readonly method: string
  /** Of the dialog it belongs to, or of the request it repeats with credentials. Default: a fresh one. */
  readonly callId?: string
  compose(local: SocketAddress, ids: RequestIds): Uint8Array
}

/** A final response that is ours beyond doubt, or why none came. */
export type SipResult =
  | {
      readonly kind: 'response'
      readonly response: SipResponse
      /** Absent where a retransmission makes it unknown which transmission was answered (Karn: RFC 6298 section 3). */
      readonly rttMs?: number
      readonly attempts: number
      /** Epoch milliseconds at which the certificate shown on this connection ends. */
      readonly certificateEndsMs?: number
    }
  | {
      readonly kind: 'failure'
      readonly reason: ReasonCode
      /** Printable and capped. */
      readonly detail: string
      readonly attempts: number
      /** The last provisional status, where one came. */
      readonly status?: number
    }

/** What came in and was not counted, or was done behind the scenes; for metrics and tests. */
export interface TransportCounters {
  /** Not SIP at all, or broken. */
  readonly malformed: number
  /** Well-formed, but answers to nothing we are asking now: late, doubled, stray or forged. */
  readonly foreign: number
  /** Requests that a server sent us down our own connection. */
  readonly requests: number
  /** Questions asked again on a fresh connection because the kept one turned out dead. */
  readonly reconnects: number
}

/** A kept connection that its far end closed or reset while nobody was asking: the first sign of many a fault. */
export interface LostConnection {
  readonly endpoint: SipEndpoint
  /** `silent`: it no longer answers keep-alives (RFC 5626 section 4.4.1). */
  readonly reason: 'closed' | 'reset' | 'silent'
}

/** The socket that a call goes over, shared with other questions. Whoever got it releases it. */
export interface SipFlow {
  readonly endpoint: SipEndpoint
  /** Our side of it, which Via, Contact and media go by. */
  readonly local: SocketAddress
  /** It was kept from an earlier question. */
  readonly reused: boolean
  readonly certificateEndsMs?: number
  newIds(): RequestIds
  /** `failed` is called where these bytes could not leave; a fault of the whole socket goes to the expectations. */
  send(bytes: Uint8Array, failed: (fault: SocketFault) => void): void
  /** The returned function ends it. */
  expect(expectation: Expectation): () => void
  /** Requests of the far end with that Call-ID; the returned function ends it. */
  take(callId: string, taker: RequestTaker): () => void
  /** Once. */
  release(): void
}

export type HoldResult =
  | { readonly kind: 'flow'; readonly flow: SipFlow }
  | { readonly kind: 'failure'; readonly fault: SocketFault }

/** Sockets to SIP servers, shared by all probes of a process and kept between questions. */
export interface SipTransports {
  /** One non-INVITE client transaction (RFC 3261 section 17.1.2) within `context.timeoutMs`. Never rejects. */
  ask(endpoint: SipEndpoint, question: SipQuestion, context: AskContext): Promise<SipResult>
  /** A socket to hold for the length of a call, open, within `context.timeoutMs`; `fresh` never takes a kept one. Never rejects. */
  hold(endpoint: SipEndpoint, how: 'shared' | 'fresh', context: AskContext): Promise<HoldResult>
  /** Tells of kept connections lost while idle; the returned function withdraws the listener. */
  onLost(listener: (lost: LostConnection) => void): () => void
  readonly counters: TransportCounters
  /** Open sockets now, those still connecting included. */
  readonly sockets: number
  /** Ends every question as `aborted`, closes every socket; idempotent. */
  close(): Promise<void>
}
