import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { printable, printableMessage } from '../../../src/wire/sip/printable.ts'

describe('printable', () => {
  test('what a terminal would act on is escaped', () => {
    expect(printable('a\x1b[31m\x07\b\x7f\r\n\t\\')).toBe('a\\x1b[31m\\x07\\x08\\x7f\\r\\n\\t\\\\')
    expect(printable(Uint8Array.of(0, 65, 255))).toBe('\\x00A\\xff')
    expect(printable('\u202egpj')).toBe('\\u202egpj')
  })

  test('any input gives one line of printable ASCII within the limit', () => {
    const input = fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array())
    fc.assert(
      fc.property(input, fc.integer({ min: 3, max: 60 }), (given, limit) => {
        const text = printable(given, limit)
        expect(text).toMatch(/^[\x20-\x7e]*$/)
        expect(text.length).toBeLessThanOrEqual(limit)
      }),
      { seed: 7, numRuns: 1000 },
    )
  })

  test('a message keeps its lines, and a long one says how long it was', () => {
    expect(printableMessage(Buffer.from('SIP/2.0 200 OK\r\nA: \x1b\r\n\r\n'))).toBe(
      'SIP/2.0 200 OK\nA: \\x1b\n',
    )
    const long = printableMessage(Buffer.from('A: 12345\r\n'.repeat(5000)))
    expect(long.length).toBeLessThan(4200)
    expect(long).toMatch(/\n\.\.\. \(50000 bytes in all\)$/)
  })
})
