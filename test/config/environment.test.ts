import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseConfigDocument } from '../../src/config/document.ts'
import type { Path } from '../../src/config/fault.ts'
import { substitute } from '../../src/config/substitution.ts'
import { faultsOf, SOUND, settingsOf, soundWith, warningsOf } from './support.ts'

const SEED = 20_261

describe('variables', () => {
  it.each([
    ['$' + '{HOST}', 'h.example'],
    ['a-$' + '{HOST}-b-$' + '{HOST}', 'a-h.example-b-h.example'],
    ['$$' + '{HOST}', '$' + '{HOST}'],
    ['$$' + '{$' + '{HOST}}', '$' + '{h.example}'],
    ['$' + '{EMPTY}', ''],
    ['$' + '{NESTED}', '$' + '{HOST}'],
    ['$$' + '{}', '$' + '{}'],
  ])('in %j make %j', (raw, text) => {
    const env = { HOST: 'h.example', EMPTY: '', NESTED: '$' + '{HOST}' }
    expect(substitute(raw, env)).toMatchObject({ text, faults: [] })
  })

  it.each(['plain', '$HOST', '$', '{HOST}', '$ {HOST}'])('are not seen in %j', (raw) => {
    expect(substitute(raw, { HOST: 'x' })).toBeUndefined()
  })

  it('are found again from a place in the filled-in text', () => {
    const raw = 'ab$' + '{X}cd$$' + '{ef'
    const filled = substitute(raw, { X: '12345' })
    expect(filled?.text).toBe('ab12345cd$' + '{ef')
    expect([0, 1, 2, 4, 6, 7, 8, 9, 11, 12].map((offset) => filled?.rawOffset(offset))).toEqual([
      0, 1, 2, 2, 2, 6, 7, 8, 11, 12,
    ])
  })

  it('that are not set, or malformed, are each a fault at their own place', () => {
    const text = `node: "a$\{NO}b"\nstate: x$\{}y $\{a b} $\{open\n${SOUND}`
    const unset = 'set it, or write $$' + '{ for a plain $' + '{'
    const stray =
      'a stray "$' + '{" seen; allowed: $' + '{NAME} (letters, digits and _), or $$' + '{ for a plain $' + '{'
    expect(faultsOf(text)).toEqual([
      `c.yaml:1:9 node: $\{NO} is not set in the environment; ${unset}`,
      `c.yaml:2:9 state: ${stray}`,
      `c.yaml:2:14 state: ${stray}`,
      `c.yaml:2:21 state: ${stray}`,
    ])
  })

  it('that are not set are told at their line of a literal block, and zones with them are not judged further', () => {
    const text = soundWith(
      '    answers:',
      '    records: |\n      a IN A 192.0.2.1\n      b IN A $' + '{NO}\n    answers:',
    )
    expect(faultsOf(text, { checkZone: () => [{ message: 'half a zone was judged' }] })).toEqual([
      'c.yaml:16:14 zones["voice.example.com"].records: $' +
        '{NO} is not set in the environment; set it, or write $$' +
        '{ for a plain $' +
        '{',
    ])
  })

  it('are text, never YAML, and never a number', () => {
    const env = { V: '{ a: [b], "c": &x }' }
    expect(faultsOf(`node: $\{V}\n${SOUND}`, { env })).toEqual([
      'c.yaml:1:7 node: value from $' + '{V} seen; allowed: letters, digits, dots, - and _, 253 at most',
    ])
    const port = soundWith('address: 192.0.2.12', 'address: 192.0.2.12, port: "$' + '{PORT}"')
    expect(faultsOf(port, { env: { PORT: '5060' } })).toEqual([
      'c.yaml:10:42 pools.edge.targets.sip2.port: value from $' +
        '{PORT} seen; allowed: a whole number from 1 to 65535; a value from the environment is always text',
    ])
  })

  it('are not looked up along the prototype', () => {
    expect(faultsOf(`node: $\{constructor}\n${SOUND}`)).toHaveLength(1)
  })

  it('are filled in wherever a value is text', () => {
    const text = soundWith('192.0.2.12', '"$' + '{SIP2}"').replace('_sip._udp', '"_sip.$' + '{PROTO}"')
    const settings = settingsOf(text, { env: { SIP2: '192.0.2.99', PROTO: '_tcp' } })
    expect(settings.pools.get('edge')?.targets[1]?.addresses).toEqual(['192.0.2.99'])
    expect([...settings.zones.values()][0]?.answers[0]?.transports).toEqual(['tcp'])
  })
})

