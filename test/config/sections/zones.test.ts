import { describe, expect, it } from 'vitest'
import { faultsOf, soundWith } from '../support.ts'

describe('faults of zones', () => {
  it.each([
    [
      'voice.example.com:',
      '"*.example.com":',
      ['c.yaml:12:3 zones["*.example.com"]: not a zone\'s name; allowed: a domain name (no wildcard)'],
    ],
    [
      'voice.example.com:',
      'voice..com:',
      [
        'c.yaml:12:3 zones["voice..com"]: not a zone\'s name; allowed: a domain name (an empty label (two dots, or a leading one))',
      ],
    ],
    [
      'voice.example.com:',
      'Voice_.exämple.com:',
      [
        'c.yaml:12:3 zones["Voice_.exämple.com"]: not a zone\'s name; allowed: a domain name (a name in other than ASCII letters: write its xn-- form)',
      ],
    ],
    [
      '[ns1.example.net., ns2.example.net.]',
      '[ns1, ns2.example.net., NS2.example.net., a_b.example.net.]',
      [
        'c.yaml:13:19 zones["voice.example.com"].nameservers[0]: "ns1" seen; allowed: an absolute host name, like ns1.example.com. (not absolute: end it with a dot)',
        'c.yaml:13:42 zones["voice.example.com"].nameservers[2]: "NS2.example.net." seen; it stands before already; allowed: each once',
        'c.yaml:13:60 zones["voice.example.com"].nameservers[3]: "a_b.example.net." seen; allowed: a host name, without * and _',
      ],
    ],
    [
      '[ns1.example.net., ns2.example.net.]',
      '[]',
      [
        'c.yaml:13:18 zones["voice.example.com"].nameservers: an empty list seen; allowed: at least one name server',
      ],
    ],
    [
      '    nameservers: [ns1.example.net., ns2.example.net.]\n',
      '',
      [
        'c.yaml:12:3 zones["voice.example.com"].nameservers: missing; allowed: a list of absolute host names, like [ns1.example.com.]',
      ],
    ],
    [
      '    answers:',
      '    ttl: 500ms\n    answers:',
      [
        'c.yaml:14:10 zones["voice.example.com"].ttl: "500ms" seen; allowed: whole seconds (DNS knows no shorter ones), like 30s',
      ],
    ],
    [
      '    answers:',
      '    ttl: 30\n    answers:',
      [
        'c.yaml:14:10 zones["voice.example.com"].ttl: 30 seen; allowed: a duration like 30s, or a range like { min: 10s, max: 60s }; a number alone has no unit',
      ],
    ],
    [
      '    answers:',
      '    ttl: { min: 60s, max: 30s }\n    answers:',
      ['c.yaml:14:17 zones["voice.example.com"].ttl.min: "60s" seen; allowed: at most max'],
    ],
    [
      '    answers:',
      '    ttl: { min: 60s }\n    answers:',
      [
        'c.yaml:14:5 zones["voice.example.com"].ttl.max: missing; allowed: a duration from 0s to 2147483647s with its unit (ms, s, m, h, d), like 500ms, 2s, 1.5m',
      ],
    ],
    [
      '    answers:',
      '    ttl: 30000d\n    answers:',
      [
        'c.yaml:14:10 zones["voice.example.com"].ttl: "30000d" seen; allowed: a duration from 0s to 2147483647s with its unit (ms, s, m, h, d), like 500ms, 2s, 1.5m',
      ],
    ],
    [
      '    answers:',
      '    negativeTtl: 1.5s\n    answers:',
      [
        'c.yaml:14:18 zones["voice.example.com"].negativeTtl: "1.5s" seen; allowed: whole seconds (DNS knows no shorter ones), like 30s',
      ],
    ],
    [
      '    answers:',
      '    publish: [dns, aws, dns]\n    answers:',
      [
        'c.yaml:14:20 zones["voice.example.com"].publish[1]: "aws" seen; allowed: dns; there is no provider of this name under `providers`',
        'c.yaml:14:25 zones["voice.example.com"].publish[2]: "dns" seen; it stands before already; allowed: each once',
      ],
    ],
    [
      '    answers:',
      '    publish: []\n    answers:',
      [
        'c.yaml:14:14 zones["voice.example.com"].publish: an empty list seen; allowed: at least one publisher',
      ],
    ],
    [
      '    answers:',
      '    records: [a]\n    answers:',
      [
        'c.yaml:14:14 zones["voice.example.com"].records: a list seen; allowed: master-file text (RFC 1035 section 5); a block that starts with | keeps its lines',
      ],
    ],
  ])('refuses %j written as %j, with the place and what is allowed', (piece, by, faults) => {
    expect(faultsOf(soundWith(piece, by))).toEqual(faults)
  })
})
