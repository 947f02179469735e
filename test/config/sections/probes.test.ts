import { describe, expect, it } from 'vitest'
import { faultsOf, settingsOf, soundWith } from '../support.ts'

describe('faults of probes', () => {
  it.each([
    [
      'options: { type: sip-options }',
      'options: { typ: sip-options }',
      [
        'c.yaml:2:3 probes.options.type: missing; allowed: sip-options, tcp, icmp',
        'c.yaml:2:14 probes.options.typ: unknown key; allowed: type, interval, timeout, fastInterval, rise, fall, onFail (did you mean "type"?)',
      ],
    ],
    [
      'options: { type: sip-options }',
      'options: { type: [x] }',
      ['c.yaml:2:20 probes.options.type: a list seen; allowed: sip-options, tcp, icmp'],
    ],
    [
      'options: { type: sip-options }',
      'options: sip-options',
      [
        'c.yaml:2:12 probes.options: "sip-options" seen; allowed: a mapping with the keys type, interval, timeout, fastInterval, rise, fall, onFail',
      ],
    ],
    [
      'options: { type: sip-options }',
      'options:',
      [
        'c.yaml:2:11 probes.options: nothing seen; allowed: a mapping with the keys type, interval, timeout, fastInterval, rise, fall, onFail',
      ],
    ],
    [
      'options: { type: sip-options }',
      'options: { type: push }',
      ['c.yaml:2:20 probes.options.type: "push" seen; not supported yet; allowed: sip-options, tcp, icmp'],
    ],
    [
      'options: { type: sip-options }',
      'options: { type: sip-options, transport: sctp }',
      ['c.yaml:2:44 probes.options.transport: "sctp" seen; allowed: udp, tcp, tls'],
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
        'c.yaml:2:3 probes.options.transport: missing; verify, serverName and ca need transport: tls',
        'c.yaml:2:39 probes.options.user: "a b" seen; not the user part of a SIP URI',
      ],
    ],
    [
      'options: { type: sip-options }',
      'options: { type: sip-options, transport: ws }',
      ['c.yaml:2:44 probes.options.transport: "ws" seen; ws is not supported yet: udp, tcp or tls'],
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
      ['c.yaml:3:27 probes.tcp.port: "5060" seen; allowed: a number'],
    ],
    [
      '{ type: tcp }',
      '{ type: tcp, transprot: udp }',
      [
        'c.yaml:3:21 probes.tcp.transprot: unknown key; allowed: type, interval, timeout, fastInterval, rise, fall, onFail, port',
      ],
    ],
    [
      '{ type: tcp }',
      '{ type: tcp, destinations: [192.0.2.1] }',
      ['c.yaml:3:21 probes.tcp.destinations: not supported yet'],
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
