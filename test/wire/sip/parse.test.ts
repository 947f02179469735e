import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { header, headers, type SipMessage, serialise } from '../../../src/wire/sip/message.ts'
import { type Head, type Parsed, parseHead, parseMessage, SIP_LIMITS } from '../../../src/wire/sip/parse.ts'

const parse = (text: string) => parseMessage(Buffer.from(text, 'latin1'))

function value(text: string): SipMessage {
  const parsed = parse(text)
  if (!parsed.ok) throw new Error(`did not parse: ${parsed.fault}`)
  return parsed.value
}

const ANSWER =
  'SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n'

describe('parsing a message', () => {
  test('a response gives status, phrase, headers and body', () => {
    const message = value('SIP/2.0 486 Busy Here\r\nX-A: 1\r\nContent-Length: 3\r\n\r\nabc')
    expect(message).toMatchObject({ kind: 'response', status: 486, phrase: 'Busy Here' })
    expect(header(message, 'x-a')).toBe('1')
    expect(Buffer.from(message.body).toString()).toBe('abc')
  })

  test('a request gives method and URI', () => {
    expect(value('OPTIONS sip:a@example.com SIP/2.0\r\n\r\n')).toMatchObject({
      kind: 'request',
      method: 'OPTIONS',
      uri: 'sip:a@example.com',
    })
  })

  test('a phrase may be empty, or missing with its space', () => {
    expect(value('SIP/2.0 200 \r\n\r\n')).toMatchObject({ status: 200, phrase: '' })
    expect(value('SIP/2.0 200\r\n\r\n')).toMatchObject({ status: 200, phrase: '' })
  })

  test('header names fold case and compact forms (RFC 3261 section 7.3.3)', () => {
    const message = value(
      'SIP/2.0 200 OK\r\nv: 1\r\nI: 2\r\nm: 3\r\nF: 4\r\nt: 5\r\nl: 0\r\nc: 7\r\nk: 8\r\nCALL-id: 9\r\n\r\n',
    )
    const names = message.headers.map((each) => each.name)
    expect(names).toEqual([
      'via',
      'call-id',
      'contact',
      'from',
      'to',
      'content-length',
      'content-type',
      'supported',
      'call-id',
    ])
    expect(headers(message, 'call-id')).toEqual(['2', '9'])
  })

  test('a header that is called like a property of every object keeps its name', () => {
    const message = value('SIP/2.0 200 OK\r\nConstructor: 1\r\n__proto__: 2\r\ntoString: 3\r\n\r\n')
    expect(message.headers.map((each) => each.name)).toEqual(['constructor', '__proto__', 'tostring'])
  })

  test('folded lines are one value, white space around the colon is nothing (section 7.3.1)', () => {
    const message = value('SIP/2.0 200 OK\r\nSubject  :\t I know\r\n\t you are\r\n  there \r\n\r\n')
    expect(header(message, 'subject')).toBe('I know you are there')
  })

  test('line ends before the start line are skipped (section 7.5)', () => {
    expect(value(`\r\n\r\n${ANSWER}`)).toMatchObject({ status: 200 })
  })

  test('octets behind Content-Length are dropped, without it all belong to the body (section 18.3)', () => {
    expect(value('SIP/2.0 200 OK\r\nl: 2\r\n\r\nabcdef').body).toHaveLength(2)
    expect(value('SIP/2.0 200 OK\r\n\r\nabcdef').body).toHaveLength(6)
  })

  test.each([
    ['empty', ''],
    ['empty', '\r\n\r\n'],
    ['no-end-of-headers', 'SIP/2.0 200 OK\r\nVia: x\r\n'],
    ['no-end-of-headers', ANSWER.replaceAll('\r\n', '\n')],
    ['bare-line-break', 'SIP/2.0 200 OK\r\nA: 1\nB: 2\r\n\r\n'],
    ['bare-line-break', 'SIP/2.0 200 OK\r\nA: 1\rB: 2\r\n\r\n'],
    ['start-line', 'SIP/2.0 2000 OK\r\n\r\n'],
    ['start-line', 'SIP/2.0 099 Low\r\n\r\n'],
    ['start-line', 'SIP/2.0 700 High\r\n\r\n'],
    ['start-line', 'SIP/3.0 200 OK\r\n\r\n'],
    ['start-line', 'HTTP/1.1 200 OK\r\n\r\n'],
    ['start-line', 'OPTIONS sip:a b SIP/2.0\r\n\r\n'],
    ['header-line', 'SIP/2.0 200 OK\r\nno colon here\r\n\r\n'],
    ['header-line', 'SIP/2.0 200 OK\r\n: nameless\r\n\r\n'],
    ['header-line', 'SIP/2.0 200 OK\r\n folded onto nothing\r\n\r\n'],
    ['header-line', 'SIP/2.0 200 OK\r\nVi a: x\r\n\r\n'],
    ['content-length', 'SIP/2.0 200 OK\r\nContent-Length: -1\r\n\r\n'],
    ['content-length', 'SIP/2.0 200 OK\r\nContent-Length: 0x0\r\n\r\n'],
    ['content-length', 'SIP/2.0 200 OK\r\nContent-Length: 1e3\r\n\r\n'],
    ['content-length', 'SIP/2.0 200 OK\r\nContent-Length:\r\n\r\n'],
    ['content-length', 'SIP/2.0 200 OK\r\nl: 0\r\nContent-Length: 1\r\n\r\na'],
    ['content-length', `SIP/2.0 200 OK\r\nl: ${'9'.repeat(300)}\r\n\r\n`],
    ['truncated-body', 'SIP/2.0 200 OK\r\nl: 4\r\n\r\nabc'],
  ])('%s: %j', (fault, text) => {
    expect(parse(text)).toEqual({ ok: false, fault })
  })

  test('the limits hold to the octet', () => {
    const line = (bytes: number) => `SIP/2.0 200 OK\r\nA: ${'x'.repeat(bytes - 3)}\r\n\r\n`
    expect(parse(line(SIP_LIMITS.lineBytes)).ok).toBe(true)
    expect(parse(line(SIP_LIMITS.lineBytes + 1))).toEqual({ ok: false, fault: 'line-too-long' })
    const many = (count: number) => `SIP/2.0 200 OK\r\n${'A: 1\r\n'.repeat(count)}\r\n`
    expect(parse(many(SIP_LIMITS.headers)).ok).toBe(true)
    expect(parse(many(SIP_LIMITS.headers + 1))).toEqual({ ok: false, fault: 'too-many-headers' })
    const folded = `SIP/2.0 200 OK\r\nA: 1\r\n${' xxxxxxxx\r\n'.repeat(2000)}\r\n`
    expect(parse(folded)).toEqual({ ok: false, fault: 'line-too-long' })
    const whole = (bytes: number) => `SIP/2.0 200 OK\r\n\r\n${'x'.repeat(bytes - 18)}`
    expect(parse(whole(SIP_LIMITS.messageBytes)).ok).toBe(true)
    expect(parse(whole(SIP_LIMITS.messageBytes + 1))).toEqual({ ok: false, fault: 'message-too-long' })
  })

  test('any headers are read as the grammar, line by line, reads them', () => {
    const piece = fc.constantFrom(
      ...['A', 'v', 'to', ':', ' ', '\t', 'x;y=z', '\r', '\n', '\xa0', '"'],
      '\r\n',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = `SIP/2.0 200 OK\r\n${pieces.join('')}`
        expect(parseHead(text)).toEqual(readPlainly(text))
      }),
      { seed: 3, numRuns: 5000 },
    )
  })

  test('no bytes make it throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(parseMessage(bytes)).toHaveProperty('ok')
      }),
      { seed: 1, numRuns: 2000 },
    )
  })

  test('no change of a good message makes it throw', () => {
    const change = fc.record({
      at: fc.nat(ANSWER.length),
      drop: fc.nat(12),
      put: fc.uint8Array({ maxLength: 12 }),
    })
    fc.assert(
      fc.property(fc.array(change, { maxLength: 4 }), (changes) => {
        let bytes = Buffer.from(ANSWER, 'latin1')
        for (const { at, drop, put } of changes) {
          bytes = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + drop)])
        }
        expect(parseMessage(bytes)).toHaveProperty('ok')
      }),
      { seed: 2, numRuns: 3000 },
    )
  })
})

