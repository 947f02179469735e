import { describe, expect, it } from 'vitest'
import { faultsOf, soundWith } from '../support.ts'

describe('faults of answers', () => {
  it.each([
    [
      'name: _sip._udp',
      'name: "@"',
      [
        'c.yaml:15:17 zones["voice.example.com"].answers[0].name: "@" seen; allowed for SRV: a name that starts with _service._protocol, like _sip._udp',
      ],
    ],
    [
      'name: _sip._udp',
      'name: _stun._udp',
      [
        'c.yaml:15:17 zones["voice.example.com"].answers[0].name: "_stun._udp" seen; allowed without a port: _sip._udp, _sip._tcp, _sips._tcp, _sip._tls, _sip._ws, _sips._ws, _sips._wss, _ws._tcp, _wss._tcp; give port for other services',
      ],
    ],
    [
      'name: _sip._udp',
      'name: _sip._udp.example.org.',
      [
        'c.yaml:15:17 zones["voice.example.com"].answers[0].name: "_sip._udp.example.org." seen; allowed: @, a relative name, or an absolute one inside voice.example.com. (it lies outside)',
      ],
    ],
    [
      'name: _sip._udp',
      'name: "a b"',
      [
        'c.yaml:15:17 zones["voice.example.com"].answers[0].name: "a b" seen; allowed: @, a relative name, or an absolute one inside voice.example.com. (a label with other than letters, digits, - and _)',
      ],
    ],
    [
      'type: SRV',
      'type: srv',
      [
        'c.yaml:15:34 zones["voice.example.com"].answers[0].type: "srv" seen; allowed: A, AAAA, SRV, NAPTR (did you mean "SRV"?)',
      ],
    ],
    [
      'pool: edge',
      'pool: egde',
      [
        'c.yaml:15:45 zones["voice.example.com"].answers[0].pool: "egde" seen; allowed: edge (did you mean "edge"?)',
      ],
    ],
    [
      'pool: edge',
      'pool: edge, probes: [icmp, tcp, tcp]',
      [
        'c.yaml:15:60 zones["voice.example.com"].answers[0].probes[0]: "icmp" seen; allowed: options, tcp',
        'c.yaml:15:71 zones["voice.example.com"].answers[0].probes[2]: "tcp" seen; it stands before already; allowed: each probe once',
      ],
    ],
    [
      'pool: edge',
      'pool: edge, transports: [udp]',
      [
        'c.yaml:15:51 zones["voice.example.com"].answers[0].transports: given, but nothing reads it; allowed for type NAPTR only',
      ],
    ],
    [
      'type: SRV,',
      'type: NAPTR, port: 5060, transports: [udp, sctp],',
      [
        'c.yaml:15:41 zones["voice.example.com"].answers[0].port: given, but nothing reads it; allowed for type SRV only',
        'c.yaml:15:71 zones["voice.example.com"].answers[0].transports[1]: "sctp" seen; allowed: udp, tcp, tls, ws, wss',
      ],
    ],
    [
      'type: SRV,',
      'type: NAPTR, transports: [udp, udp],',
      [
        'c.yaml:15:59 zones["voice.example.com"].answers[0].transports[1]: "udp" seen; it stands before already; allowed: each once',
      ],
    ],
    [
      '- { name: _sip._udp, type: SRV, pool: edge }',
      '- _sip._udp',
      [
        'c.yaml:15:9 zones["voice.example.com"].answers[0]: "_sip._udp" seen; allowed: a mapping with the keys name, type, pool, probes, port, transports',
      ],
    ],
    [
      '    answers:\n      - { name: _sip._udp, type: SRV, pool: edge }',
      '    answers: {}',
      ['c.yaml:14:14 zones["voice.example.com"].answers: a mapping seen; allowed: a list of answers'],
    ],
  ])('refuses %j written as %j, with the place and what is allowed', (piece, by, faults) => {
    expect(faultsOf(soundWith(piece, by))).toEqual(faults)
  })
})