/** Every text value of a configuration, each to be taken from the environment in turn. */
const PLACES: readonly [piece: string, by: string][] = [
  ['type: tcp', 'type: V'],
  ['type: tcp', 'type: tcp, interval: V'],
  ['type: tcp', 'type: tcp, interval: V, timeout: 3s, fastInterval: 30s'],
  ['type: tcp', 'type: tcp, onFail: V'],
  ['type: tcp', 'type: tcp, port: V'],
  ['type: tcp', 'type: tcp, nonsense: V'],
  ['type: sip-options', 'type: sip-options, transport: V'],
  ['type: sip-options', 'type: sip-options, user: V, from: V, uri: V, ca: V, userAgent: V, serverName: V'],
  ['type: sip-options', 'type: sip-options, expect: [V]'],
  ['policy: failover', 'policy: V'],
  ['probes: [options, tcp]', 'probes: [V, V]'],
  ['policy: failover', 'policy: failover\n    allDown: V\n    slowStart: V\n    failback: V'],
  ['policy: failover', 'policy: failover\n    failback: { mode: V, delay: V }'],
  ['address: 192.0.2.12', 'address: V'],
  ['address: 192.0.2.12', 'address: [192.0.2.12, V, V]'],
  ['address: 192.0.2.12', 'address: 192.0.2.12, source: V, host: V, serverName: V'],
  ['address: 192.0.2.12', 'address: V, source: "2001:db8::1"'],
  ['address: 192.0.2.12', 'address: 192.0.2.12, priority: V, weight: V, ports: { udp: V }'],
  ['ns1.example.net.', 'V, V'],
  ['    answers:', '    ttl: V\n    negativeTtl: V\n    publish: [V]\n    answers:'],
  ['    answers:', '    ttl: { min: V, max: 1s }\n    answers:'],
  ['    answers:', '    records: V\n    answers:'],
  ['name: _sip._udp', 'name: V'],
  ['type: SRV', 'type: V'],
  ['pool: edge', 'pool: V, probes: [V], transports: [V]'],
  [
    'probes:\n  options',
    'node: V\nstate: V\ndns: { listen: [V, V] }\nadmin: { listen: V, token: V }\nprobes:\n  options',
  ],
]

describe('what comes from the environment', () => {
  // Values that pass some checks and fail others, so that messages of every kind come up.
  const value = fc.oneof(
    fc.constantFrom(
      'failovre',
      '192.0.2.254',
      '2001:DB8:0:0::FE',
      '49s',
      '1499ms',
      'sip-optoins',
      'Secret.Example.Com.',
      '_sipp._udpp',
      '127.0.0.9:53053',
    ),
    fc.stringMatching(/^[a-zA-Z0-9 :._@{}[\]"'#&*!|>%-]{6,24}$/),
  )

  it('is never in a fault or a warning, whatever it is and wherever it stands', () => {
    let faults = 0
    fc.assert(
      fc.property(value, fc.constantFrom(...PLACES), (secret, [piece, by]) => {
        const text = soundWith(
          piece,
          by.replaceAll(/\bV\b/g, () => '"$' + '{SECRET}"'),
        )
        const bare = soundWith(
          piece,
          by.replaceAll(/\bV\b/g, () => '"$' + '{UNSET}"'),
        )
        const checkZone = () => [{ message: `record ${secret.toLowerCase()} is wrong`, answer: 0 }]
        const extra = { env: { SECRET: secret }, checkZone }
        const found = faultsOf(text, extra)
        faults += found.length
        const said = found.length > 0 ? found : warningsOf(text, extra)
        // What the messages say for no value at all, they do not say because of the value.
        const own = new Set([...faultsOf(bare), SOUND].join('\n').toLowerCase().split(/\s+/))
        if (own.has(secret.trim().toLowerCase())) return
        expect(said.join('\n').toLowerCase()).not.toContain(secret.toLowerCase())
      }),
      { seed: SEED, numRuns: 2_000 },
    )
    expect(faults).toBeGreaterThan(1_000)
  })

  it('gets no "did you mean", which would tell most of it', () => {
    expect(faultsOf(soundWith('policy: failover', 'policy: $' + '{P}'), { env: { P: 'failver' } })).toEqual([
      'c.yaml:6:13 pools.edge.policy: value from $' + '{P} seen; allowed: failover, weighted, all',
    ])
  })

  it('is named by all its variables', () => {
    expect(faultsOf(`node: "$\{A} $\{B}"\n${SOUND}`, { env: { A: 'x', B: 'y' } })).toEqual([
      'c.yaml:1:7 node: value from $' +
        '{A} and $' +
        '{B} seen; allowed: letters, digits, dots, - and _, 253 at most',
    ])
  })

  it('is taken out of what a zone check says, in canonical form too', () => {
    const env = { HOST: 'Sip-Secret', ADDRESS: '2001:DB8:0::5EC' }
    const text = soundWith(
      '    answers:',
      '    records: |\n      $' + '{HOST} IN AAAA $' + '{ADDRESS}\n    answers:',
    )
    const checkZone = () => [{ message: 'sip-secret has 2001:db8::5ec, "Sip-Secret"', line: 1, column: 22 }]
    expect(faultsOf(text, { env, checkZone })).toEqual([
      'c.yaml:15:23 zones["voice.example.com"].records: $' + '{HOST} has $' + '{ADDRESS}, "$' + '{HOST}"',
    ])
  })
})

describe('keys that hold secrets', () => {
  const seen = (text: string, path: Path) => {
    const parsed = parseConfigDocument(text, {})
    if (!parsed.ok) throw new Error('the text is no YAML')
    return parsed.document.seen(path)
  }

  it.each([
    'password',
    'apiToken',
    'token',
    'clientSecret',
    'passphrase',
    'credentials',
    'privateKey',
    'api_key',
  ])('such as %s are never shown, nor what lies below them', (key) => {
    expect(seen(`a: { ${key}: hunter2 }`, ['a', key])).toBe('a secret value')
    expect(seen(`a: { ${key}: [hunter2] }`, ['a', key, 0])).toBe('a secret value')
    expect(seen(`a: { ${key}: 1234 }`, ['a', key])).toBe('a secret value')
  })

  it('are not all keys', () => {
    expect(seen('a: { user: probe }', ['a', 'user'])).toBe('"probe"')
  })

  it('are masked in messages of others', () => {
    const text = 'pools: {}\nadmin: { listen: "127.0.0.1:1", token: "hunter 2" }'
    expect(faultsOf(text)).toHaveLength(1)
    expect(faultsOf(text).join()).not.toContain('hunter')
  })
})
