/** `SO_EE_ORIGIN_ICMP`, `SO_EE_ORIGIN_ICMP6`: a packet told so, not our own system. */
const ORIGIN_FAMILY: Readonly<Record<number, 4 | 6>> = { 2: 4, 3: 6 }

/** `IPPROTO_IP` with `IP_RECVERR`, `IPPROTO_IPV6` with `IPV6_RECVERR`. */
const RECEIVE_ERRORS = [
  { level: 0, type: 11 },
  { level: 41, type: 25 },
] as const

const AF_INET = 2
const AF_INET6 = 10
/** `struct cmsghdr`, then `struct sock_extended_err`, then the address of who said so. */
const HEADER_OCTETS = 16
const ERROR_OCTETS = 16

/** What an ICMP packet said of a packet of ours. */
export interface IcmpError {
  readonly family: 4 | 6
  readonly type: number
  readonly code: number
  /** The octets of the address of who sent it: 4, 16, or none where the system does not tell. */
  readonly from: Uint8Array
}

/**
 * The ICMP error in control messages of a socket's error queue (ip(7), ipv6(7)), as Linux lays them out on a little-endian machine of 64 bits. Undefined where
 * there is none: the error is the system's own. Any bytes may come.
 */
export function icmpErrorIn(control: Uint8Array): IcmpError | undefined {
  const view = new DataView(control.buffer, control.byteOffset, control.byteLength)
  let at = 0
  while (at + HEADER_OCTETS <= control.length) {
    const length = view.getUint32(at, true)
    // Lengths have 64 bits; none is ever so long.
    const end = view.getUint32(at + 4, true) === 0 ? at + length : Number.POSITIVE_INFINITY
    if (length < HEADER_OCTETS || end > control.length) return undefined
    const level = view.getInt32(at + 8, true)
    const type = view.getInt32(at + 12, true)
    const data = at + HEADER_OCTETS
    if (
      RECEIVE_ERRORS.some((one) => one.level === level && one.type === type) &&
      data + ERROR_OCTETS <= end
    ) {
      const family = ORIGIN_FAMILY[view.getUint8(data + 4)]
      if (family === undefined) return undefined
      const from = offender(control.subarray(data + ERROR_OCTETS, end))
      return { family, type: view.getUint8(data + 5), code: view.getUint8(data + 6), from }
    }
    at += Math.ceil(length / 8) * 8
  }
  return undefined
}

/** `struct sockaddr_in` or `sockaddr_in6`. */
function offender(sockaddr: Uint8Array): Uint8Array {
  const family = (sockaddr[0] ?? 0) | ((sockaddr[1] ?? 0) << 8)
  if (family === AF_INET && sockaddr.length >= 8) return new Uint8Array(sockaddr.subarray(4, 8))
  if (family === AF_INET6 && sockaddr.length >= 24) return new Uint8Array(sockaddr.subarray(8, 24))
  return new Uint8Array(0)
}
