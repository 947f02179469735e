import { describe, expect, it } from 'vitest'
import { faultsOf } from '../support.ts'

describe('faults of what concerns the instance', () => {
  it.each([
    [
      'dns: { listen: 127.0.0.1:53 }',
      [
        'c.yaml:2:16 dns.listen: "127.0.0.1:53" seen; allowed: a list of addresses with ports, like ["192.0.2.1:53"]',
      ],
    ],
    [
      'dns: { listen: [] }',
      ['c.yaml:2:16 dns.listen: an empty list seen; allowed: at least one address with its port'],
    ],
    [
      'dns: {}',
      ['c.yaml:2:1 dns.listen: missing; allowed: a list of addresses with ports, like ["192.0.2.1:53"]'],
    ],
    [
      'dns: { listen: ["127.0.0.1"] }',
      [
        'c.yaml:2:17 dns.listen[0]: "127.0.0.1" seen; allowed: an address and a port, like 192.0.2.1:53 or [2001:db8::1]:53 (no port)',
      ],
    ],
    [
      'dns: { listen: ["localhost:53"] }',
      [
        'c.yaml:2:17 dns.listen[0]: "localhost:53" seen; allowed: an address and a port, like 192.0.2.1:53 or [2001:db8::1]:53 (not an IPv4 or IPv6 literal)',
      ],
    ],
    [
      'dns: { listen: ["::1:53"] }',
      [
        'c.yaml:2:17 dns.listen[0]: "::1:53" seen; allowed: an address and a port, like 192.0.2.1:53 or [2001:db8::1]:53 (an IPv6 address goes in brackets)',
      ],
    ],
    [
      'dns: { listen: ["[127.0.0.1]:53"] }',
      [
        'c.yaml:2:17 dns.listen[0]: "[127.0.0.1]:53" seen; allowed: an address and a port, like 192.0.2.1:53 or [2001:db8::1]:53 (brackets are for IPv6 addresses, and only for them)',
      ],
    ],
    [
      'dns: { listen: ["127.0.0.1:65536"] }',
      [
        'c.yaml:2:17 dns.listen[0]: "127.0.0.1:65536" seen; allowed: an address and a port, like 192.0.2.1:53 or [2001:db8::1]:53 (the port is over 65535)',
      ],
    ],
    [
      'dns: { listen: ["127.0.0.1:53", "127.0.0.1:53", "127.0.0.1:0", "127.0.0.1:0"] }',
      ['c.yaml:2:33 dns.listen[1]: "127.0.0.1:53" seen; it stands before already; allowed: each once'],
    ],
    [
      'dns: { listen: ["224.0.0.1:53"] }',
      [
        'c.yaml:2:17 dns.listen[0]: "224.0.0.1:53" seen; allowed: an address and a port, like 192.0.2.1:53 or [2001:db8::1]:53 (a multicast address is no single host)',
      ],
    ],
    [
      'dns: { listen: ["127.0.0.1:53"], workers: 65, io: fast }',
      [
        'c.yaml:2:43 dns.workers: 65 seen; allowed: a whole number from 1 to 64',
        'c.yaml:2:51 dns.io: "fast" seen; allowed: auto, batch or dgram',
      ],
    ],
    [
      'dns: { listen: ["127.0.0.1:53"], notify: [] }',
      ['c.yaml:2:42 dns.notify: an empty list seen; allowed: a mapping'],
    ],
    [
      'admin: { token: x }',
      [
        'c.yaml:2:1 admin.listen: missing; allowed: an address and a port, like 192.0.2.1:53 or [2001:db8::1]:53',
      ],
    ],
    [
      'admin: { listen: "0.0.0.0:80" }',
      ['c.yaml:2:1 admin.token: missing; required where listen is not a loopback address (127.0.0.0/8, ::1)'],
    ],
    [
      'admin: { listen: "192.0.2.1:80", token: "" }',
      [
        'c.yaml:2:41 admin.token: a secret value seen; allowed: printable ASCII characters without spaces, at least one',
      ],
    ],
    [
      'admin: { listen: "127.0.0.1:80", token: "hunter 2" }',
      [
        'c.yaml:2:41 admin.token: a secret value seen; allowed: printable ASCII characters without spaces, at least one',
      ],
    ],
    [
      'admin: { listen: "127.0.0.1:80", token: 12345 }',
      ['c.yaml:2:41 admin.token: a secret value seen; allowed: text without spaces'],
    ],
    ['node: "a b"', ['c.yaml:2:7 node: "a b" seen; allowed: letters, digits, dots, - and _, 253 at most']],
    ['node: 12', ['c.yaml:2:7 node: 12 seen; allowed: letters, digits, dots, - and _, 253 at most']],
    ['state: 5', ['c.yaml:2:8 state: 5 seen; allowed: a folder']],
    ['hooks: []', ['c.yaml:2:8 hooks: an empty list seen; allowed: a mapping of names to settings']],
    [
      'dsn: {}',
      [
        'c.yaml:2:1 dsn: unknown key; allowed: node, state, dns, keys, probes, pools, zones, providers, hooks, monitor, admin, lb (did you mean "dns"?)',
      ],
    ],
    ['zones: []', ['c.yaml:2:8 zones: an empty list seen; allowed: a mapping of names to settings']],
  ])('refuses %j, with the place and what is allowed', (line, faults) => {
    expect(faultsOf(`pools: {}\n${line}`)).toEqual(faults)
  })
})
