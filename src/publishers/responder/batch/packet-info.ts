import { LINUX } from './libc.ts'

/** `struct cmsghdr` on 64-bit Linux: length in 64 bits, level, type; the data behind it, the whole padded to 8 octets. */
const HEAD = 16
const V4 = { length: HEAD + 12, space: 32, ifindex: HEAD }
const V6 = { length: HEAD + 20, space: 40, ifindex: HEAD + 16 }

/**
 * Makes the control message of a query, which says what local address it came to, the one of its answer, which says from what address it is
 * to leave. The interface is forgotten: the way back may be another. Returns the octets of it to send along; 0 where it says nothing.
 *
 * | message      | source of the answer       | interface                                       |
 * |--------------|----------------------------|-------------------------------------------------|
 * | IP_PKTINFO   | `ipi_spec_dst`, as it came | any                                             |
 * | IPV6_PKTINFO | `ipi6_addr`, as it came    | kept for fe80::/10, which means nothing without |
 */
export function keepSource(octets: Uint8Array, at: number, length: number): number {
  if (length < HEAD) return 0
  const size = (octets[at] ?? 0) | ((octets[at + 1] ?? 0) << 8)
  const level = octets[at + 8] ?? 0
  const type = octets[at + 12] ?? 0
  if (level === LINUX.IPPROTO_IP && type === LINUX.IP_PKTINFO && size === V4.length && length >= size) {
    octets.fill(0, at + V4.ifindex, at + V4.ifindex + 4)
    return V4.space
  }
  if (level === LINUX.IPPROTO_IPV6 && type === LINUX.IPV6_PKTINFO && size === V6.length && length >= size) {
    const linkLocal = octets[at + HEAD] === 0xfe && ((octets[at + HEAD + 1] ?? 0) & 0xc0) === 0x80
    if (!linkLocal) octets.fill(0, at + V6.ifindex, at + V6.ifindex + 4)
    return V6.space
  }
  return 0
}
