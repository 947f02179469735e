import { describe, expect, it } from 'vitest'
import { TsigKeyError, tsigKey } from '../../../../src/wire/dns/tsig/key.ts'

import { key, SECRET } from './sample.ts'

describe('keys', () => {
  it.each(['hmac-md5', 'HMAC-MD5.SIG-ALG.REG.INT.', 'hmac-sha1', 'hmac-sha224'])(
    'refuse %s and say what to use',
    (name) => {
      expect(() => tsigKey('k.', name, SECRET.toString('base64'))).toThrow(/RFC 8945 section 6.*hmac-sha256/)
    },
  )

  it.each([
    ['an unknown algorithm', 'k.', 'hmac-sha3', SECRET.toString('base64'), /one of hmac-sha256/],
    ['a secret that is no base64', 'k.', 'hmac-sha256', 'not!base64', /base64/],
    ['a short secret', 'k.', 'hmac-sha256', Buffer.alloc(15).toString('base64'), /15 octets/],
    ['a name that is none', 'k..x', 'hmac-sha256', SECRET.toString('base64'), /name of the key/],
  ])('refuse %s, without the secret in the text', (_, name, algorithm, secret, expected) => {
    try {
      tsigKey(name, algorithm, secret)
    } catch (error) {
      expect(error).toBeInstanceOf(TsigKeyError)
      expect(String(error)).toMatch(expected)
      expect(String(error)).not.toContain(secret)
      return
    }
    expect.unreachable()
  })

  it('take base64 with blanks and without padding, as it is pasted', () => {
    const base64 = SECRET.toString('base64')
    expect(
      tsigKey('k.', 'hmac-sha256', ` ${base64.slice(0, 9)}\n${base64.slice(9).replace('=', '')} `).secret,
    ).toEqual(key.secret)
  })
})
