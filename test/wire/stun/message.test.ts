import { isIPv4, isIPv6 } from 'node:net'
import { crc32 as zlibCrc32 } from 'node:zlib'
import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, test } from 'vitest'
import { decodeMappedAddress } from '../../../src/wire/stun/address.ts'
import { crc32 } from '../../../src/wire/stun/crc32.ts'
import { bindingRequest, carriesTransaction, parseBindingResponse } from '../../../src/wire/stun/message.ts'
import { stunError, stunSuccess } from '../../support/stun-messages.ts'

const SEED = 20261121

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'))
}

const id = Uint8Array.from({ length: 12 }, (_, at) => at + 1)

describe('the test vectors of RFC 5769', () => {
  // Section 2.2, without MESSAGE-INTEGRITY, which needs a password: SOFTWARE and XOR-MAPPED-ADDRESS are the RFC's octets.
  const head = (length: string) => `0101 ${length} 2112a442 b7e7a701bc34d686fa87dfae`
  const software = '8022 000b 74657374 20766563 746f7220'

  test('IPv4: 192.0.2.1 port 32853', () => {
    const response = bytes(`${head('001c')} ${software} 0020 0008 0001 a147 e112a643`)
    expect(parseBindingResponse(response)).toEqual({
      ok: true,
      response: { kind: 'success', mapped: { address: '192.0.2.1', port: 32853 }, software: 'test vector' },
    })
  })

  test('IPv6: 2001:db8:1234:5678:11:2233:4455:6677 port 32853', () => {
    const address = '0113a9fa a5d3f179 bc25f4b5 bed2b9d9'
    const response = bytes(`${head('0028')} ${software} 0020 0014 0002 a147 ${address}`)
    expect(parseBindingResponse(response)).toMatchObject({
      response: { mapped: { address: '2001:db8:1234:5678:11:2233:4455:6677', port: 32853 } },
    })
  })
})

describe('a Binding request', () => {
  test('is a header and a FINGERPRINT', () => {
    const request = bindingRequest(id)
    expect(Buffer.from(request).toString('hex')).toMatch(
      /^000100082112a4420102030405060708090a0b0c80280004[0-9a-f]{8}$/,
    )
    const check = Buffer.from(request).readUInt32BE(24)
    expect(check).toBe((zlibCrc32(request.subarray(0, 20)) ^ 0x5354554e) >>> 0)
    expect(carriesTransaction(request, id)).toBe(true)
    for (let other = 0; other < id.length; other++) {
      const theirs = id.map((octet, at) => (at === other ? octet ^ 1 : octet))
      expect(carriesTransaction(request, theirs)).toBe(false)
    }
    expect(carriesTransaction(request.subarray(0, 19), id)).toBe(false)
  })

  test('wants twelve octets of ID', () => {
    expect(() => bindingRequest(new Uint8Array(16))).toThrow(RangeError)
  })
})

