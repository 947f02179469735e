import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ZoneFault } from '../../src/config/load.ts'
import { checkZone } from '../../src/zone/check.ts'
import { faultsOf, soundWith } from './support.ts'

/** Where a fault at a place of the records text is told to be. */
function placeOf(records: string, fault: ZoneFault, env: Record<string, string> = {}): string {
  const text = soundWith('    answers:', `    records: ${records}\n    answers:`)
  const [first = ''] = faultsOf(text, { env, checkZone: () => [fault] })
  return first.slice(0, first.indexOf(' '))
}

describe('places of zone faults', () => {
  it.each([
    ['literal', '|\n      a IN A x\n      b IN A y', { line: 2, column: 8 }, 'c.yaml:16:14'],
    ['literal, first line', '|\n      a IN A x', { line: 1, column: 1 }, 'c.yaml:15:7'],
    ['literal, no column', '|\n      a IN A x', { line: 1 }, 'c.yaml:15:7'],
    ['literal, empty lines before', '|\n\n\n      a IN A x', { line: 3, column: 1 }, 'c.yaml:17:7'],
    [
      'literal, empty line between',
      '|\n      a IN A x\n\n      b IN A y',
      { line: 3, column: 3 },
      'c.yaml:17:9',
    ],
    ['literal, stripped', '|-\n      a IN A x', { line: 1, column: 3 }, 'c.yaml:15:9'],
    ['literal, indented more', '|\n      a (\n         x )', { line: 2, column: 4 }, 'c.yaml:16:10'],
    ['literal, indentation told', '|2\n        IN A x', { line: 1, column: 3 }, 'c.yaml:15:9'],
    ['literal, comment behind the bar', '| # static\n      a IN A x', { line: 1, column: 3 }, 'c.yaml:15:9'],
    ['literal, with an anchor', '&r |\n      a IN A x', { line: 1, column: 3 }, 'c.yaml:15:9'],
    ['literal, past the end', '|\n      a IN A x', { line: 9, column: 1 }, 'c.yaml:14:14'],
    ['folded: its start', '>\n      a IN A x\n\n      b IN A y', { line: 2, column: 3 }, 'c.yaml:14:14'],
    ['double quotes: their start', '"a IN A x\\nb IN A y"', { line: 2, column: 3 }, 'c.yaml:14:14'],
    ['single quotes: their start', "'a IN A x'", { line: 1, column: 3 }, 'c.yaml:14:14'],
    ['plain: its start', 'a IN A x', { line: 1, column: 3 }, 'c.yaml:14:14'],
  ])('in %s', (_style, records, at, place) => {
    expect(placeOf(records, { message: 'm', ...at })).toBe(place)
  })

  it('are right after values from the environment, short, long and of several lines', () => {
    const records = '|\n      $' + '{A} IN A x\n      b IN A $' + '{B}'
    const place = (line: number, column: number) =>
      placeOf(records, { message: 'm', line, column }, { A: 'longer-than-its-name\nsecond', B: '1' })
    expect(place(1, 1)).toBe('c.yaml:15:7')
    expect(place(2, 3)).toBe('c.yaml:15:7')
    expect(place(2, 8)).toBe('c.yaml:15:12')
    expect(place(3, 1)).toBe('c.yaml:16:7')
    expect(place(3, 8)).toBe('c.yaml:16:14')
  })

  it('in a literal block point at the very character, for any text', () => {
    const line = fc.stringMatching(/^[!-~][ -~]{0,20}$/).filter((text) => !text.includes('${'))
    fc.assert(
      fc.property(
        fc.array(fc.oneof(line, fc.constant('')), { minLength: 1, maxLength: 8 }),
        fc.nat(7),
        fc.nat(20),
        (lines, row, shift) => {
          fc.pre(lines.some((text) => text !== ''))
          const picked = lines[row % lines.length] ?? ''
          fc.pre(picked !== '')
          const column = (shift % picked.length) + 1
          const block = `|\n${lines.map((text) => (text === '' ? '' : `      ${text}`)).join('\n')}`
          const text = soundWith('    answers:', `    records: ${block}\n    answers:`)
          const fault = { message: 'm', line: (row % lines.length) + 1, column }
          const [first = ''] = faultsOf(text, { checkZone: () => [fault] })
          const [, fileLine, fileColumn] = /^c\.yaml:(\d+):(\d+) /.exec(first) ?? []
          expect(text.split('\n')[Number(fileLine) - 1]?.slice(Number(fileColumn) - 1)).toBe(
            picked.slice(column - 1),
          )
        },
      ),
      { seed: 20_262 },
    )
  })

  it('of an answer are the answer, of the zone its name', () => {
    const text = soundWith('    answers:', '    answers:\n      - { name: "@", type: A, pool: edge }')
    expect(faultsOf(text, { checkZone: () => [{ message: 'm', answer: 1 }, { message: 'n' }] })).toEqual([
      'c.yaml:12:3 zones["voice.example.com"]: n',
      'c.yaml:16:9 zones["voice.example.com"].answers[1]: m',
    ])
  })
})

describe('zones', () => {
  it('are checked by the zone layer only when they and their pools are sound', () => {
    const asked: string[] = []
    const spy = (zone: { origin: string }) => {
      asked.push(zone.origin)
      return []
    }
    faultsOf(soundWith('policy: failover', 'policy: none'), { checkZone: spy })
    faultsOf(soundWith('type: SRV', 'type: srv'), { checkZone: spy })
    faultsOf(soundWith('sip2:', 'sip1:'), { checkZone: spy })
    expect(asked).toEqual([])
    faultsOf(soundWith('{ type: tcp }', '{ type: tcp }\nhoks: {}'), { checkZone: spy })
    expect(asked).toEqual(['voice.example.com.'])
  })

  it('tell the faults of their records with line and column, by the real check', () => {
    const records = '|\n      ok   IN A 192.0.2.1\n      bad  IN A 192.0.2.256'
    const text = soundWith('    answers:', `    records: ${records}\n    answers:`)
    expect(faultsOf(text, { checkZone })).toEqual([
      expect.stringMatching(/^c\.yaml:16:17 zones\["voice\.example\.com"\]\.records: ./),
    ])
  })
})
