/** By type, then code (RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1). */
const IPV4: Readonly<Record<number, readonly [name: string, codes: Readonly<Record<number, string>>]>> = {
  3: [
    'destination unreachable',
    {
      0: 'network unreachable',
      1: 'host unreachable',
      2: 'protocol unreachable',
      3: 'port unreachable',
      4: 'fragmentation needed',
      5: 'source route failed',
      6: 'network unknown',
      7: 'host unknown',
      8: 'source host isolated',
      9: 'network prohibited',
      10: 'host prohibited',
      11: 'network unreachable for this type of service',
      12: 'host unreachable for this type of service',
      13: 'administratively prohibited',
      14: 'host precedence violation',
      15: 'precedence cutoff in effect',
    },
  ],
  11: ['time exceeded', { 0: 'hop limit exceeded', 1: 'fragments did not come in time' }],
  12: ['parameter problem', {}],
}

/** RFC 4443 section 3. A packet of ours is never too big (type 2): every path takes 1280 octets (RFC 8200 section 5). */
const IPV6: typeof IPV4 = {
  1: [
    'destination unreachable',
    {
      0: 'no route',
      1: 'administratively prohibited',
      2: 'beyond scope of the source address',
      3: 'address unreachable',
      4: 'port unreachable',
      5: 'source address refused by policy',
      6: 'route rejected',
    },
  ],
  3: ['time exceeded', { 0: 'hop limit exceeded', 1: 'fragments did not come in time' }],
  4: ['parameter problem', {}],
}

/**
 * In plain words, what a message of that type and code says of a datagram that did not arrive; undefined where it says no such thing: a redirect
 * or a source quench (RFC 6633) loses nothing.
 */
export function deliveryError(family: 4 | 6, type: number, code: number): string | undefined {
  const known = (family === 4 ? IPV4 : IPV6)[type]
  if (known === undefined) return undefined
  const [name, codes] = known
  return codes[code] ?? `${name}, code ${code}`
}
