import { describe, expect, it } from 'vitest'
import { keysOf } from '../../../src/config/schema-keys.ts'
import { commonProbeShape } from '../../../src/config/sections/probes.ts'
import { allowedNames } from '../../../src/config/suggest.ts'
import { probeDefinitions } from '../../../src/probes/registry.ts'
import { faultsOf, settingsOf, soundWith, warningsOf } from '../support.ts'

const KINDS = [...probeDefinitions.keys()].join(', ')
const COMMON = ['type', ...Object.keys(commonProbeShape)]

describe('faults of probes', () => {
  it.each([
    [
      'options: { type: sip-options }',
      'options: { typ: sip-options }',
      [
        `c.yaml:2:3 probes.options.type: missing; allowed: ${KINDS}`,
        `c.yaml:2:14 probes.options.typ: unknown key; ${allowedNames(COMMON, 'typ')}`,
      ],
    ],
    [
      'options: { type: sip-options }',
      'options: { type: [x] }',
      [`c.yaml:2:20 probes.options.type: a list seen; ${allowedNames([...probeDefinitions.keys()])}`],
    ],
    [
      'options: { type: sip-options }',
      'options: sip-options',
      [
        `c.yaml:2:12 probes.options: "sip-options" seen; allowed: a mapping with the keys ${COMMON.join(', ')}`,
      ],
    ],
    [
      'options: { type: sip-options }',
      'options:',
      [`c.yaml:2:11 probes.options: nothing seen; allowed: a mapping with the keys ${COMMON.join(', ')}`],
    ],
    [
      'options: { type: sip-options }',
      'options: { type: sip-options, transport: sctp }',
      ['c.yaml:2:44 probes.options.transport: "sctp" seen; allowed: udp, tcp, tls, ws, wss'],
    ],
    [
      'options: { type: sip-options }',
      'options: { type: sip-options, expect: [] }',
      ['c.yaml:2:41 probes.options.expect: an empty list seen; allowed: at least 1 entry'],
    ],
    [
      'options: { type: sip-options }',
      'options: { type: sip-options, user: "a b", verify: true }',
      [
        'c.yaml:2:3 probes.options.transport: missing; verify, serverName and ca need transport: tls or wss',
        'c.yaml:2:39 probes.options.user: "a b" seen; not the user part of a SIP URI',
      ],
    ],
    [
      '{ type: tcp }',
      '{ type: tcp, interval: 2 }',
      [
        'c.yaml:3:31 probes.tcp.interval: 2 seen; allowed: a duration from 100ms to 366d with its unit (ms, s, m, h, d), like 500ms, 2s, 1.5m; a number alone has no unit',
      ],
    ],
    [
      '{ type: tcp }',
      '{ type: tcp, interval: 2 seconds }',
      [
        'c.yaml:3:31 probes.tcp.interval: "2 seconds" seen; allowed: a duration from 100ms to 366d with its unit (ms, s, m, h, d), like 500ms, 2s, 1.5m',
      ],
    ],
    [
      '{ type: tcp }',
      '{ type: tcp, interval: 50ms }',
      [
        'c.yaml:3:31 probes.tcp.interval: "50ms" seen; allowed: a duration from 100ms to 366d with its unit (ms, s, m, h, d), like 500ms, 2s, 1.5m',
      ],
    ],
    [
      '{ type: tcp }',
      '{ type: tcp, interval: 1s, timeout: 2s }',
      ['c.yaml:3:44 probes.tcp.timeout: "2s" seen; allowed: at most the interval (1s)'],
    ],
    [
      '{ type: tcp }',
      '{ type: tcp, fastInterval: 3s }',
      ['c.yaml:3:35 probes.tcp.fastInterval: "3s" seen; allowed: at most the interval (2s)'],
    ],
    [
      '{ type: tcp }',
      '{ type: tcp, timeout: 500ms, degradeAbove: 500ms }',
      [
        'c.yaml:3:51 probes.tcp.degradeAbove: "500ms" seen; allowed: less than the timeout, or no pass would ever take so long',
      ],
    ],
    [
      '{ type: tcp }',
      '{ type: tcp, source: "2001:db8::5" }',
      [
        'c.yaml:7:23 pools.edge.probes[1]: tcp leaves by 2001:db8::5 and cannot reach 192.0.2.11 of sip1: one family of addresses each',
      ],
    ],
    [
      '{ type: tcp }',
      '{ type: any, of: [options, tpc] }',
      ['c.yaml:3:35 probes.tcp.of[1]: "tpc" seen; allowed: options, tcp (did you mean "tcp"?)'],
    ],
    [
      '{ type: tcp }',
      '{ type: all, of: [a] }\n  a: { type: any, of: [b] }\n  b: { type: any, of: [options, tcp] }',
      [
        'c.yaml:3:25 probes.tcp.of: asks itself: tcp -> a -> b -> tcp',
        'c.yaml:4:23 probes.a.of: asks itself: a -> b -> tcp -> a',
        'c.yaml:5:23 probes.b.of: asks itself: b -> tcp -> a -> b',
      ],
    ],
    [
      '{ type: tcp }',
      '{ type: quorum, of: [options], need: 2 }',
      ['c.yaml:3:45 probes.tcp.need: 2 seen; allowed: at most as many as there are probes in `of`'],
    ],
    [
      '{ type: tcp }',
      '{ type: dns, name: x.example, recordType: SRV, answers: ["1 2 3"] }',
      ['c.yaml:3:65 probes.tcp.answers[0]: "1 2 3" seen; not the data of a record of type SRV'],
    ],
    [
      '{ type: tcp }',
      '{ type: http, body: "/(/" }',
      ['c.yaml:3:28 probes.tcp.body: "/(/" seen; not a pattern that can be used: a ( without its )'],
    ],
    [
      '{ type: tcp }',
      '{ type: exec, command: ["true", "{adress}"] }',
      [
        'c.yaml:3:40 probes.tcp.command[1]: "{adress}" seen; {adress} stands for nothing; allowed: {address}, {target}, {pool}, {name}, {source}, {port}',
      ],
    ],
    [
      '{ type: tcp }',
      '{ type: tcp, rise: 0, fall: 2.5 }',
      [
        'c.yaml:3:27 probes.tcp.rise: 0 seen; allowed: a whole number from 1 to 100',
        'c.yaml:3:36 probes.tcp.fall: 2.5 seen; allowed: a whole number from 1 to 100',
      ],
    ],
    [
      '{ type: tcp }',
      '{ type: tcp, onFail: degraed }',
      ['c.yaml:3:29 probes.tcp.onFail: "degraed" seen; allowed: down, degrade (did you mean "degrade"?)'],
    ],
    [
      '{ type: tcp }',
      '{ type: tcp, port: "5060" }',
      [
        'c.yaml:3:27 probes.tcp.port: "5060" seen; allowed: a whole number from 1 to 65535; write it without quotes',
      ],
    ],
    [
      '{ type: tcp }',
      '{ type: tcp, transprot: udp }',
      [
        `c.yaml:3:21 probes.tcp.transprot: unknown key; ${allowedNames([...COMMON, 'port', 'send', 'expect', 'quit'])}`,
      ],
    ],
    [
      '{ type: tcp }',
      '{ type: tcp, destinations: [192.0.2.1, 192.0.2.2, 192.0.2.1] }',
      [
        'c.yaml:3:58 probes.tcp.destinations[2]: "192.0.2.1" seen; it stands before already; allowed: each once',
      ],
    ],
    [
      '{ type: tcp }',
      '{ type: tcp, quorum: 2 }',
      ['c.yaml:3:21 probes.tcp.quorum: given, but nothing is counted; allowed with destinations only'],
    ],
    [
      '{ type: tcp }',
      '{ type: tcp, destinations: ["2001:db8::1"] }',
      [
        'c.yaml:7:23 pools.edge.probes[1]: tcp has 0 destinations of IPv4 for 192.0.2.11 of sip1, and its quorum is 1; allowed: as many at least',
      ],
    ],
    [
      '  tcp:',
      '  "t p":',
      [
        'c.yaml:3:3 probes["t p"]: not a proper name; allowed: letters, digits, - and _, 63 at most, not starting with - or _',
        'c.yaml:7:23 pools.edge.probes[1]: "tcp" seen; allowed: options, "t p" (did you mean "t p"?)',
      ],
    ],
  ])('refuses %j written as %j, with the place and what is allowed', (piece, by, faults) => {
    expect(faultsOf(soundWith(piece, by))).toEqual(faults)
  })
})

