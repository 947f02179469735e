import { describe, expect, it } from 'vitest'
import { clientKey } from '../../../src/publishers/responder/client-key.ts'

describe('what counts as one client', () => {
  it('is an IPv4 address', () => {
    expect(clientKey('192.0.2.1')).toBe(clientKey('192.0.2.1'))
    expect(clientKey('192.0.2.1')).not.toBe(clientKey('192.0.2.2'))
  })

  it.each([
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff', true],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::', true],
    ['2001:db8::1', '2001:db8:0:0:8::1', true],
    ['fe80::1%eth0', 'fe80::2%eth1', true],
    ['::1', '::2', true],
    ['::192.0.2.1', '::1', true],
    ['1:2:3::192.0.2.1', '1:2:3:0:9::', true],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['2001:db8::1', '2001:db8:0:1::1', false],
    ['1:2:3::', '1:2:3:1::', false],
    ['::1', '1::', false],
  ])('of IPv6 is its /64: %s and %s are one: %s', (a, b, same) => {
    expect(clientKey(a) === clientKey(b)).toBe(same)
  })
})
