import { describe, expect, test } from 'vitest'
import {
  parameters,
  parseCSeq,
  parseRetryAfterMs,
  splitOutsideQuotes,
  uriHost,
} from '../../../src/wire/sip/header-values.ts'

describe('header values', () => {
  test.each([
    ['120', 120_000],
    ['0', 0],
    ['120 (I am in a meeting)', 120_000],
    ['18000;duration=3600', 3_600_000],
    ['60 (text);duration=30', 60_000],
    ['9999999999', 3_600_000],
    ['-5', undefined],
    ['soon', undefined],
    ['12 34', undefined],
    ['99999999999', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('Retry-After %j is %s ms', (text, expected) => {
    expect(parseRetryAfterMs(text)).toBe(expected)
  })

  test('CSeq is a number below 2^31 and a method', () => {
    expect(parseCSeq('1 OPTIONS')).toEqual({ number: 1, method: 'OPTIONS' })
    expect(parseCSeq('2147483647\tACK')).toEqual({ number: 2_147_483_647, method: 'ACK' })
    for (const bad of ['2147483648 OPTIONS', 'OPTIONS', '1', '1OPTIONS', '-1 OPTIONS', '', undefined]) {
      expect(parseCSeq(bad)).toBeUndefined()
    }
  })

  test('commas and semicolons inside quotes and angle brackets do not part', () => {
    expect(splitOutsideQuotes('"a,\\",b" <sip:x,y>,c', ',')).toEqual(['"a,\\",b" <sip:x,y>', 'c'])
    expect(splitOutsideQuotes('"never closed, ever', ',')).toEqual(['"never closed, ever'])
  })

  test('the first of equal parameters wins, and names fold case', () => {
    expect([...parameters(['Tag=a', 'tag=b', ' lr ', '=x', 'q = "1\\"2"'])]).toEqual([
      ['tag', 'a'],
      ['lr', ''],
      ['q', '1"2'],
    ])
  })

  test('an IPv6 address gets brackets and loses its zone', () => {
    expect(uriHost('192.0.2.1')).toBe('192.0.2.1')
    expect(uriHost('2001:db8::1')).toBe('[2001:db8::1]')
    expect(uriHost('fe80::1%eth0')).toBe('[fe80::1]')
  })
})
