import { parseAddress } from '../../core/schemas.ts'
import { parseSipUri } from '../../wire/sip/uri.ts'
import type { SipEndpoint, SipTransport } from '../transport/sip-transports.ts'

const TRANSPORTS: Readonly<Record<string, SipTransport>> = { udp: 'udp', tcp: 'tcp', tls: 'tls' }

/**
 * Where a request inside the call goes: to the host of its next hop (RFC 3261 section 8.1.2), seen from where the INVITE went.
 *
 * | next hop's host | its transport            | then |
 * |-----------------|--------------------------|------|
 * | a name          | -                        | where the INVITE went: a probe waits for no look-up, and who answered there can pass it on |
 * | an address      | named, or `sips:`        | that address over that transport |
 * | an address      | not named                | that address over the INVITE's transport, which the far end is known to speak (RFC 3263 section 4.1 would say UDP) |
 * | an address      | one we do not have       | where the INVITE went |
 * | any             | the INVITE's is a WebSocket | where the INVITE went |
 */
export function nextHopEndpoint(nextHop: string, invited: SipEndpoint): SipEndpoint {
  // The far end of a WebSocket is the only one that can be reached over it, and it sends on what is not for itself.
  if (invited.transport === 'ws' || invited.transport === 'wss') return invited
  const uri = parseSipUri(nextHop)
  const host = uri === undefined ? undefined : parseAddress(uri.host)
  if (uri === undefined || host === undefined || !host.ok) return invited
  const named = uri.parameters.get('transport')?.toLowerCase()
  const transport =
    uri.scheme === 'sips' ? 'tls' : named === undefined ? invited.transport : TRANSPORTS[named]
  if (transport === undefined) return invited
  // RFC 3261 section 19.1.2: the default ports.
  const port = uri.port ?? (transport === 'tls' ? 5061 : 5060)
  if (transport === 'tls' && invited.tls === undefined) return invited
  const { source, tls } = invited
  return {
    transport,
    address: host.address,
    port,
    ...(source === undefined ? {} : { source }),
    ...(transport === 'tls' && tls !== undefined ? { tls } : {}),
  }
}

/** Whether both are the same socket's far end. */
export function isSameEndpoint(one: SipEndpoint, other: SipEndpoint): boolean {
  return one.transport === other.transport && one.address === other.address && one.port === other.port
}
