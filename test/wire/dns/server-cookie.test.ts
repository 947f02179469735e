import { describe, expect, it } from 'vitest'
import {
  cookieAge,
  isCookieFresh,
  isCookieLength,
  isCookieOf,
  WHOLE_COOKIE,
  writeCookie,
} from '../../../src/wire/dns/server-cookie.ts'

const octets = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'))
const v4 = (text: string) => Uint8Array.from(text.split('.').map(Number))

const SECRET = octets('e5e973e5a6b2a43f48e7dc849e37bfcf')
const OLD_SECRET = octets('dd3bdf9344b678b185a6f5cb60fca715')
const NEW_SECRET = octets('445536bcd2513298075a5d379663c962')
const V6 = octets('20010db80220000159ded0f4876982b8')

function made(secret: Uint8Array, client: string, address: Uint8Array, nowS: number): string {
  const out = new Uint8Array(WHOLE_COOKIE + 4).fill(0xee)
  writeCookie(secret, octets(`00${client}`), 1, address, address.length, nowS, out, 2)
  expect([...out.subarray(0, 2), ...out.subarray(WHOLE_COOKIE + 2)]).toEqual([0xee, 0xee, 0xee, 0xee])
  return Buffer.from(out.subarray(2, WHOLE_COOKIE + 2)).toString('hex')
}

function isOf(secret: Uint8Array, cookie: string, address: Uint8Array): boolean {
  return isCookieOf(secret, octets(`ff${cookie}`), 1, address, address.length)
}

describe('server cookies', () => {
  it.each([
    ['A.1', SECRET, '2464c4abcf10c957', v4('198.51.100.100'), 1559731985, '010000005cf79f111f8130c3eee29480'],
    ['A.2', SECRET, '2464c4abcf10c957', v4('198.51.100.100'), 1559734385, '010000005cf7a871d4a564a1442aca77'],
    ['A.3', SECRET, 'fc93fc62807ddb86', v4('203.0.113.203'), 1559734700, '010000005cf7a9acf73a7810aca2381e'],
    ['A.4', NEW_SECRET, '22681ab97d52c298', V6, 1559741961, '010000005cf7c609a6bb79d16625507a'],
  ])('are made as RFC 9018 appendix %s shows', (_section, secret, client, address, nowS, expected) => {
    expect(made(secret, client, address, nowS)).toBe(client + expected)
  })

  it('are known again, with the reserved octets as their maker set them (appendix A.3)', () => {
    const cookie = 'fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5'
    expect(isOf(SECRET, cookie, v4('203.0.113.203'))).toBe(true)
    expect(isOf(SECRET, cookie, v4('203.0.113.204'))).toBe(false)
    expect(isOf(SECRET, cookie.replace('abcdef', '000000'), v4('203.0.113.203'))).toBe(false)
  })

  it('are known by the secret they were made with and no other (appendix A.4)', () => {
    const cookie = '22681ab97d52c298010000005cf7c57926556bd0934c72f8'
    expect(isOf(OLD_SECRET, cookie, V6)).toBe(true)
    expect(isOf(NEW_SECRET, cookie, V6)).toBe(false)
  })

  it('are not known once any bit of them is another', () => {
    const cookie = made(SECRET, '2464c4abcf10c957', v4('198.51.100.100'), 1559731985)
    expect(isOf(SECRET, cookie, v4('198.51.100.100'))).toBe(true)
    for (let bit = 0; bit < WHOLE_COOKIE * 8; bit++) {
      const bent = octets(cookie)
      bent[bit >> 3] = (bent[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(isOf(SECRET, Buffer.from(bent).toString('hex'), v4('198.51.100.100')), `bit ${bit}`).toBe(false)
    }
  })

  it('have 8 octets or 16 to 40 as an option (RFC 7873 section 5.2.2)', () => {
    const good = Array.from({ length: 60 }, (_, length) => length).filter(isCookieLength)
    expect(good).toEqual([8, ...Array.from({ length: 25 }, (_, i) => 16 + i)])
  })
})

describe('the age of a cookie (RFC 9018 section 4.3)', () => {
  const NOW = 1559731985
  const stamped = (timeS: number, version = 1) => {
    const cookie = new Uint8Array(WHOLE_COOKIE)
    cookie[8] = version
    new DataView(cookie.buffer).setUint32(12, timeS >>> 0)
    return cookie
  }

  it.each([
    ['this second', NOW, 0, true],
    ['half an hour ago', NOW - 1800, 1800, true],
    ['a second more ago', NOW - 1801, 1801, false],
    ['an hour ago', NOW - 3600, 3600, false],
    ['longer ago', NOW - 3601, undefined, false],
    ['five minutes ahead', NOW + 300, -300, false],
    ['further ahead', NOW + 301, undefined, false],
  ])('made %s', (_when, timeS, age, fresh) => {
    expect(cookieAge(stamped(timeS), 0, NOW)).toBe(age)
    if (age !== undefined) expect(isCookieFresh(age)).toBe(fresh)
  })

  it('goes on counting when 32 bits of seconds are over', () => {
    expect(cookieAge(stamped(2 ** 32 - 10), 0, 2 ** 32 + 20)).toBe(30)
    expect(cookieAge(stamped(2 ** 31 - 10), 0, 2 ** 31 + 20)).toBe(30)
    expect(cookieAge(stamped(2 ** 32 + 5), 0, 2 ** 32 + 20)).toBe(15)
    expect(cookieAge(stamped(2 ** 32 + 5), 0, 2 ** 32 - 10)).toBe(-15)
  })

  it('is none for another version', () => {
    expect(cookieAge(stamped(NOW, 0), 0, NOW)).toBeUndefined()
    expect(cookieAge(stamped(NOW, 2), 0, NOW)).toBeUndefined()
  })
})
