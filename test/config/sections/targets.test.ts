import { describe, expect, it } from 'vitest'
import { faultsOf, soundWith } from '../support.ts'

describe('faults of targets', () => {
  it.each([
    [
      '{ address: 192.0.2.12 }',
      '{}',
      [
        'c.yaml:10:7 pools.edge.targets.sip2.address: missing; allowed: an IPv4 or IPv6 address, or a list of them',
      ],
    ],
    [
      '{ address: 192.0.2.12 }',
      '{ address: sip2.example.com }',
      [
        'c.yaml:10:24 pools.edge.targets.sip2.address: "sip2.example.com" seen; allowed: one IPv4 or IPv6 address, like 192.0.2.1 or 2001:db8::1 (a name is not looked up: give the address)',
      ],
    ],
    [
      '{ address: 192.0.2.12 }',
      '{ address: [] }',
      ['c.yaml:10:24 pools.edge.targets.sip2.address: an empty list seen; allowed: at least one address'],
    ],
    [
      '{ address: 192.0.2.12 }',
      '{ address: [192.0.2.12, 192.0.2.12] }',
      [
        'c.yaml:10:37 pools.edge.targets.sip2.address[1]: "192.0.2.12" seen; the same address stands before it; allowed: each once',
      ],
    ],
    [
      '{ address: 192.0.2.12 }',
      '{ address: ["2001:db8::1", "2001:DB8:0::1"] }',
      [
        'c.yaml:10:40 pools.edge.targets.sip2.address[1]: "2001:DB8:0::1" seen; the same address stands before it; allowed: each once',
      ],
    ],
    [
      '{ address: 192.0.2.12 }',
      '{ address: 12 }',
      [
        'c.yaml:10:24 pools.edge.targets.sip2.address: 12 seen; allowed: an IPv4 or IPv6 address, or a list of them',
      ],
    ],
    [
      '{ address: 192.0.2.12 }',
      '{ address: { discover: stun, server: x, initial: here } }',
      [
        'c.yaml:10:62 pools.edge.targets.sip2.address.initial: "here" seen; allowed: one IPv4 or IPv6 address, like 192.0.2.1 or 2001:db8::1 (a name is not looked up: give the address)',
      ],
    ],
    [
      '{ address: 192.0.2.12 }',
      '{ address: { discover: http, server: x, initial: 192.0.2.12 } }',
      [
        'c.yaml:10:24 pools.edge.targets.sip2.address: a mapping seen; allowed: discover: stun with server, discover: http with url',
      ],
    ],
    [
      '{ address: 192.0.2.12 }',
      '{ address: { discover: stun, server: "x:0", initial: 192.0.2.12, check: daily } }',
      [
        'c.yaml:10:50 pools.edge.targets.sip2.address.server: "x:0" seen; allowed: a STUN server as host or host:port (IPv6 as [address]:port), or a list of them',
        'c.yaml:10:85 pools.edge.targets.sip2.address.check: "daily" seen; allowed: a cron expression, five fields, or six with seconds',
      ],
    ],
    [
      '{ address: 192.0.2.12 }',
      '{ address: ::ffff:192.0.2.1 }',
      [
        'c.yaml:10:24 pools.edge.targets.sip2.address: "::ffff:192.0.2.1" seen; allowed: one IPv4 or IPv6 address, like 192.0.2.1 or 2001:db8::1 (an IPv4-mapped address: write the IPv4 address itself)',
      ],
    ],
    [
      '{ address: 192.0.2.12 }',
      '{ address: 192.0.2.12, port: 0 }',
      ['c.yaml:10:42 pools.edge.targets.sip2.port: 0 seen; allowed: a whole number from 1 to 65535'],
    ],
    [
      '{ address: 192.0.2.12 }',
      '{ address: 192.0.2.12, port: 5060, ports: { udp: 5061 } }',
      [
        'c.yaml:10:55 pools.edge.targets.sip2.ports: given beside port; allowed: one of the two (ports takes udp, tcp, tls, ws, wss)',
      ],
    ],
    [
      '{ address: 192.0.2.12 }',
      '{ address: 192.0.2.12, ports: { sctp: 5060 } }',
      ['c.yaml:10:45 pools.edge.targets.sip2.ports.sctp: unknown key; allowed: udp, tcp, tls, ws, wss'],
    ],
    [
      '{ address: 192.0.2.12 }',
      '{ address: 192.0.2.12, priority: -1, weight: 65536 }',
      [
        'c.yaml:10:46 pools.edge.targets.sip2.priority: -1 seen; allowed: a whole number from 0 to 65535',
        'c.yaml:10:58 pools.edge.targets.sip2.weight: 65536 seen; allowed: a whole number from 0 to 65535',
      ],
    ],
    [
      '{ address: 192.0.2.12 }',
      '{ address: 192.0.2.12, host: sip2.example.com }',
      [
        'c.yaml:10:42 pools.edge.targets.sip2.host: "sip2.example.com" seen; allowed: an absolute host name, like sip1.example.com. (not absolute: end it with a dot)',
      ],
    ],
    [
      '{ address: 192.0.2.12 }',
      '{ address: 192.0.2.12, host: _sip.example.com. }',
      [
        'c.yaml:10:42 pools.edge.targets.sip2.host: "_sip.example.com." seen; allowed: an absolute host name, like sip1.example.com. (a host name has no * and no _)',
      ],
    ],
    [
      '{ address: 192.0.2.12 }',
      '{ address: 192.0.2.12, serverName: a..b }',
      [
        'c.yaml:10:48 pools.edge.targets.sip2.serverName: "a..b" seen; allowed: a host name without a dot at the end',
      ],
    ],
    [
      '{ address: 192.0.2.12 }',
      '{ address: 192.0.2.12, source: "2001:db8::1" }',
      [
        'c.yaml:10:44 pools.edge.targets.sip2.source: "2001:db8::1" seen; an address is of the other family; allowed: the family of every address',
      ],
    ],
    [
      '{ address: 192.0.2.12 }',
      '{ address: 192.0.2.12, source: wan0:1 }',
      [
        'c.yaml:10:44 pools.edge.targets.sip2.source: "wan0:1" seen; allowed: a local IPv4 or IPv6 address, or the name of an interface, like wan0 (no name of an interface is like that)',
      ],
    ],
    [
      '{ address: 192.0.2.12 }',
      '{ address: 192.0.2.12, source: 192.0.2.300 }',
      [
        'c.yaml:10:44 pools.edge.targets.sip2.source: "192.0.2.300" seen; allowed: a local IPv4 or IPv6 address, or the name of an interface, like wan0 (no name of an interface is like that)',
      ],
    ],
    [
      '{ address: 192.0.2.12 }',
      '{ address: 192.0.2.12, source: a-name-too-long0 }',
      [
        'c.yaml:10:44 pools.edge.targets.sip2.source: "a-name-too-long0" seen; allowed: a local IPv4 or IPv6 address, or the name of an interface, like wan0 (no name of an interface is like that)',
      ],
    ],
    [
      'sip2:',
      'Sip2:',
      [
        'c.yaml:10:7 pools.edge.targets.Sip2: not a proper name; allowed: small letters, digits and -, 63 at most, as in a host name',
      ],
    ],
    ['sip2:', 'sip1:', ['c.yaml:10:7 pools.edge.targets.sip1: the key is given twice; first in line 9']],
  ])('refuses %j written as %j, with the place and what is allowed', (piece, by, faults) => {
    expect(faultsOf(soundWith(piece, by))).toEqual(faults)
  })
})
