import type { SocketAddress } from '../../core/settings.ts'
import { uriHost } from '../../wire/sip/header-values.ts'
import type { RequestIds } from '../../wire/sip/ids.ts'
import type { SipTransport } from './sip-transports.ts'

/** How a request names our side of the connection. */
export interface SentBy {
  /** For Via and Contact. */
  readonly host: string
  /** Of a SIP URI over this transport: `;transport=tcp`, empty for UDP, which `sip:` means without (RFC 3261 section 19.1.2). */
  readonly uriParameter: string
}

/**
 * A WebSocket client cannot be connected to, so it names a host that nobody has (RFC 7118 section 5); what it is called is drawn anew
 * for each request, as the From tag is.
 */
export function sentBy(transport: SipTransport, local: SocketAddress, ids: RequestIds): SentBy {
  const uriParameter = transportParameter(transport)
  if (transport === 'ws' || transport === 'wss') return { host: `${ids.fromTag}.invalid`, uriParameter }
  return { host: `${uriHost(local.address)}:${local.port}`, uriParameter }
}

/** Of a SIP URI that is asked over this transport; `ws` stands for both of its transports (RFC 7118 section 5.2). */
export function transportParameter(transport: SipTransport): string {
  if (transport === 'udp') return ''
  return `;transport=${transport === 'wss' ? 'ws' : transport}`
}
