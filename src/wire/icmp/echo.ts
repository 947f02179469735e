const HEADER_OCTETS = 8

/** RFC 792 (ICMP) and RFC 4443 section 4 (ICMPv6); the code is 0 in all of them. */
const REQUEST = { 4: 8, 6: 128 } as const
const REPLY = { 4: 0, 6: 129 } as const

/**
 * An echo request, header and data (RFC 792, RFC 4443 section 4.1). Checksum and identifier are 0: a socket of the system's own ICMP kind fills in both.
 * `sequence`: 0 to 65535.
 */
export function echoRequest(family: 4 | 6, sequence: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_OCTETS + data.length)
  bytes[0] = REQUEST[family]
  bytes[6] = sequence >> 8
  bytes[7] = sequence & 0xff
  bytes.set(data, HEADER_OCTETS)
  return bytes
}

/** The sequence number of an echo message; of anything else whatever stands there. */
export function sequenceOf(message: Uint8Array): number {
  return ((message[6] ?? 0) << 8) | (message[7] ?? 0)
}

/**
 * Whether the bytes are the reply to that request: same sequence number, all of the data and no more (RFC 1122 section 3.2.2.6, RFC 4443 section 4.2).
 * The identifier is the system's: it hands a socket nothing of another's. Any bytes may come.
 */
export function answers(bytes: Uint8Array, request: Uint8Array): boolean {
  const type = request[0] === REQUEST[6] ? REPLY[6] : REPLY[4]
  return bytes.length === request.length && bytes[0] === type && bytes[1] === 0 && sameFrom(6, bytes, request)
}

/**
 * Whether an error message quotes that request: its header at the least (RFC 792: 64 bits of the datagram's data), and of its data as much as there is;
 * behind the whole of it there may be anything (RFC 4884 section 4). Who did not see the request has to guess its sequence number. Any bytes may come.
 */
export function quotes(quoted: Uint8Array, request: Uint8Array): boolean {
  return (
    quoted.length >= HEADER_OCTETS &&
    quoted[0] === request[0] &&
    quoted[1] === 0 &&
    sameFrom(6, quoted, request)
  )
}

/** From there to the end of the shorter one. */
function sameFrom(start: number, one: Uint8Array, other: Uint8Array): boolean {
  const end = Math.min(one.length, other.length)
  for (let at = start; at < end; at++) if (one[at] !== other[at]) return false
  return true
}
