import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digestAuthorization, digestResponse, withoutDigestResponses } from '../../../src/wire/sip/digest.ts'
import {
  DIGEST_ALGORITHMS,
  type DigestChallenge,
  parseChallenge,
  pickChallenge,
} from '../../../src/wire/sip/digest-challenge.ts'

function challenge(rest: Partial<DigestChallenge> = {}): DigestChallenge {
  return {
    realm: 'r',
    nonce: 'n',
    algorithm: 'MD5',
    algorithmGiven: true,
    qop: 'auth',
    stale: false,
    ...rest,
  }
}

describe('digest responses', () => {
  const mufasa = {
    username: 'Mufasa',
    password: 'Circle of Life',
    method: 'GET',
    uri: '/dir/index.html',
    cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
    nonceCount: 1,
  }
  const given = {
    realm: 'http-auth@example.org',
    nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
  }

  test.each([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ] as const)('are those of RFC 7616 section 3.9.1 for %s', (algorithm, expected) => {
    expect(digestResponse({ ...mufasa, challenge: challenge({ ...given, algorithm }) })).toBe(expected)
  })

  test('without qop are those of RFC 2069 as RFC 2617 keeps them', () => {
    const answer = { ...mufasa, username: 'Mufasa', password: 'CircleOfLife', cnonce: '' }
    const { qop: _qop, ...plain } = challenge({
      realm: 'testrealm@host.com',
      nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
    })
    expect(digestResponse({ ...answer, challenge: plain })).toBe('1949323746fe6a43ef61f9606e7febea')
  })

  test.each([
    ['SHA-256', '67350b7d2c5cfc5da3d5aaa8ca7e06e6f15d807f7280e7d3c0a7bcd710f8d587'],
    ['MD5', '46a35f80758bf27bc2cb7826d2da4065'],
  ] as const)('for REGISTER with %s are what was computed by hand', (algorithm, expected) => {
    const answer = {
      username: 'probe',
      password: 's3cret-Probe',
      method: 'REGISTER',
      uri: 'sip:voice.example.net',
      cnonce: 'b1c7d2e94a60',
      nonceCount: 1,
      challenge: challenge({ realm: 'voice.example.net', nonce: '4f2a9c71d8e04b6f', algorithm }),
    }
    expect(digestResponse(answer)).toBe(expected)
  })

  test('with SHA-512-256 are 256 bits of the function with its own start value, not SHA-512 cut short', () => {
    const answer = { ...mufasa, challenge: challenge({ ...given, algorithm: 'SHA-512-256' }) }
    // Computed with OpenSSL: openssl dgst -sha512-256 over each of the three.
    expect(digestResponse(answer)).toBe('430d05014cecc49cab6fbe03176d41a1da86cbfe24a16580e22aaad928d960d0')
  })
})

describe('the Authorization header', () => {
  const answer = {
    username: 'a"b\\c',
    password: 'p',
    method: 'REGISTER',
    uri: 'sip:x',
    cnonce: 'c0',
    nonceCount: 26,
  }

  test('quotes what is quoted and leaves bare what is not (RFC 3261 section 25.1)', () => {
    const value = digestAuthorization({ ...answer, challenge: challenge({ opaque: 'o"p', realm: 'a b' }) })
    expect(value).toMatch(
      /^Digest username="a\\"b\\\\c", realm="a b", nonce="n", uri="sip:x", response="[0-9a-f]{32}", algorithm=MD5, opaque="o\\"p", qop=auth, nc=0000001a, cnonce="c0"$/,
    )
  })

  test('names no algorithm and counts nothing where the challenge did not', () => {
    const { qop: _qop, ...plain } = challenge({ algorithmGiven: false })
    const value = digestAuthorization({ ...answer, challenge: plain })
    expect(value).not.toMatch(/algorithm|qop|nc=|cnonce|opaque/)
  })

  test('sends and hashes names as UTF-8', () => {
    const value = digestAuthorization({ ...answer, username: 'jösef', challenge: challenge() })
    expect(value).toContain('username="j\xc3\xb6sef"')
  })

  test('names the Request-URI letter by letter, as it was hashed (RFC 3261 section 22.4)', () => {
    const value = digestAuthorization({ ...answer, uri: 'sip:600@Voice.Example;X=1', challenge: challenge() })
    expect(value).toContain('uri="sip:600@Voice.Example;X=1"')
  })

  test('hides its response in anything that people read', () => {
    const value = digestAuthorization({ ...answer, challenge: challenge() })
    const both = `Authorization: x, response="AB12"\nProxy-Authorization: y, response=CD34\nrspauth="ef56"`
    expect(withoutDigestResponses(both)).not.toMatch(/AB12|CD34|ef56/)
    const secret = /response="([0-9a-f]+)"/.exec(value)?.[1] ?? 'none'
    expect(withoutDigestResponses(`Authorization: ${value}`)).not.toContain(secret)
    expect(withoutDigestResponses(value)).toContain('response="(hidden)"')
    expect(withoutDigestResponses('response = abcdef12, x')).toBe('response = "(hidden)", x')
    expect(withoutDigestResponses('SIP/2.0 200 response is fine')).toBe('SIP/2.0 200 response is fine')
  })
})

