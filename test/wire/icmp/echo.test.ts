import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { answers, echoRequest, quotes, sequenceOf } from '../../../src/wire/icmp/echo.ts'

const SEED = 20_260_107

const family = fc.constantFrom(4 as const, 6 as const)
const sequence = fc.integer({ min: 0, max: 0xffff })
const data = fc.uint8Array({ maxLength: 64 })

/** As the far end makes it of the request that it saw: identifier and checksum are the systems'. */
function replyTo(request: Uint8Array, identifier = 0x1234): Buffer {
  const bytes = Buffer.from(request)
  bytes[0] = request[0] === 128 ? 129 : 0
  bytes.writeUInt16BE(0xbeef, 2)
  bytes.writeUInt16BE(identifier, 4)
  return bytes
}

describe('an echo request', () => {
  test('has the header of RFC 792 and RFC 4443, and its data behind it', () => {
    const four = echoRequest(4, 0x1234, Uint8Array.of(1, 2, 3))
    expect([...four]).toEqual([8, 0, 0, 0, 0, 0, 0x12, 0x34, 1, 2, 3])
    expect([...echoRequest(6, 0xffff, new Uint8Array(0))]).toEqual([128, 0, 0, 0, 0, 0, 0xff, 0xff])
  })

  test('is answered by its reply, whatever identifier and checksum the systems put in', () => {
    fc.assert(
      fc.property(family, sequence, data, sequence, (of, number, given, identifier) => {
        const request = echoRequest(of, number, given)
        expect(sequenceOf(request)).toBe(number)
        expect(answers(replyTo(request, identifier), request)).toBe(true)
        expect(answers(request, request)).toBe(false)
      }),
      { seed: SEED },
    )
  })

  test('is not answered where one bit of type, code, sequence number or data differs', () => {
    fc.assert(
      fc.property(family, sequence, data, fc.nat(), fc.nat({ max: 7 }), (of, number, given, pick, bit) => {
        const request = echoRequest(of, number, given)
        const reply = replyTo(request)
        const places = [0, 1, ...Array.from({ length: reply.length - 6 }, (_, at) => at + 6)]
        const at = places[pick % places.length] ?? 0
        reply[at] = (reply[at] ?? 0) ^ (1 << bit)
        expect(answers(reply, request)).toBe(false)
      }),
      { seed: SEED },
    )
  })

  test('is not answered by a part of its data, nor by more', () => {
    const request = echoRequest(4, 7, Uint8Array.of(1, 2, 3))
    const reply = replyTo(request)
    expect(answers(reply.subarray(0, reply.length - 1), request)).toBe(false)
    expect(answers(Buffer.concat([reply, Uint8Array.of(0)]), request)).toBe(false)
  })

  test('is not answered by the reply of the other family', () => {
    const reply = replyTo(echoRequest(6, 7, Uint8Array.of(1)))
    expect(answers(reply, echoRequest(4, 7, Uint8Array.of(1)))).toBe(false)
  })
})

describe('an error', () => {
  test('quotes the request from its header on, cut anywhere behind it, or with padding after it', () => {
    fc.assert(
      fc.property(family, sequence, data, fc.nat(), fc.uint8Array(), (of, number, given, cut, padding) => {
        const request = echoRequest(of, number, given)
        const sent = Buffer.from(request)
        sent.writeUInt32BE(0xdeadbeef, 2)
        expect(quotes(sent.subarray(0, 8 + (cut % (given.length + 1))), request)).toBe(true)
        expect(quotes(Buffer.concat([sent, padding]), request)).toBe(true)
      }),
      { seed: SEED },
    )
  })

  test('of another packet does not: another sequence number, other data, a reply, or too short to tell', () => {
    const request = echoRequest(4, 7, Uint8Array.of(1, 2, 3))
    expect(quotes(echoRequest(4, 8, Uint8Array.of(1, 2, 3)), request)).toBe(false)
    expect(quotes(echoRequest(4, 7, Uint8Array.of(1, 9, 3)), request)).toBe(false)
    expect(quotes(replyTo(request), request)).toBe(false)
    expect(quotes(request.subarray(0, 7), request)).toBe(false)
  })
})

test('any bytes may come', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), family, (bytes, of) => {
      const request = echoRequest(of, 0x5aa5, Uint8Array.of(9, 8, 7, 6, 5, 4, 3, 2))
      expect(answers(bytes, request)).toBe(false)
      expect(quotes(bytes, request)).toBe(false)
      expect(sequenceOf(bytes)).toBeLessThanOrEqual(0xffff)
    }),
    { seed: SEED },
  )
})
