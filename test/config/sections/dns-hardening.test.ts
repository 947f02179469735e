import { describe, expect, it } from 'vitest'
import { type Extra, faultsOf, SOUND, settingsOf } from '../support.ts'

function dns(keys: string, extra: Extra = {}) {
  return settingsOf(`${SOUND}\ndns: { listen: ["127.0.0.1:0"]${keys === '' ? '' : `, ${keys}`} }`, extra).dns
}

describe('how queries are answered', () => {
  it('is left to the responder where nothing is said', () => {
    expect(dns('')).toEqual({ listen: [{ address: '127.0.0.1', port: 0 }], workers: 1, io: 'auto' })
  })

  it('has a default for every key of a section that is there', () => {
    expect(dns('cookies: {}, rateLimit: {}, tcp: {}')).toMatchObject({
      cookies: { enabled: true, secrets: [], required: false },
      rateLimit: {
        answersPerS: 20,
        referralsPerS: 20,
        denialsPerS: 10,
        errorsPerS: 5,
        allPerS: 0,
        windowS: 15,
        slip: 2,
        ipv4PrefixLength: 24,
        ipv6PrefixLength: 56,
        exempt: [],
        tableSize: 65536,
      },
      tcp: { idleTimeoutMs: 10_000, maxConnections: 512, maxConnectionsPerClient: 64 },
    })
  })

  it('can be set', () => {
    expect(
      dns(
        'nsid: ns1.fra, version: "", identity: x'.replace('""', '"v 1"') +
          ', cookies: { require: true, secrets: [00112233445566778899AABBCCDDEEFF] }' +
          ', rateLimit: { answers: 7, window: 3s, exempt: [192.0.2.0/24, "2001:DB8::/32", 198.51.100.9] }' +
          ', tcp: { idleTimeout: 3s, maxConnections: 9, maxConnectionsPerClient: 2 }',
      ),
    ).toMatchObject({
      nsid: 'ns1.fra',
      version: 'v 1',
      identity: 'x',
      cookies: { enabled: true, required: true, secrets: ['00112233445566778899aabbccddeeff'] },
      rateLimit: {
        answersPerS: 7,
        windowS: 3,
        exempt: ['192.0.2.0/24', '2001:db8::/32', '198.51.100.9/32'],
      },
      tcp: { idleTimeoutMs: 3_000, maxConnections: 9, maxConnectionsPerClient: 2 },
    })
  })

  it.each([
    ['nsid: ""', 'dns.nsid: "" seen; allowed: 1 to 64 printable ASCII characters'],
    ['version: "ä"', 'dns.version: "ä" seen; allowed: 1 to 64 printable ASCII characters'],
    [
      'cookies: { secrets: ["abc"] }',
      'dns.cookies.secrets[0]: a secret value seen; allowed: 32 hex digits (openssl rand -hex 16)',
    ],
    ['cookies: off', 'dns.cookies: "off" seen; allowed: a mapping'],
    ['rateLimit: { slip: 11 }', 'dns.rateLimit.slip: 11 seen; allowed: a whole number from 0 to 10'],
    [
      'rateLimit: { answer: 5 }',
      'dns.rateLimit.answer: unknown key; allowed: answers, referrals, denials, errors, all, window, slip, ipv4Prefix, ipv6Prefix, exempt, tableSize (did you mean "answers"?)',
    ],
    [
      'rateLimit: { exempt: ["192.0.2.0/33"] }',
      'dns.rateLimit.exempt[0]: "192.0.2.0/33" seen; allowed: a network, like 192.0.2.0/24 or 2001:db8::/32',
    ],
    [
      'rateLimit: { exempt: ["office"] }',
      'dns.rateLimit.exempt[0]: "office" seen; allowed: a network, like 192.0.2.0/24 or 2001:db8::/32',
    ],
    [
      'tcp: { idleTimeout: 10 }',
      'dns.tcp.idleTimeout: 10 seen; allowed: a duration from 1s to 10m with its unit (ms, s, m, h, d), like 500ms, 2s, 1.5m; a number alone has no unit',
    ],
  ])('refuses %s', (keys, fault) => {
    const faults = faultsOf(`${SOUND}\ndns: { listen: ["127.0.0.1:0"], ${keys} }`)
    expect(faults.map((text) => text.replace(/^c\.yaml:\d+:\d+ /, ''))).toEqual([fault])
  })

  it('takes a secret from the environment, and never shows it', () => {
    const env = { COOKIE: '00112233445566778899aabbccddeeff' }
    expect(dns(`cookies: { secrets: ["\${COOKIE}"] }`, { env })?.cookies?.secrets).toEqual([env.COOKIE])
    const bad = { env: { COOKIE: 'hunter2' } }
    const faults = faultsOf(
      `${SOUND}\ndns: { listen: ["127.0.0.1:0"], cookies: { secrets: ["\${COOKIE}"] } }`,
      bad,
    )
    expect(faults).toHaveLength(1)
    expect(faults.join()).not.toContain('hunter2')
  })
})
