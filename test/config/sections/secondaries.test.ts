import { describe, expect, it } from 'vitest'
import { faultsOf, SOUND, settingsOf, warningsOf } from '../support.ts'

const SECRET = 'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE='
const KEYS = `keys: { Fleet: { secret: "${SECRET}" } }`
const text = (dns: string, keys = KEYS) => `${SOUND}\n${keys}\ndns: { listen: ["127.0.0.1:0"], ${dns} }`

describe('secondaries in the configuration', () => {
  it('may take what rules say, and are told with defaults', () => {
    const { dns } = settingsOf(
      text(
        'transfer: { allow: [192.0.2.53, { network: 198.51.100.0/24, key: fleet }], zones: { Voice.example.com: [{ key: FLEET }] } }, ' +
          'notify: { targets: [{ to: 192.0.2.53 }, { to: "[2001:db8::53]:5353", key: fleet, zones: [voice.example.com] }] }',
      ),
    )
    expect(dns?.keys).toEqual([{ name: 'fleet.', algorithm: 'hmac-sha256', secret: SECRET }])
    expect(dns?.transfer).toEqual({
      allow: [{ network: '192.0.2.53/32' }, { network: '198.51.100.0/24', key: 'fleet.' }],
      zones: new Map([['voice.example.com.', [{ key: 'fleet.' }]]]),
      journalChanges: 200,
      maxConcurrent: 16,
    })
    expect(dns?.notify).toEqual({
      targets: [
        { to: { address: '192.0.2.53', port: 53 } },
        { to: { address: '2001:db8::53', port: 5353 }, key: 'fleet.', zones: ['voice.example.com.'] },
      ],
      timeoutMs: 1_000,
      retries: 5,
    })
  })

  it('are nobody where nothing is said', () => {
    const { dns } = settingsOf(`${SOUND}\ndns: { listen: ["127.0.0.1:0"] }`)
    expect(dns).not.toHaveProperty('transfer')
    expect(dns).not.toHaveProperty('notify')
    expect(dns).not.toHaveProperty('keys')
  })

  it.each([
    ['transfer: { allow: [{ key: flete }] }', /dns\.transfer\.allow\[0\]\.key: .*seen; allowed: Fleet/],
    ['transfer: { allow: [{}] }', /dns\.transfer\.allow\[0\]: .*allowed: network, key or both/],
    ['transfer: { allow: [192.0.2.0/33] }', /dns\.transfer\.allow\[0\]/],
    ['transfer: { zones: { other.test: [] } }', /dns\.transfer\.zones.*no zone of that name/],
    ['notify: { targets: [] }', /dns\.notify\.targets: .*at least one target/],
    ['notify: { targets: [{ to: "192.0.2.53:0" }] }', /dns\.notify\.targets\[0\]\.to: .*allowed: an address/],
    [
      'notify: { targets: [{ to: 192.0.2.53, zones: [other.test] }] }',
      /zones\[0\]: "other\.test" seen; allowed: a zone of zones/,
    ],
  ])('that cannot be meant are refused: %s', (dns, fault) => {
    const faults = faultsOf(text(dns))
    expect(faults).toHaveLength(1)
    expect(faults[0]).toMatch(fault)
  })

  it('have keys of a safe algorithm and length; a secret is never repeated', () => {
    const [weak] = faultsOf(text('workers: 1', 'keys: { fleet: { secret: hunter2 } }'))
    expect(weak).toMatch(/keys\.fleet\.secret: a secret value seen; allowed: base64 of at least 16 octets/)
    expect(weak).not.toContain('hunter2')
    expect(
      faultsOf(text('workers: 1', `keys: { fleet: { secret: "${SECRET}", algorithm: hmac-md5 } }`))[0],
    ).toMatch(/keys\.fleet\.algorithm: .*hmac-sha256/)
  })

  it('that are let in nowhere are worth a warning', () => {
    expect(warningsOf(text('transfer: {}')).join()).toContain('nobody is allowed to transfer anything')
  })
})