describe('a response', () => {
  const mapped = { address: '198.51.100.7', port: 4711 }

  test('with a FINGERPRINT that is right, or with none', () => {
    for (const fingerprint of [true, false]) {
      expect(parseBindingResponse(stunSuccess(id, mapped, { fingerprint }))).toMatchObject({
        response: { mapped },
      })
    }
  })

  test('with a plain MAPPED-ADDRESS, as servers of RFC 3489 send', () => {
    expect(parseBindingResponse(stunSuccess(id, mapped, { plain: true }))).toMatchObject({
      response: { mapped },
    })
  })

  test('that is an error tells its code and phrase', () => {
    expect(parseBindingResponse(stunError(id, 420, 'Unknown Attribute'))).toEqual({
      ok: true,
      response: { kind: 'error', code: 420, phrase: 'Unknown Attribute' },
    })
  })

  const good = stunSuccess(id, mapped, { fingerprint: true })
  const altered = (at: number, octet: number) => good.map((was, place) => (place === at ? octet : was))
  test.each([
    ['nothing', new Uint8Array(0), 'too-short'],
    ['3 KB', new Uint8Array(3000), 'too-long'],
    ['SIP', Buffer.from('SIP/2.0 200 OK\r\nVia: x\r\n'), 'not-stun'],
    ['another cookie', altered(4, 0x22), 'not-stun'],
    ['a request', bindingRequest(id), 'not-a-response'],
    ['an Allocate response', altered(1, 0x03), 'not-a-response'],
    ['a length that is not its own', altered(3, 0x40), 'length'],
    [
      'a length that is no multiple of four',
      bytes('0101 0001 2112a442 0102030405060708090a0b0c 00'),
      'length',
    ],
    ['something behind the FINGERPRINT', behindFingerprint(good), 'fingerprint'],
    ['a wrong FINGERPRINT', altered(good.length - 1, (good.at(-1) ?? 0) ^ 1), 'fingerprint'],
    ['an attribute longer than the message', altered(23, 0xf0), 'attribute'],
    ['a family that is none', altered(25, 7), 'fingerprint'],
    ['no address', bytes('0101 0000 2112a442 0102030405060708090a0b0c'), 'no-mapped-address'],
    ['no error code', bytes('0111 0000 2112a442 0102030405060708090a0b0c'), 'no-error-code'],
    [
      'an attribute we would have to understand',
      bytes('0101 0004 2112a442 0102030405060708090a0b0c 00770000'),
      'unknown-attribute',
    ],
    [
      'half an attribute header',
      bytes('0101 0000 2112a442 0102030405060708090a0b0c').slice(0, 19),
      'too-short',
    ],
    ['an error class of 7', stunError(id, 799, ''), 'no-error-code'],
  ] as const)('%s is refused', (_what, response, fault) => {
    expect(parseBindingResponse(Uint8Array.from(response))).toEqual({ ok: false, fault })
  })

  test('with two addresses means the first (RFC 8489 section 14)', () => {
    const twice = bytes(
      '0101 0018 2112a442 0102030405060708090a0b0c 0001 0008 0001 1267 c6336407 0001 0008 0001 0001 cb007101',
    )
    expect(parseBindingResponse(twice)).toMatchObject({ response: { mapped } })
  })

  test('any bytes are read without a throw', () => {
    const truth = stunSuccess(id, mapped, { fingerprint: true })
    const mutated = fc
      .array(fc.tuple(fc.nat(truth.length - 1), fc.nat(255)), { maxLength: 6 })
      .map((changes) => {
        const copy = Uint8Array.from(truth)
        for (const [at, octet] of changes) copy[at] = octet
        return copy
      })
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 200 })), (given) => {
        const parsed = parseBindingResponse(given)
        if (parsed.ok && parsed.response.kind === 'success') {
          const { address } = parsed.response.mapped
          expect(isIPv4(address) || isIPv6(address)).toBe(true)
        }
      }),
      { seed: SEED, numRuns: 5000 },
    )
  })

  test('addresses survive the mask, in canonical form', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.ipV4(), hexIpV6),
        fc.nat(65_535),
        fc.uint8Array({ minLength: 12, maxLength: 12 }),
        (address, port, of) => {
          const parsed = parseBindingResponse(stunSuccess(of, { address, port }))
          const canonical = canonicalOf(address)
          expect(parsed).toMatchObject({ ok: true, response: { mapped: { address: canonical, port } } })
        },
      ),
      { seed: SEED, numRuns: 1000 },
    )
  })
})

/** One more attribute, and the length and the checksum made for that. */
function behindFingerprint(good: Uint8Array): Uint8Array {
  const longer = Buffer.concat([good, bytes('8022 0000')])
  longer.writeUInt16BE(longer.length - 20, 2)
  const check = (zlibCrc32(longer.subarray(0, good.length - 8)) ^ 0x5354554e) >>> 0
  longer.writeUInt32BE(check, good.length - 4)
  return longer
}

/** ipaddr.js takes `::1.2.3.4` for a mapped address, which it is not: written in hex alone they agree. */
const hexIpV6 = fc.ipV6().filter((address) => !address.includes('.'))

function canonicalOf(address: string): string {
  const parsed = ipaddr.parse(address)
  return parsed instanceof ipaddr.IPv6 ? parsed.toRFC5952String() : parsed.toString()
}

test('an address of the wrong size is none', () => {
  expect(decodeMappedAddress(Uint8Array.of(0, 1, 0, 80, 1, 2, 3))).toBeUndefined()
  expect(decodeMappedAddress(Uint8Array.of())).toBeUndefined()
})

test("CRC-32 is zlib's", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (given) => {
      expect(crc32(given)).toBe(zlibCrc32(given))
    }),
    { seed: SEED },
  )
})
