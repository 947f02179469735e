import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { visible, visibleJson, visibleLine } from '../../src/core/visible.ts'

const SEED = 20_261_122
/** Put the other way round than in the source: all that may stay. */
const ALLOWED = /^[\t\n\u0020-\u007e\u00a0-\u061b\u061d-\u200d\u2010-\u2027\u202f-\u2065\u206a-\u{10ffff}]*$/u
const hostile = fc.string({ unit: 'binary', maxLength: 40 })

describe('text for terminals and logs', () => {
  it('keeps what people write, in any script', () => {
    const text = 'Müller: Störung bei 東京, 50 % ~ "ok" \\ 😀\n\tnext'
    expect(visible(text)).toBe(text)
  })

  it('shows what a terminal would act on', () => {
    expect(visible('a\x1b[2Jb\x07\r\x7f\x9b31m\u202ec\u2028d')).toBe(
      'a\\u001b[2Jb\\u0007\\u000d\\u007f\\u009b31m\\u202ec\\u2028d',
    )
    expect(visibleLine('a\nERROR: b\t')).toBe('a\\nERROR: b\\t')
  })

  it('leaves nothing that acts, in any text', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(visible(text)).toMatch(ALLOWED)
        expect(visibleLine(text)).not.toMatch(/[\n\t]/)
      }),
      { seed: SEED, numRuns: 2_000 },
    )
  })

  it('says the same in JSON', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const json = visibleJson(JSON.stringify({ text }))
        expect(JSON.parse(json)).toEqual({ text })
        expect(json).not.toMatch(/[\x7f-\x9f\u2028\u2029\u202e]/)
      }),
      { seed: SEED, numRuns: 2_000 },
    )
  })
})
