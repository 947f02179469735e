import type { SocketAddress } from '../../core/settings.ts'

const IPV4 = 0x01
const IPV6 = 0x02

/** MAPPED-ADDRESS (RFC 8489 section 14.1); undefined where it is none. Addresses come in canonical form (RFC 5952). */
export function decodeMappedAddress(value: Uint8Array): SocketAddress | undefined {
  const port = ((value[2] ?? 0) << 8) | (value[3] ?? 0)
  const octets = value.subarray(4)
  if (value[1] === IPV4 && value.length === 8) return { address: octets.join('.'), port }
  if (value[1] === IPV6 && value.length === 20) return { address: ipv6Text(octets), port }
  return undefined
}

/** Takes the mask off, or puts it on (RFC 8489 section 14.2). `mask`: the header's cookie and transaction ID, 16 octets. */
export function xorMappedAddress(value: Uint8Array, mask: Uint8Array): Uint8Array {
  return value.map((octet, at) => {
    if (at < 2) return octet
    // The port is masked with the cookie's first half, the address from the cookie's start on.
    return octet ^ (mask[at < 4 ? at - 2 : at - 4] ?? 0)
  })
}

function ipv6Text(octets: Uint8Array): string {
  const groups = Array.from(
    { length: 8 },
    (_, at) => ((octets[2 * at] ?? 0) << 8) | (octets[2 * at + 1] ?? 0),
  )
  // RFC 5952 section 4.2: the longest run of two or more zero groups, the first of equals, becomes `::`.
  let [start, length] = [-1, 1]
  for (let at = 0; at < 8; at++) {
    let run = 0
    while (at + run < 8 && groups[at + run] === 0) run++
    if (run > length) [start, length] = [at, run]
    at += run
  }
  const text = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':')
  return start < 0 ? text(groups) : `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`
}
