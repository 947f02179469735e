import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { icmpErrorIn } from '../../../src/probes/icmp/extended-error.ts'

/** A control message as the system lays it out. */
function message(level: number, type: number, data: Uint8Array): Buffer {
  const bytes = Buffer.alloc(Math.ceil((16 + data.length) / 8) * 8)
  bytes.writeUInt32LE(16 + data.length, 0)
  bytes.writeInt32LE(level, 8)
  bytes.writeInt32LE(type, 12)
  bytes.set(data, 16)
  return bytes
}

function extendedError(origin: number, type: number, code: number, from: Uint8Array): Buffer {
  const error = Buffer.alloc(16)
  error.writeUInt32LE(113, 0)
  error.set([origin, type, code], 4)
  return Buffer.concat([error, from])
}

const FROM_4 = Uint8Array.of(2, 0, 0, 0, 192, 0, 2, 254, 0, 0, 0, 0, 0, 0, 0, 0)
const FROM_6 = Uint8Array.of(10, 0, 0, 0, 0, 0, 0, 0, 0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 1, 0, 0, 0, 0)
const HOP_LIMIT = message(0, 2, Uint8Array.of(64, 0, 0, 0))

describe('the error queue', () => {
  test('tells type, code and sender of what came over IPv4', () => {
    expect(icmpErrorIn(message(0, 11, extendedError(2, 3, 1, FROM_4)))).toEqual({
      family: 4,
      type: 3,
      code: 1,
      from: Uint8Array.of(192, 0, 2, 254),
    })
  })

  test('tells the same over IPv6, behind another message', () => {
    const control = Buffer.concat([HOP_LIMIT, message(41, 25, extendedError(3, 1, 3, FROM_6))])
    expect(icmpErrorIn(control)).toMatchObject({ family: 6, type: 1, code: 3 })
    expect(icmpErrorIn(control)?.from).toEqual(FROM_6.slice(8, 24))
  })

  test.each([
    ['an error of our own system', message(0, 11, extendedError(1, 0, 0, FROM_4))],
    ['a message of another kind', HOP_LIMIT],
    ['nothing', Buffer.alloc(0)],
    ['half an error', message(0, 11, extendedError(2, 3, 1, FROM_4).subarray(0, 12))],
    ['a length beyond the end', message(0, 11, extendedError(2, 3, 1, FROM_4)).subarray(0, 40)],
    ['a length of nothing', Buffer.alloc(64)],
  ])('tells of no packet: %s', (_what, control) => {
    expect(icmpErrorIn(control)).toBeUndefined()
  })

  test('a sender of an unknown family is nobody', () => {
    const control = message(0, 11, extendedError(2, 11, 0, new Uint8Array(16)))
    expect(icmpErrorIn(control)).toEqual({ family: 4, type: 11, code: 0, from: new Uint8Array(0) })
  })

  test('any bytes may come, and any part of the right ones', () => {
    const right = Buffer.concat([HOP_LIMIT, message(0, 11, extendedError(2, 3, 1, FROM_4))])
    const spoilt = fc.tuple(
      fc.nat({ max: right.length }),
      fc.nat({ max: right.length - 1 }),
      fc.nat({ max: 255 }),
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), spoilt, (bytes, [cut, at, octet]) => {
        icmpErrorIn(bytes)
        const changed = Buffer.from(right)
        changed[at] = octet
        const told = icmpErrorIn(changed.subarray(0, cut))
        if (told !== undefined) expect([0, 4, 16]).toContain(told.from.length)
      }),
      { seed: 20_260_109 },
    )
  })
})
