import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { checkZone } from '../../src/zone/check.ts'

const SEED = 20_263
const FOLDER = join(import.meta.dirname, '../../config')
const examples = readdirSync(FOLDER).map((name) => readFileSync(join(FOLDER, name), 'utf8'))
const context = { env: { SIPVANE_TOKEN: 'x' }, hostname: 'h', baseDir: '/', checkZone }

/** Pieces that YAML, paths, numbers and names take to heart. */
const PIECES = fc.oneof(
  fc.constantFrom(
    ...[
      '\n',
      '  ',
      '\t',
      ': ',
      '- ',
      '{',
      '}',
      '[',
      ']',
      '"',
      "'",
      '|',
      '>',
      '#',
      '&a ',
      '*a',
      '!!str ',
      '!x ',
      '? ',
      '---\n',
      '%',
      ',',
    ],
    ...[
      '~',
      'null',
      'true',
      '-1',
      '0',
      '1e400',
      '.nan',
      '0x7fffffff',
      '99999999999999999999',
      '9999d',
      '0.5ms',
      `$\{A}`,
      `$$\{`,
      `$\{`,
    ],
    ...[
      '__proto__: ',
      'constructor: ',
      'toString',
      '\0',
      '\u2028',
      '\ud800',
      '\u202e',
      '😀',
      '\ufeff',
      '<<: *a',
      '::',
      '..',
      '@',
      '*',
    ],
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
)

const mutation = fc.record({ at: fc.nat(), cut: fc.nat(12), insert: fc.option(PIECES, { nil: '' }) })

/** Loads, and holds the answer to what is promised of it. */
function load(text: string): 'ok' | 'faults' {
  const loaded = loadConfig({ file: 'c.yaml', text }, context)
  const told = loaded.ok ? loaded.warnings : loaded.faults
  if (!loaded.ok) expect(told.length).toBeGreaterThan(0)
  const lines = text.split('\n').length
  let last = 0
  for (const { line, column, message, path } of told) {
    expect(line).toBeGreaterThanOrEqual(last)
    expect(line).toBeLessThanOrEqual(lines)
    expect(column).toBeGreaterThanOrEqual(1)
    expect(message).not.toBe('')
    // Nothing that a terminal or a log would act on.
    expect(`${path}${message}`).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e]/u)
    last = line
  }
  return loaded.ok ? 'ok' : 'faults'
}

describe('any text', () => {
  it('that is a valid configuration with mutations is settings or faults, never a throw', {
    timeout: 120_000,
  }, () => {
    const seen = { ok: 0, faults: 0 }
    fc.assert(
      fc.property(
        fc.constantFrom(...examples),
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
        (example, mutations) => {
          let text = example
          for (const { at, cut, insert } of mutations) {
            const from = at % (text.length + 1)
            text = text.slice(0, from) + insert + text.slice(from + cut)
          }
          seen[load(text)] += 1
        },
      ),
      { seed: SEED, numRuns: 1_500 },
    )
    // Both ends are reached, or the mutations would prove nothing.
    expect(Math.min(seen.ok, seen.faults)).toBeGreaterThan(50)
  })

  it('of YAML pieces at random is settings or faults, never a throw', () => {
    fc.assert(
      fc.property(fc.array(PIECES, { maxLength: 40 }), (pieces) => {
        load(pieces.join(''))
      }),
      { seed: SEED, numRuns: 1_500 },
    )
  })

  it('that is any JSON value under any section is settings or faults, never a throw', () => {
    const section = fc.constantFrom('node', 'state', 'dns', 'probes', 'pools', 'zones', 'admin')
    const key = fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.constantFrom('type', 'targets', 'address', 'answers', 'ttl', 'listen', 'failback'),
    )
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom(null, 0, -1, 1.5, true, '', 'a', '2s', '192.0.2.1', 'example.com.', 'tcp', '@'),
        fc.dictionary(key, tie('tree'), { maxKeys: 5 }),
        fc.array(tie('tree'), { maxLength: 4 }),
      ),
    }))
    fc.assert(
      fc.property(fc.dictionary(section, tree, { maxKeys: 7 }), (data) => {
        load(JSON.stringify(data))
      }),
      { seed: SEED, numRuns: 1_500 },
    )
  })
})
