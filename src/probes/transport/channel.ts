import type { SocketAddress } from '../../core/settings.ts'
import type { SocketFault } from './errno-reasons.ts'
import type { Expectations } from './expectations.ts'
import type { SipEndpoint } from './sip-transports.ts'

export type ChannelPhase = 'connecting' | 'handshaking' | 'upgrading' | 'open' | 'closed'

/** One socket to one endpoint: connected UDP, TCP, TLS or a WebSocket. */
export interface Channel {
  readonly endpoint: SipEndpoint
  readonly phase: ChannelPhase
  /** Our side of it; meaningful once open. */
  readonly local: SocketAddress
  readonly expectations: Expectations
  /** Epoch milliseconds; TLS and WSS only. */
  readonly certificateEndsMs?: number | undefined
  /** Settles once: open, or why not. Asked twice, it gives the same promise. */
  opened(): Promise<SocketFault | undefined>
  /** `failed` is called where these bytes could not leave; a fault of the whole channel goes to the expectations. */
  send(bytes: Uint8Array, failed: (fault: SocketFault) => void): void
  /** A keep-alive, where the transport has one: CRLF CRLF (RFC 5626 section 3.5.1), a WebSocket's ping. */
  ping?(): void
  /** Resolves when the handle is gone; idempotent. */
  close(): Promise<void>
}

/** What a channel tells its pool. */
export interface ChannelEvents {
  /** Its far end, or a fault, ended it; not called after `close`. */
  onGone(fault: SocketFault): void
  /** The answer to a keep-alive, or a line end that looks like one. */
  onPong(): void
}
