import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, it } from 'vitest'
import { emptyClientAddress, readClientAddress } from '../../../src/publishers/responder/client-address.ts'

function read(text: string): number[] {
  const into = emptyClientAddress()
  into.octets.fill(0xee)
  readClientAddress(text, into)
  return [...into.octets.subarray(0, into.length)]
}

describe('the address of a client', () => {
  it('is read as ipaddr.js reads it, whatever it is', () => {
    const byte = fc.nat(255)
    const address = fc.oneof(
      fc.tuple(byte, byte, byte, byte).map((octets) => new ipaddr.IPv4([...octets]).toString()),
      fc
        .array(fc.oneof(fc.constant(0), fc.nat(65535)), { minLength: 8, maxLength: 8 })
        .map((groups) => new ipaddr.IPv6(groups).toRFC5952String()),
    )
    fc.assert(
      fc.property(address, (text) => {
        expect(read(text)).toEqual(ipaddr.parse(text).toByteArray())
      }),
      { seed: 71, numRuns: 3_000 },
    )
  })

  it.each(['::', '::1', '1::', 'fe80::1:2', '2001:db8::', '1:2:3:4:5:6:7:8', '::ffff:192.0.2.1'])(
    'is read from %s',
    (text) => {
      expect(read(text)).toEqual(ipaddr.parse(text).toByteArray())
    },
  )

  it('is read without its zone index', () => {
    expect(read('fe80::1%eth0')).toEqual(read('fe80::1'))
  })

  it('is something, and nothing is thrown, for text that is no address', () => {
    for (const text of ['', ':', 'x', '1:2:3:4:5:6:7:8:9', '::1::', 'g::1']) {
      expect(read(text)).toHaveLength(16)
    }
  })
})
