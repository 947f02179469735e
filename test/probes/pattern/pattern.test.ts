import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parsePattern } from '../../../src/probes/pattern/parse.ts'
import { Scan } from '../../../src/probes/pattern/scan.ts'
import { compileMatch, finder, holds, type TextMatch } from '../../../src/probes/pattern/text-match.ts'

function match(source: string): TextMatch {
  return compileMatch(source)
}

function found(pattern: string, text: string, flags = ''): boolean {
  return holds(match(`/${pattern}/${flags}`), Buffer.from(text, 'latin1'))
}

describe('patterns', () => {
  test.each([
    ['^220 .*ready', '220 mail ready\r\n', true],
    ['^220$', 'x\r\n220\r\ny', true],
    ['^220$', 'x220', false],
    ['a{2,3}b', 'xaaab', true],
    ['^a{2,3}b', 'aaaab', false],
    ['(?:foo|ba[rz])+!', 'foobarbaz!', true],
    ['[^a-c]$', 'abc', false],
    ['\\d+\\.\\d+', 'v1.20', true],
    ['\\x00\\xff', 'a\x00\xffb', true],
    ['a.c', 'a\nc', false],
    ['(a|b*)*c', 'abbac', true],
    ['x*', '', true],
    ['[\\d-]+z', '1-2z', true],
  ])('/%s/ in %j: %s', (pattern, text, expected) => {
    expect(found(pattern, text)).toBe(expected)
  })

  test.each([
    ['(?=a)', 'no look-around and no named groups'],
    ['(a)\\1', '\\1 is not supported'],
    ['a**', 'a repetition of a repetition'],
    ['*a', 'nothing to repeat'],
    ['^*', 'nothing to repeat'],
    ['(a', 'a ( without its )'],
    ['a)', 'a ) without its ('],
    ['[a', 'a [ without its ]'],
    ['a{3,2}', 'a repetition that runs backwards'],
    ['a{101}', 'repeated more than 100 times'],
    ['((a{100}){100})', 'too long or repeated too often'],
    ['a{x}', 'a { that is no {n}, {n,} or {n,m}: write \\{'],
    ['[z-a]', 'a range in [ ] that is none'],
    ['[\\d-z]', 'a range in [ ] that is none'],
    ['\\', 'a \\ at the end'],
    ['é', 'only printable ASCII; write \\xHH for other octets'],
    [`${'('.repeat(30)}a${')'.repeat(30)}`, 'groups more than 20 deep'],
  ])('%s is refused: %s', (pattern, why) => {
    expect(parsePattern(pattern, false)).toEqual({ ok: false, why })
  })

  test('an empty pattern is a text of two slashes', () => {
    expect(match('//').kind).toBe('words')
  })

  test('a slash in front alone makes no pattern', () => {
    expect(match('/status').kind).toBe('words')
    expect(holds(match('/status'), Buffer.from('GET /status'))).toBe(true)
  })

  test("words outside ASCII are found as UTF-8's octets", () => {
    expect(holds(match('läuft'), Buffer.from('Dienst läuft', 'utf8'))).toBe(true)
  })

  test('any pattern finds exactly what JavaScript finds, whatever pieces the text comes in', () => {
    const atom = fc.constantFrom(
      'a',
      'b',
      'c',
      '.',
      '[ab]',
      '[^a]',
      '\\d',
      '\\w',
      '\\s',
      '^',
      '$',
      '(a|b)',
      '(?:ab|c)',
      '\\n',
    )
    const repeat = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,2}', '{0,}', '*?')
    const piece = fc.tuple(atom, repeat).map(([a, r]) => (a === '^' || a === '$' ? a : a + r))
    const sequence = fc.array(piece, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''))
    const pattern = fc.array(sequence, { minLength: 1, maxLength: 3 }).map((parts) => `(${parts.join('|')})`)
    const text = fc.array(fc.constantFrom('a', 'b', 'c', 'A', '1', ' ', '\n', '\r', 'z'), { maxLength: 20 })
    fc.assert(
      fc.property(
        pattern,
        fc.boolean(),
        text,
        fc.integer({ min: 1, max: 5 }),
        (source, fold, letters, size) => {
          const whole = letters.join('')
          const parsed = parsePattern(source, fold)
          if (!parsed.ok) throw new Error(`${source}: ${parsed.why}`)
          const scan = new Scan(parsed.program)
          for (let at = 0; at < whole.length; at += size) scan.push(Buffer.from(whole.slice(at, at + size)))
          expect(scan.ended()).toBe(new RegExp(source, fold ? 'im' : 'm').test(whole))
        },
      ),
      { seed: 20261121, numRuns: 3000 },
    )
  })

  test('no text makes a pattern explode: 64 KB against nested repetitions', () => {
    const hostile = match('/^(([a-z])+.)+[A-Z]([a-z])+$/')
    const startMs = performance.now()
    expect(holds(hostile, Buffer.from('a'.repeat(65_536)))).toBe(false)
    // Linear: tens of milliseconds. Backtracking would outlast the universe.
    expect(performance.now() - startMs).toBeLessThan(3000)
  })
})

test('words are found across the pieces that they come in, and nothing is kept of the rest', () => {
  const looking = finder(match('ready'))
  for (const piece of ['not re', 'ad', 'y']) {
    expect(looking.found()).toBe(false)
    looking.push(Buffer.from(piece))
  }
  expect(looking.found()).toBe(true)
})
