import { describe, expect, it } from 'vitest'
import { emptyClientAddress, readClientAddress } from '../../../src/publishers/responder/client-address.ts'
import { Networks } from '../../../src/publishers/responder/networks.ts'

function holds(networks: readonly string[], address: string): boolean {
  const client = emptyClientAddress()
  // What an address before it has left behind is no part of it.
  readClientAddress('ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', client)
  readClientAddress(address, client)
  return new Networks(networks).holds(client)
}

describe('a list of networks', () => {
  it.each([
    ['192.0.2.0/24', ['192.0.2.0', '192.0.2.255'], ['192.0.1.255', '192.0.3.0', '::ffff:192.0.2.1']],
    ['192.0.2.8/29', ['192.0.2.8', '192.0.2.15'], ['192.0.2.7', '192.0.2.16']],
    ['192.0.2.7/32', ['192.0.2.7'], ['192.0.2.6', '192.0.2.8']],
    ['128.0.0.0/1', ['128.0.0.0', '255.255.255.255'], ['127.255.255.255']],
    ['0.0.0.0/0', ['0.0.0.0', '255.255.255.255'], ['::', '2001:db8::1']],
    ['2001:db8::/32', ['2001:db8::', '2001:db8:ffff::1'], ['2001:db9::', '32.1.13.184']],
    ['2001:db8:0:8000::/49', ['2001:db8:0:8000::1', '2001:db8:0:ffff::'], ['2001:db8:0:7fff::']],
    ['::1/128', ['::1'], ['::2', '::', '0.0.0.1']],
    ['::/0', ['::', '2001:db8::1'], ['192.0.2.1']],
    // The octets of 192.0.2.0 at the front of an IPv6 address are no IPv4 client, nor the other way round.
    ['192.0.2.0/24', [], ['c000:200::1']],
    ['c000:200::/32', ['c000:200::1'], ['192.0.2.0']],
  ])('%s holds its own and nobody else', (network, inside, outside) => {
    for (const address of inside) expect(holds([network], address), address).toBe(true)
    for (const address of outside) expect(holds([network], address), address).toBe(false)
  })

  it('holds who is in any of them', () => {
    const list = ['192.0.2.0/24', '2001:db8::/32', '198.51.100.7/32']
    for (const address of ['192.0.2.9', '2001:db8::9', '198.51.100.7'])
      expect(holds(list, address)).toBe(true)
    expect(holds(list, '198.51.100.8')).toBe(false)
    expect(holds([], '192.0.2.9')).toBe(false)
  })
})
