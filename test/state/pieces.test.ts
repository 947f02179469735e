import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonInPieces } from '../../src/state/pieces.ts'

const whole = (members: Record<string, unknown>) => JSON.parse([...jsonInPieces(members)].join(''))

test('a map of ten thousand comes in pieces of which none is large, and they are what JSON.stringify makes of the object', () => {
  const map = new Map(Array.from({ length: 10_000 }, (_, at) => [`edge/sip${at}`, { status: 'up', at }]))
  const pieces = [...jsonInPieces({ node: 'ns1', map })]
  expect(pieces.join('')).toBe(JSON.stringify({ node: 'ns1', map: Object.fromEntries(map) }))
  expect(pieces.length).toBeGreaterThan(50)
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(20_000)
})

test('a map that moves while it is written: entries are whole, none of those that stay is missing, and the text is JSON', () => {
  const map = new Map(Array.from({ length: 1000 }, (_, at) => [`sip${at}`, { passes: 0 }]))
  let text = ''
  let taken = 0
  for (const piece of jsonInPieces({ map })) {
    text += piece
    taken++
    for (const key of map.keys()) map.set(key, { passes: taken })
    map.delete(`sip${900 + taken}`)
    map.set(`new${taken}`, { passes: taken })
  }
  const { map: written } = JSON.parse(text)
  for (let at = 0; at < 900; at++) expect(written[`sip${at}`]?.passes).toBe(Math.floor(at / 200))
  expect(written.sip901).toBeUndefined()
  expect(written.new1).toEqual({ passes: expect.any(Number) })
})

test.each([
  { members: {}, text: '{}' },
  { members: { a: new Map() }, text: '{"a":{}}' },
  { members: { a: new Map([['x', undefined]]), b: [1, 'two'] }, text: '{"a":{},"b":[1,"two"]}' },
  { members: { 'a"b': new Map([['c\\d', 'e\n']]) }, text: '{"a\\"b":{"c\\\\d":"e\\n"}}' },
])('$text', ({ members, text }) => {
  expect([...jsonInPieces(members)].join('')).toBe(text)
})

test('whatever the keys and values, reading gives back what was there', () => {
  const map = fc.array(fc.tuple(fc.string(), fc.jsonValue()), { maxLength: 450 })
  fc.assert(
    fc.property(fc.string(), map, (name, entries) => {
      const value = new Map(entries)
      const shall = JSON.parse(JSON.stringify(Object.fromEntries(value)))
      expect(whole({ [name]: value, rest: name })).toEqual(
        name === 'rest' ? { rest: name } : { [name]: shall, rest: name },
      )
    }),
    { seed: 20261121, numRuns: 60 },
  )
})
