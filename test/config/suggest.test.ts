import { describe, expect, it } from 'vitest'
import { formatPath, quote } from '../../src/config/fault.ts'
import { allowedNames, nearest } from '../../src/config/suggest.ts'

describe('suggestions', () => {
  const names = ['failover', 'weighted', 'all']

  it.each([
    ['failver', 'failover'],
    ['Failover', 'failover'],
    ['wieghted', 'weighted'],
    ['al', 'all'],
    ['alll', 'all'],
  ])('for %s: %s', (word, meant) => {
    expect(nearest(word, names)).toBe(meant)
  })

  it.each(['round-robin', 'x', '', 'fail', 'f'.repeat(100)])('for %j: none', (word) => {
    expect(nearest(word, names)).toBeUndefined()
  })

  it('take the nearest of several, the first of equals', () => {
    expect(nearest('sip12', ['sip1', 'sip123', 'sip2'])).toBe('sip1')
    expect(nearest('probes', ['prober', 'probes'])).toBe('probes')
  })

  it('stay short where thousands of names are known', () => {
    const many = Array.from({ length: 5_000 }, (_, index) => `pool${index}`)
    expect(allowedNames(many, 'nothing')).toBe(
      'allowed: pool0, pool1, pool2, pool3, pool4, pool5, pool6, pool7, pool8, pool9, pool10, pool11 and 4988 more',
    )
  })

  it('say when there is nothing to choose from', () => {
    expect(allowedNames([], 'edge')).toBe('allowed: none, nothing of that kind is configured')
  })
})

describe('what was seen', () => {
  it('is quoted, printable and short', () => {
    expect(quote('a"b\\c\n')).toBe('"a\\"b\\\\c\\n"')
    expect(quote('\u001b[2J\u202e\u009b')).toBe('"\\u001b[2J\\u202e\\u009b"')
    expect(quote('x'.repeat(100))).toBe(`"${'x'.repeat(60)}…"`)
  })

  it('has one path for one place, whatever the keys hold', () => {
    expect(formatPath([])).toBe('')
    expect(formatPath(['pools', 'edge', 'probes', 0])).toBe('pools.edge.probes[0]')
    expect(formatPath(['zones', 'a.b', 'answers', 2])).toBe('zones["a.b"].answers[2]')
    expect(formatPath(['a', 'b.c'])).not.toBe(formatPath(['a', 'b', 'c']))
    expect(formatPath(['a\u001b', ''])).toBe('["a\\u001b"][""]')
  })
})
