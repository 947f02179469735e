import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { markedPayload, markSecret, marksIn } from '../../../src/wire/rtp/mark.ts'
import { decodeRtp, encodeRtp } from '../../../src/wire/rtp/packet.ts'

const HEADER = [0x80, 0x80, 0x12, 0x34, 0, 0, 0, 0xa0, 0xde, 0xad, 0xbe, 0xef]

describe('RTP packets', () => {
  test('are laid out as in RFC 3550 section 5.1', () => {
    const packet = {
      payloadType: 0,
      marker: true,
      sequence: 0x1234,
      timestamp: 160,
      ssrc: 0xdeadbeef,
      payload: Uint8Array.of(1, 2),
    }
    expect([...encodeRtp(packet)]).toEqual([...HEADER, 1, 2])
    expect(decodeRtp(Uint8Array.of(...HEADER, 1, 2))).toEqual(packet)
  })

  test('come back as they were written', () => {
    const packets = fc.record({
      // 64 to 95 are kept for RTCP on the same port.
      payloadType: fc.oneof(fc.nat(63), fc.integer({ min: 96, max: 127 })),
      marker: fc.boolean(),
      sequence: fc.nat(0xffff),
      timestamp: fc.nat(0xffffffff),
      ssrc: fc.nat(0xffffffff),
      payload: fc.uint8Array({ maxLength: 200 }),
    })
    fc.assert(
      fc.property(packets, (packet) => {
        expect(decodeRtp(encodeRtp(packet))).toEqual(packet)
      }),
      { seed: 20261121 },
    )
  })

  test('with sources, an extension and padding give the audio alone', () => {
    const bytes = Uint8Array.of(
      0xb1,
      ...HEADER.slice(1),
      9,
      9,
      9,
      9,
      0xbe,
      0xde,
      0,
      1,
      7,
      7,
      7,
      7,
      1,
      2,
      3,
      0,
      0,
      3,
    )
    expect([...(decodeRtp(bytes)?.payload ?? [])]).toEqual([1, 2, 3])
  })

  test.each([
    ['too short', HEADER.slice(0, 11)],
    ['another version', [0x40, ...HEADER.slice(1)]],
    ['RTCP', [0x80, 200, ...HEADER.slice(2)]],
    ['more sources than bytes', [0x8f, ...HEADER.slice(1)]],
    ['an extension without a head', [0x90, ...HEADER.slice(1)]],
    ['an extension longer than the packet', [0x90, ...HEADER.slice(1), 0, 0, 0xff, 0xff]],
    ['padding of nothing', [0xa0, ...HEADER.slice(1), 1, 0]],
    ['padding longer than the packet', [0xa0, ...HEADER.slice(1), 1, 9]],
  ])('that are %s are none', (_what, bytes) => {
    expect(decodeRtp(Uint8Array.from(bytes))).toBeUndefined()
  })

  test('of any bytes never throw, and hold no more than came', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(decodeRtp(bytes)?.payload.length ?? 0).toBeLessThanOrEqual(bytes.length)
      }),
      { seed: 20261121, numRuns: 5000 },
    )
  })
})

describe('marks in audio', () => {
  const secret = markSecret(Uint8Array.of(0xa1, 0xff, 0x7f, 0x00, 0x12, 0x80))

  test('survive being cut and joined anew', () => {
    const first = markedPayload(secret, 70_000, 160, 0xff)
    const second = markedPayload(secret, 70_001, 160, 0xff)
    expect(first).toHaveLength(160)
    expect(marksIn(secret, first)).toEqual([70_000])
    const joined = Buffer.concat([first.subarray(80), second, first])
    expect(marksIn(secret, joined)).toEqual([70_001, 70_000])
  })

  test('are not found in silence, in others’ audio or cut off', () => {
    expect(marksIn(secret, new Uint8Array(160).fill(0xff))).toEqual([])
    expect(marksIn(markSecret(new Uint8Array(6)), markedPayload(secret, 1, 160, 0xd5))).toEqual([])
    expect(marksIn(secret, markedPayload(secret, 1, 160, 0xff).subarray(0, 9))).toEqual([])
  })

  test('have no octet that a decoder and coder of PCMU would change', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), fc.nat(2 ** 24 - 1), (random, index) => {
        const made = markSecret(random)
        const payload = markedPayload(made, index, 160, 0xff)
        expect(marksIn(made, payload)).toEqual([index])
        expect(payload.subarray(0, 10).every((octet) => octet >= 0x80 && octet <= 0xbf)).toBe(true)
      }),
      { seed: 20261121 },
    )
  })

  test('are bounded in number', () => {
    const many = Buffer.concat(Array.from({ length: 100 }, () => markedPayload(secret, 1, 10, 0)))
    expect(marksIn(secret, many)).toHaveLength(16)
  })
})
