import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseVia, topVia } from '../../../src/wire/sip/via.ts'

describe('Via', () => {
  test('branch, rport and received are read (RFC 3581 section 4)', () => {
    expect(parseVia('SIP/2.0/UDP 192.0.2.1:5066;branch=z9hG4bK77;rport=40112;received=203.0.113.7')).toEqual({
      transport: 'UDP',
      sentBy: '192.0.2.1:5066',
      branch: 'z9hG4bK77',
      rport: 40112,
      received: '203.0.113.7',
    })
  })

  test('white space, case and quotes do not matter where the grammar says so', () => {
    expect(parseVia('sip / 2.0 / tls  [2001:db8::1] ; Branch = "z9hG4bK,;" ; RPORT')).toEqual({
      transport: 'TLS',
      sentBy: '[2001:db8::1]',
      branch: 'z9hG4bK,;',
    })
  })

  test.each(['0', '65536', '99999999', '-1', 'x', ''])('rport=%s is no port', (port) => {
    expect(parseVia(`SIP/2.0/UDP a;branch=b;rport=${port}`)).not.toHaveProperty('rport')
  })

  test.each(['', 'SIP/2.0/UDP', 'SIP/2.0 UDP a', 'HTTP/2.0/UDP a', ';branch=x'])('%j is no Via', (text) => {
    expect(parseVia(text)).toBeUndefined()
  })

  test('of several in one line, and of several lines, the first is the topmost', () => {
    const via = (value: string) => ({ name: 'via', value })
    const two = 'SIP/2.0/UDP a;branch=one, SIP/2.0/TCP b;branch=two'
    expect(topVia({ headers: [via(two), via('SIP/2.0/UDP c;branch=three')] })?.branch).toBe('one')
    expect(topVia({ headers: [] })).toBeUndefined()
  })

  test('no text makes it throw', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 100 }), (text) => {
        parseVia(text)
        parseVia(`SIP/2.0/UDP ${text}`)
      }),
      { seed: 6, numRuns: 2000 },
    )
  })
})
