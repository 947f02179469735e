/**
 * RFC 3261 section 18.1.1: a longer request, over a path whose MTU is unknown, has to go over a transport that controls congestion.
 * Fragments get lost in firewalls, and of one datagram none may be missing.
 */
const UDP_REQUEST_MAX_BYTES = 1300

/** Why a request of that length may not go over this transport; undefined where it may. */
export function tooLongFor(transport: string, method: string, bytes: number): string | undefined {
  if (transport !== 'udp' || bytes <= UDP_REQUEST_MAX_BYTES) return undefined
  return `the ${method} has ${bytes} bytes, and UDP may carry ${UDP_REQUEST_MAX_BYTES} (RFC 3261 section 18.1.1): ask over tcp`
}
