import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Reception } from '../../../src/wire/rtp/reception.ts'

/** Packets with these sequence numbers, each 20 ms after the one before, on a path of 30 ms. */
function heard(...sequences: readonly number[]) {
  const reception = new Reception()
  for (const [index, sequence] of sequences.entries()) reception.add(sequence, index * 20, index * 20 + 30)
  return reception.report()
}

describe('reception', () => {
  test('nothing heard is nothing expected', () => {
    expect(heard()).toEqual({ received: 0, duplicates: 0, expected: 0, lost: 0, jitter: 0 })
  })

  test.each([
    ['in order', [10, 11, 12], { received: 3, expected: 3, lost: 0 }],
    ['with a gap', [10, 11, 15], { received: 3, expected: 6, lost: 3 }],
    ['over the wrap at 65536', [65_534, 65_535, 0, 1], { received: 4, expected: 4, lost: 0 }],
    ['with a gap over the wrap', [65_534, 2], { received: 2, expected: 5, lost: 3 }],
    ['out of order', [10, 12, 11, 13], { received: 4, expected: 4, lost: 0 }],
    ['out of order over the wrap', [65_534, 0, 65_535, 1], { received: 4, expected: 4, lost: 0 }],
    ['doubled', [10, 11, 11, 12, 10], { received: 3, duplicates: 2, expected: 3, lost: 0 }],
    ['one stray far away', [10, 11, 40_000, 12], { received: 3, expected: 3, lost: 0 }],
    ['a source that began anew', [10, 11, 40_000, 40_001, 40_002], { received: 4, expected: 4, lost: 0 }],
  ])('%s', (_what, sequences, expected) => {
    expect(heard(...sequences)).toMatchObject(expected)
  })

  test('any share of packets dropped between the first and the last is told exactly, wherever the numbers start', () => {
    const runs = fc.tuple(fc.nat(65_535), fc.array(fc.boolean(), { minLength: 2, maxLength: 500 }))
    fc.assert(
      fc.property(runs, ([first, kept]) => {
        const all = kept.map((keep, index) => ({
          keep: keep || index === 0 || index === kept.length - 1,
          index,
        }))
        const { received, lost, expected } = heard(
          ...all.filter(({ keep }) => keep).map(({ index }) => (first + index) % 65_536),
        )
        expect({ received, lost, expected }).toEqual({
          received: all.filter(({ keep }) => keep).length,
          lost: all.filter(({ keep }) => !keep).length,
          expected: kept.length,
        })
      }),
      { seed: 20261121 },
    )
  })

  test('jitter is that of RFC 3550 section 6.4.1', () => {
    const reception = new Reception()
    // Transit 30, 46, 30: |D| is 16 twice. J = 16/16 = 1, then 1 + (16 - 1)/16.
    reception.add(1, 0, 30)
    reception.add(2, 20, 66)
    reception.add(3, 40, 70)
    expect(reception.report().jitter).toBeCloseTo(1.9375, 10)
  })

  test('a steady path has no jitter, whatever its length and the far clock', () => {
    const reception = new Reception()
    for (let i = 0; i < 100; i++) reception.add(i, 1_000_000 + i * 20, i * 20)
    expect(reception.report().jitter).toBe(0)
  })

  test('a path that swings by 16 ms settles at a jitter of 16 ms', () => {
    const reception = new Reception()
    for (let i = 0; i < 300; i++) reception.add(i, i * 20, i * 20 + (i % 2) * 16)
    expect(reception.report().jitter).toBeCloseTo(16, 3)
  })
})
