import { isIPv4, isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'
import type { Rdata } from '../../../core/records.ts'
import type { RdataCodec } from './codec.ts'

/** RFC 5952 text of an IPv6 literal; undefined where it is none, or has a zone index: that means nothing to others. */
function canonicalIpv6(text: string): string | undefined {
  if (!isIPv6(text) || text.includes('%')) return undefined
  return ipaddr.IPv6.parse(text).toRFC5952String()
}

/** A literal in its one canonical form; undefined where it is none. */
export function canonicalAddress(text: string): Extract<Rdata, { type: 'A' | 'AAAA' }> | undefined {
  // node:net refuses `192.0.2.01`, which others read as octal.
  if (isIPv4(text)) return { type: 'A', address: text }
  const address = canonicalIpv6(text)
  return address === undefined ? undefined : { type: 'AAAA', address }
}

/** RFC 1035 section 3.4.1. */
export const a: RdataCodec<Extract<Rdata, { type: 'A' }>> = {
  encode(rdata) {
    if (!isIPv4(rdata.address)) throw new RangeError('not an IPv4 address')
    return [{ bytes: Uint8Array.from(rdata.address.split('.'), Number) }]
  },
  decode: (octets) => ({ type: 'A', address: octets.take(4).join('.') }),
  format: (rdata) => rdata.address,
  parse(fields) {
    const address = fields.word('the address')
    if (!isIPv4(address)) throw fields.wrong('not an IPv4 address')
    return { type: 'A', address }
  },
}

/** RFC 3596 section 2.2. */
export const aaaa: RdataCodec<Extract<Rdata, { type: 'AAAA' }>> = {
  encode(rdata) {
    if (canonicalIpv6(rdata.address) === undefined) throw new RangeError('not an IPv6 address')
    return [{ bytes: Uint8Array.from(ipaddr.IPv6.parse(rdata.address).toByteArray()) }]
  },
  decode: (octets) => ({ type: 'AAAA', address: new ipaddr.IPv6([...octets.take(16)]).toRFC5952String() }),
  format: (rdata) => rdata.address,
  parse(fields) {
    const address = canonicalIpv6(fields.word('the address'))
    if (address === undefined) throw fields.wrong('not an IPv6 address')
    return { type: 'AAAA', address }
  },
}