describe('serialising', () => {
  const token = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9-]{0,15}$/)
  const text = fc.stringMatching(/^[!-~](?:[ -~]{0,30}[!-~])?$/)

  test('what is written is read back the same', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            token.map((name) => `X-${name}`),
            text,
          ),
          { maxLength: 20 },
        ),
        fc.uint8Array({ maxLength: 200 }),
        (pairs, body) => {
          const bytes = serialise({ startLine: 'OPTIONS sip:example.com SIP/2.0', headers: pairs, body })
          const parsed = parseMessage(bytes)
          if (!parsed.ok) throw new Error(parsed.fault)
          const expected = pairs.map(([name, given]) => ({ name: name.toLowerCase(), value: given }))
          expect(parsed.value.headers.slice(0, -1)).toEqual(expected)
          expect(header(parsed.value, 'content-length')).toBe(String(body.length))
          expect(Buffer.from(parsed.value.body)).toEqual(Buffer.from(body))
        },
      ),
      { seed: 3, numRuns: 500 },
    )
  })

  test.each(['\r\n', '\n', '\r', '\0'])('a line break inside a value is refused: %j', (end) => {
    const draft = { startLine: 'OPTIONS sip:a SIP/2.0', headers: [['From', `a${end}X: smuggled`]] as const }
    expect(() => serialise(draft)).toThrow(RangeError)
    expect(() => serialise({ startLine: `OPTIONS sip:a${end} SIP/2.0`, headers: [] })).toThrow(RangeError)
  })
})

/** The same without care for speed; for short texts, so without limits. */
function readPlainly(text: string): Parsed<Head> {
  const [startLine = '', ...lines] = text.split('\r\n')
  const headers: { name: string; value: string }[] = []
  for (const line of lines) {
    if (/[\r\n]/.test(line)) return { ok: false, fault: 'bare-line-break' }
    const last = headers.at(-1)
    const [, name, given] = /^([A-Za-z0-9\-.!%*_+`'~]+)[ \t]*:(.*)$/.exec(line) ?? []
    if (/^[ \t]/.test(line) && last !== undefined) last.value = `${last.value} ${line.trim()}`.trim()
    else if (name === undefined || given === undefined) return { ok: false, fault: 'header-line' }
    else headers.push({ name: LONG[name.toLowerCase()] ?? name.toLowerCase(), value: given.trim() })
  }
  return { ok: true, value: { startLine, headers } }
}

const LONG: Readonly<Record<string, string>> = { a: 'accept-contact', v: 'via' }
