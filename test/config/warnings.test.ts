import { describe, expect, it } from 'vitest'
import { SOUND, soundWith, warningsOf } from './support.ts'

describe('warnings', () => {
  it('are none for a configuration that means what it says', () => {
    expect(warningsOf(SOUND)).toEqual([])
  })

  it.each([
    [
      '    answers:',
      '    negativeTtl: 10s\n    answers:',
      `c.yaml:14:18 zones["voice.example.com"].negativeTtl: at 10s or less FreeSWITCH's resolver falls back to 600s of its own`,
    ],
    [
      '    answers:',
      '    ttl: { min: 0s, max: 30s }\n    answers:',
      'c.yaml:14:10 zones["voice.example.com"].ttl: a TTL of 0 lets no resolver keep an answer: every call asks again',
    ],
    [
      '[ns1.example.net., ns2.example.net.]',
      '[ns1.example.net.]',
      'c.yaml:13:18 zones["voice.example.com"].nameservers: a single name server: RFC 1034 section 4.1 asks for two at least',
    ],
    [
      '{ type: tcp }',
      '{ type: tcp, timeout: 2s }',
      'c.yaml:3:30 probes.tcp.timeout: is as long as the interval: a silent server is asked without a pause',
    ],
    [
      '      sip2: { address: 192.0.2.12 }\n',
      '',
      'c.yaml:9:7 pools.edge.targets: a single target: there is nothing to fail over to',
    ],
    [
      'address: 192.0.2.12',
      'address: 192.0.2.11',
      'c.yaml:10:13 pools.edge.targets.sip2: has an address and ports of target sip1',
    ],
    ['probes: [options, tcp]', 'probes: [options]', 'c.yaml:3:8 probes.tcp: no pool asks this probe'],
  ])('tell of %j written as %j', (piece, by, warning) => {
    expect(warningsOf(soundWith(piece, by))).toEqual([warning])
  })

  it('leave two targets alone that share an address on other ports', () => {
    expect(warningsOf(soundWith('address: 192.0.2.12', 'address: 192.0.2.11, port: 5070'))).toEqual([])
  })

  it('tell what a zone thinks again of, where it stands, and let the zone be', () => {
    const text = soundWith('    answers:', '    records: |\n      a IN A 192.0.2.1\n    answers:')
    const checkZone = () => [
      { message: 'large', warning: true as const, line: 1, column: 3 },
      { message: 'larger', warning: true as const, answer: 0 },
      { message: 'largest', warning: true as const },
    ]
    expect(warningsOf(text, { checkZone })).toEqual([
      'c.yaml:12:3 zones["voice.example.com"]: largest',
      'c.yaml:15:9 zones["voice.example.com"].records: large',
      'c.yaml:17:9 zones["voice.example.com"].answers[0]: larger',
    ])
  })

  it('start above the 10 seconds at which FreeSWITCH gives up', () => {
    expect(warningsOf(soundWith('    answers:', '    negativeTtl: 11s\n    answers:'))).toEqual([])
  })
})
