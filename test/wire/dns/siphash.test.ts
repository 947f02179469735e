import { describe, expect, it } from 'vitest'
import { SIPHASH_SIZE, sipHash24 } from '../../../src/wire/dns/siphash.ts'

const KEY = Uint8Array.from({ length: 16 }, (_, i) => i)

function hash(message: Uint8Array, length = message.length): string {
  const out = new Uint8Array(SIPHASH_SIZE + 2).fill(0xee)
  sipHash24(KEY, message, length, out, 1)
  expect([out[0], out[SIPHASH_SIZE + 1]]).toEqual([0xee, 0xee])
  return Buffer.from(out.subarray(1, 1 + SIPHASH_SIZE)).toString('hex')
}

/** From the authors' reference implementation: key 00 01 .. 0f, message 00 01 .. of this many octets. */
const VECTORS = [
  '310e0edd47db6f72',
  'fd67dc93c539f874',
  '5a4fa9d909806c0d',
  '2d7efbd796666785',
  'b7877127e09427cf',
  '8da699cd64557618',
  'cee3fe586e46c9cb',
  '37d1018bf50002ab',
  '6224939a79f5f593',
  'b0e4a90bdf82009e',
  'f3b9dd94c5bb5d7a',
  'a7ad6b22462fb3f4',
  'fbe50e86bc8f1e75',
  '903d84c02756ea14',
  'eef27a8e90ca23f7',
  'e545be4961ca29a1',
]

describe('SipHash-2-4', () => {
  it.each(VECTORS.map((expected, length) => [length, expected] as const))(
    'agrees with its authors on %i octets',
    (length, expected) => {
      expect(hash(Uint8Array.from({ length }, (_, i) => i))).toBe(expected)
    },
  )

  it('agrees with them on the longest of their vectors', () => {
    expect(hash(Uint8Array.from({ length: 63 }, (_, i) => i))).toBe('724506eb4c328a95')
  })

  it('reads no octet beyond the length it is given', () => {
    for (const length of [0, 5, 8, 13]) {
      expect(
        hash(
          Uint8Array.from({ length: 40 }, (_, i) => (i < length ? i : 0xff)),
          length,
        ),
      ).toBe(VECTORS[length])
    }
  })
})
