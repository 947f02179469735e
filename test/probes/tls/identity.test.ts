import type { PeerCertificate } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { alternativeNames, identityOf, sipDomains } from '../../../src/probes/tls/identity.ts'

function certificate(subjectaltname: string | undefined, CN = 'common.example'): PeerCertificate {
  return {
    subject: { CN },
    ...(subjectaltname === undefined ? {} : { subjectaltname }),
  } as unknown as PeerCertificate
}

describe('the SIP domains of a certificate, by RFC 5922 section 7.1', () => {
  test.each([
    ['URI:sip:Example.com', ['example.com']],
    ['URI:sip:example.com, DNS:host.example.com', ['example.com']],
    ['DNS:a.example, DNS:*.b.example', ['a.example', '*.b.example']],
    ['URI:sip:alice@example.com, DNS:host.example', ['host.example']],
    ['URI:sips:example.com, URI:https://example.com/', []],
    ['URI:sip:example.com:5061;transport=tls', ['example.com']],
    // What stands before the @ is the user, whatever it looks like.
    ['URI:sip:example.com;x=@evil.example', []],
    ['IP Address:192.0.2.1', []],
    [undefined, ['common.example']],
    ['', ['common.example']],
    // Node quotes what could be taken for two entries.
    ['URI:"https://x/, URI:sip:victim.example", DNS:host.example', ['host.example']],
    ['DNS:"a\\u002c b", DNS:c.example', ['a, b', 'c.example']],
  ])('%j: %j', (text, domains) => {
    expect(sipDomains(certificate(text))).toEqual(domains)
  })
})

describe('a name is there', () => {
  test.each([
    ['example.com', 'URI:sip:example.com', { strict: true, hostname: false }],
    ['EXAMPLE.com', 'DNS:example.com', { strict: true, hostname: true }],
    // RFC 5922 section 7.2: no wildcards.
    ['sip.example.com', 'DNS:*.example.com', { strict: false, hostname: true }],
    ['host.example.com', 'URI:sip:example.com, DNS:host.example.com', { strict: false, hostname: true }],
    ['192.0.2.1', 'IP Address:192.0.2.1', { strict: false, hostname: true }],
    ['192.0.2.1', 'DNS:192.0.2.1', { strict: false, hostname: false }],
    ['other.example', 'DNS:example.com', { strict: false, hostname: false }],
  ])('%s in %s: %j', (name, text, identity) => {
    expect(identityOf(name, certificate(text))).toEqual(identity)
  })
})

test.each(['', ',', 'DNS', 'DNS:"', '"', 'URI:"\\x", DNS:x', 'DNS:a,DNS:b', '::::'])(
  '%j is read without a throw',
  (text) => {
    expect(Array.isArray(alternativeNames(text))).toBe(true)
  },
)
