import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  address,
  duration,
  formatDuration,
  parseAddress,
  parseDuration,
  wholeNumber,
} from '../../src/core/schemas.ts'

const SEED = 20_260

describe('durations', () => {
  it.each([
    ['500ms', 500],
    ['2s', 2_000],
    ['1.5s', 1_500],
    ['1.1s', 1_100],
    ['0.25m', 15_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['1d', 86_400_000],
    ['0s', 0],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  it.each([
    '',
    '2',
    's',
    '2 s',
    '2S',
    '-2s',
    '+2s',
    '.5s',
    '2.s',
    '1e3s',
    '2s ',
    '2s2m',
    '0.5ms',
    '9999999999999d',
    '٢s',
  ])('%j is none', (text) => {
    expect(parseDuration(text)).toBeUndefined()
  })

  it('are read back as they were written, over the whole range', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2_147_483_647_000 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms)
      }),
      { seed: SEED },
    )
  })

  it('hold to their range, both ends included', () => {
    const schema = duration({ minMs: 100, maxMs: 1_000 })
    const fine = ['99ms', '100ms', '1s', '1001ms'].map((text) => schema.safeParse(text).success)
    expect(fine).toEqual([false, true, true, false])
  })

  it('tell a bare number that it lacks a unit', () => {
    const result = duration().safeParse(2)
    expect(result.error?.issues[0]?.message).toContain('a number alone has no unit')
  })
})

describe('addresses', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['::1', '::1'],
  ])('%s is %s (RFC 5952 section 4)', (text, canonical) => {
    expect(parseAddress(text)).toMatchObject({ ok: true, address: canonical })
  })

  it.each([
    ['sip1.example.com', 'not an IPv4 or IPv6 literal'],
    ['127.1', 'not an IPv4 or IPv6 literal'],
    ['010.0.0.1', 'not an IPv4 or IPv6 literal'],
    ['192.0.2.256', 'not an IPv4 or IPv6 literal'],
    ['[::1]', 'not an IPv4 or IPv6 literal'],
    ['192.0.2.1/32', 'not an IPv4 or IPv6 literal'],
    ['fe80::1%eth0', 'an address with a zone index means something on one machine only'],
    ['0.0.0.0', 'the unspecified address is no host'],
    ['0.1.2.3', 'the unspecified address is no host'],
    ['::', 'the unspecified address is no host'],
    ['224.0.0.1', 'a multicast address is no single host'],
    ['ff02::1', 'a multicast address is no single host'],
    ['255.255.255.255', 'the broadcast address is no single host'],
    ['::ffff:192.0.2.1', 'an IPv4-mapped address: write the IPv4 address itself'],
  ])('%s is refused: %s', (text, why) => {
    expect(parseAddress(text)).toEqual({ ok: false, why })
  })

  it('to listen on may be unspecified, and nothing else of 0.0.0.0/8', () => {
    const listen = (text: string) => parseAddress(text, { unspecified: true }).ok
    expect(['0.0.0.0', '::', '0:0::0', '0.0.0.1'].map(listen)).toEqual([true, true, true, false])
  })

  it('stay as they are once canonical', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const once = parseAddress(text)
        if (once.ok) expect(parseAddress(once.address)).toEqual(once)
      }),
      { seed: SEED },
    )
  })

  it('never repeat in a message what was given', () => {
    const result = address().safeParse('hunter2-hunter2')
    expect(result.error?.issues[0]?.message).toMatch(/^allowed: /)
    expect(result.error?.issues[0]?.message).not.toContain('hunter2')
  })
})

describe('whole numbers', () => {
  it.each([[0], [65_536], [1.5], ['5060'], [Number.NaN], [Number.POSITIVE_INFINITY], [null], [true]])(
    '%s is none from 1 to 65535',
    (value) => {
      const result = wholeNumber(1, 65_535).safeParse(value)
      expect(result.error?.issues.map((issue) => issue.message)).toContain(
        'allowed: a whole number from 1 to 65535',
      )
    },
  )
})