describe('files that a probe names', () => {
  it.each([
    ['ca.pem', '/etc/sipvane/ca.pem'],
    ['/srv/ca.pem', '/srv/ca.pem'],
  ])('lie beside the configuration: %s is %s', (written, path) => {
    const probe = `{ type: sip-options, transport: tls, ca: ${written} }`
    const settings = settingsOf(soundWith('{ type: sip-options }', probe))
    expect(settings.probes.get('options')?.options).toMatchObject({ ca: path })
  })
})

describe('what every probe may say', () => {
  it('is read, and absent where it is not said', () => {
    const probe = '{ type: tcp, downInterval: 30s, degradeAbove: 200ms, source: 192.0.2.5 }'
    const { probes } = settingsOf(soundWith('{ type: tcp }', probe))
    expect(probes.get('tcp')).toMatchObject({
      downIntervalMs: 30_000,
      degradeAboveMs: 200,
      source: '192.0.2.5',
    })
    const options = probes.get('options') ?? {}
    for (const key of ['downIntervalMs', 'degradeAboveMs', 'source']) expect(options).not.toHaveProperty(key)
  })

  it('may leave by an interface, to addresses of either family', () => {
    const { probes } = settingsOf(soundWith('{ type: tcp }', '{ type: tcp, source: wan0.100 }'))
    expect(probes.get('tcp')).toMatchObject({ source: 'wan0.100' })
  })

  it('has keys that no kind has for itself', () => {
    for (const { kind, options } of probeDefinitions.values()) {
      expect([kind, keysOf(options).filter((key) => COMMON.includes(key))]).toEqual([kind, []])
    }
  })
})

describe('probes that ask others', () => {
  it('make their members asked, be those in no pool', () => {
    const text = soundWith('{ type: tcp }', '{ type: any, of: [a, options] }\n  a: { type: tcp }')
    expect(warningsOf(text)).toEqual([])
    expect(settingsOf(text).probes.get('tcp')?.options).toEqual({ of: ['a', 'options'] })
  })
})
