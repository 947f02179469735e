import { isIPv6 } from 'node:net'

/** What counts as one client for limits: an IPv4 address, or the /64 that an IPv6 host may choose its addresses from. */
export function clientKey(address: string): string {
  const bare = address.split('%')[0] ?? address
  if (!isIPv6(bare)) return bare
  const [head = '', tail] = bare.split('::')
  const left = head === '' ? [] : head.split(':')
  if (tail === undefined) return left.slice(0, 4).join(':')
  const right = tail === '' ? [] : tail.split(':')
  // A dotted quad at the end stands for two groups.
  const rightGroups = right.length + (right.at(-1)?.includes('.') === true ? 1 : 0)
  const zeros = Math.max(0, 8 - left.length - rightGroups)
  return [...left, ...new Array<string>(zeros).fill('0'), ...right].slice(0, 4).join(':')
}
