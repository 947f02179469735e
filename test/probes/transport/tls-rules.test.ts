import type { PeerCertificate } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { tlsOptions } from '../../../src/probes/transport/tls-rules.ts'

/** What a connection of ours says of a certificate whose chain is trusted. */
function accepts(name: string, subjectaltname: string, CN = 'common.example'): boolean {
  const rules = tlsOptions({ verify: true, serverName: name }, '192.0.2.1')
  const certificate = { subject: { CN }, subjectaltname } as unknown as PeerCertificate
  return rules.checkServerIdentity?.('', certificate) === undefined
}

describe('a certificate is for a SIP server of that name', () => {
  test.each([
    ['example.test', 'URI:sip:example.test'],
    ['Example.TEST', 'URI:sip:example.test'],
    ['example.test', 'URI:sip:EXAMPLE.test, DNS:other.test'],
    ['sip.example.test', 'DNS:sip.example.test'],
    ['sip.example.test', 'URI:sip:example.test, DNS:sip.example.test'],
    ['sip.example.test', 'DNS:*.example.test'],
    ['192.0.2.1', 'IP Address:192.0.2.1'],
  ])('%s by %s', (name, names) => {
    expect(accepts(name, names)).toBe(true)
  })
})

describe('and for no other', () => {
  test.each([
    ['example.test', 'URI:sip:example.test.evil'],
    ['example.test', 'URI:sip:example.test@evil.test'],
    ['example.test', 'URI:sip:alice@example.test'],
    ['example.test', 'URI:https://example.test'],
    ['example.test', 'URI:https://evil.test/sip:example.test'],
    ['example.test', 'DNS:example.test.evil'],
    ['example.test', 'DNS:*.example.test'],
    ['a.b.example.test', 'DNS:*.example.test'],
    ['example.test', 'email:sip:example.test'],
    // As Node writes a value that could be taken for several names.
    ['example.test', 'URI:"https://x/\\u002c URI:sip:example.test\\u002c y"'],
    ['192.0.2.1', 'IP Address:192.0.2.11'],
    ['192.0.2.1', 'DNS:192.0.2.1'],
    // The common name counts only where there is no other.
    ['common.example', 'DNS:other.test'],
  ])('%s by %s', (name, names) => {
    expect(accepts(name, names)).toBe(false)
  })
})

test('without a name the address itself has to be in it, and no SNI is sent (RFC 6066 section 3)', () => {
  const rules = tlsOptions({ verify: true }, '192.0.2.1')
  const shown = (subjectaltname: string) => ({ subject: {}, subjectaltname }) as unknown as PeerCertificate
  expect(rules.checkServerIdentity?.('', shown('IP Address:192.0.2.1'))).toBeUndefined()
  expect(rules.checkServerIdentity?.('', shown('DNS:example.test'))).toBeInstanceOf(Error)
  expect(rules).not.toHaveProperty('servername')
  expect(tlsOptions({ verify: true, serverName: 'example.test' }, '192.0.2.1')).toMatchObject({
    servername: 'example.test',
    rejectUnauthorized: true,
  })
})