describe('challenges', () => {
  test('are read whatever the case, order and spaces', () => {
    const text =
      'DIGEST  Nonce="n\\"1" , REALM="a, b",stale=TRUE, qop="auth-int, auth" ,algorithm=sha-256,opaque="o", domain="sip:x"'
    expect(parseChallenge(text)).toEqual({
      realm: 'a, b',
      nonce: 'n"1',
      opaque: 'o',
      algorithm: 'SHA-256',
      algorithmGiven: true,
      qop: 'auth',
      stale: true,
    })
  })

  test('without an algorithm mean MD5 (RFC 7616 section 3.3)', () => {
    expect(parseChallenge('Digest realm="r", nonce="n"')).toEqual({
      realm: 'r',
      nonce: 'n',
      algorithm: 'MD5',
      algorithmGiven: false,
      stale: false,
    })
  })

  test.each(['stale=false', 'stale="FALSE"', 'stale', 'stale=1'])('with %s are not stale', (stale) => {
    expect(parseChallenge(`Digest realm="r", nonce="n", ${stale}`)).toMatchObject({ stale: false })
  })

  test.each([
    ['', 'malformed'],
    ['Digest', 'malformed'],
    ['Digest realm="r"', 'malformed'],
    ['Digest nonce="n"', 'malformed'],
    ['Digest realm="r", nonce=""', 'malformed'],
    ['Digest realm="r", nonce="a\0b"', 'malformed'],
    ['Digest realm="r\x07", nonce="n"', 'malformed'],
    [`Digest realm="r", nonce="${'n'.repeat(513)}"`, 'malformed'],
    ['Basic realm="r"', 'unsupported'],
    ['Digest realm="r", nonce="n", algorithm=MD5-sess', 'unsupported'],
    ['Digest realm="r", nonce="n", algorithm=SHA-1', 'unsupported'],
    ['Digest realm="r", nonce="n", qop="auth-int"', 'unsupported'],
  ])('%j is %s', (text, fault) => {
    expect(parseChallenge(text)).toBe(fault)
  })

  const offered = (...algorithms: string[]) =>
    algorithms.map((algorithm) => `Digest realm="r", nonce="n", algorithm=${algorithm}`)

  test('the topmost that we support is taken, not the one we like best (RFC 8760 section 2.4)', () => {
    expect(pickChallenge(offered('SHA-1', 'MD5', 'SHA-256'), DIGEST_ALGORITHMS)).toMatchObject({
      algorithm: 'MD5',
    })
    expect(pickChallenge(offered('SHA-512-256', 'MD5'), ['MD5'])).toMatchObject({ algorithm: 'MD5' })
    expect(pickChallenge(offered('SHA-256', 'MD5'), ['SHA-512-256'])).toBe('unsupported')
    expect(pickChallenge([], DIGEST_ALGORITHMS)).toBe('malformed')
    expect(pickChallenge(['nonsense', ...offered('MD5')], DIGEST_ALGORITHMS)).toMatchObject({ nonce: 'n' })
  })

  test('of another realm than the configured one are passed over', () => {
    const values = ['Digest realm="evil", nonce="1"', 'Digest realm="good", nonce="2"']
    expect(pickChallenge(values, DIGEST_ALGORITHMS, 'good')).toMatchObject({ nonce: '2' })
    expect(pickChallenge(values, DIGEST_ALGORITHMS, 'other')).toBe('unsupported')
  })

  test('any text is a challenge that can be answered on one line, or a fault; never a throw', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'Digest ',
        'realm=',
        'nonce=',
        '"',
        '\\',
        ',',
        'qop="auth"',
        'algorithm=MD5',
        ' ',
        'x',
        '<',
        '\0',
        '\x80',
      ),
      fc.string({ maxLength: 5 }),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const parsed = parseChallenge(`Digest realm="r", nonce="n", ${pieces.join('')}`)
        if (typeof parsed === 'string') return
        const value = digestAuthorization({
          username: 'u',
          password: 'p',
          method: 'REGISTER',
          uri: 'sip:x',
          cnonce: 'c',
          nonceCount: 1,
          challenge: parsed,
        })
        expect(value).not.toMatch(/[\r\n\0]/)
      }),
      { seed: 20261121, numRuns: 2000 },
    )
  })
})
