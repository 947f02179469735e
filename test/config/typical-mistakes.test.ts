import { describe, expect, it } from 'vitest'
import { formatFault } from '../../src/config/fault.ts'
import { loadConfig } from '../../src/config/load.ts'
import { checkZone } from '../../src/zone/check.ts'

/** What a newcomer starts from; each slip below is made in it. */
const START = `dns:
  listen: ["127.0.0.1:5353"]
probes:
  options: { type: sip-options }
pools:
  edge:
    policy: failover
    probes: [options]
    targets:
      sip1: { address: 192.0.2.11, priority: 10 }
      sip2: { address: 192.0.2.12, priority: 20 }
zones:
  voice.example.com:
    nameservers: [ns1.voice.example.com., ns2.voice.example.com.]
    records: |
      ns1  IN A 192.0.2.1
      ns2  IN A 192.0.2.2
    answers:
      - { name: "@", type: A, pool: edge }
      - { name: _sip._udp, type: SRV, pool: edge }
`

/** What is said of `START` with one piece replaced: faults, or else warnings. */
function toldOf(piece: string, by: string): string[] {
  if (START.split(piece).length !== 2) throw new Error(`"${piece}" stands not exactly once`)
  const text = START.replace(piece, () => by)
  const loaded = loadConfig({ file: 'c', text }, { env: {}, hostname: 'h', baseDir: '/', checkZone })
  return (loaded.ok ? loaded.warnings : loaded.faults).map(formatFault)
}

const YAML = 'not valid YAML'
const ZONE = 'zones["voice.example.com"]'

/** What it is, the piece, what is written instead, and all that is said of it. */
type Mistake = readonly [what: string, piece: string, by: string, told: string]

const ADDRESSES = [
  ['sip1.example.com', 'a name is not looked up: give the address'],
  ['192.0.2.11:5060', 'without a port: that has a key of its own'],
  ['192.0.2.0/24', 'a network: give the address of one host'],
  ['192.0.2.311', 'a part above 255'],
  ['192.0.2.011', 'a part with a leading zero'],
] as const

describe('a typical mistake is told with its line, its key, what was seen and what to write', () => {
  it.each<Mistake>([
    [
      'a key a column too far left',
      '      sip2: {',
      '     sip2: {',
      `c:11:1: ${YAML}: the indentation does not fit: the keys of one mapping, or the dashes of one list, start in the same column`,
    ],
    [
      'a key a column too far right',
      '    probes: [options]',
      '     probes: [options]',
      `c:7:13: ${YAML}: a mapping cannot start here; put a value that holds ": " in quotes, or mend the indentation of this line or the next`,
    ],
    [
      'no space after the colon',
      'policy: failover',
      'policy:failover',
      `c:7:5: ${YAML}: no \`key: value\` here; a space has to follow the colon, and the lines of a text block (|) be indented deeper than its key`,
    ],
    [
      'a text block that is not indented',
      '      ns1  IN A',
      '    ns1  IN A',
      `c:16:5: ${YAML}: no \`key: value\` here; a space has to follow the colon, and the lines of a text block (|) be indented deeper than its key`,
    ],
    [
      'a brace that is not closed, told where it was opened',
      '{ type: sip-options }',
      '{ type: sip-options',
      `c:4:12: ${YAML}: this { is not closed; the } that belongs to it is missing`,
    ],
    [
      'the inner one of two brackets',
      '{ name: _sip._udp, type: SRV, pool: edge }',
      '{ name: _sip._udp, type: SRV, pool: [edge }',
      `c:20:45: ${YAML}: this [ is not closed; the ] that belongs to it is missing`,
    ],
    [
      'a quote that is not closed, told where it was opened',
      '"127.0.0.1:5353"]',
      '"127.0.0.1:5353]',
      `c:2:12: ${YAML}: this " is not closed; the " that belongs to it is missing`,
    ],
    [
      'a single quote that is not closed',
      'policy: failover',
      "policy: 'failover",
      `c:7:13: ${YAML}: this ' is not closed; the ' that belongs to it is missing`,
    ],
    [
      'a comma forgotten',
      'address: 192.0.2.11, priority',
      'address: 192.0.2.11 priority',
      `c:10:24: ${YAML}: a comma is missing between two entries of { } or [ ], or a value that holds ": " has to be in quotes`,
    ],
    [
      '@ without quotes',
      'name: "@"',
      'name: @',
      `c:19:17: ${YAML}: a plain value cannot start with this character; put the value in quotes`,
    ],
    [
      'an IPv6 address to listen on without quotes',
      '["127.0.0.1:5353"]',
      '[[::1]:5353]',
      `c:2:12: ${YAML}: a key seen that is no plain text; an address in brackets has to be in quotes, like "[::1]:53"`,
    ],
    [
      'an IPv6 address to listen on without brackets',
      '127.0.0.1:5353',
      '::1:5353',
      'c:2:12 dns.listen[0]: "::1:5353" seen; allowed: an address and a port, like 192.0.2.1:53 or [2001:db8::1]:53 (an IPv6 address goes in brackets)',
    ],
    [
      'one address to listen on, not in a list',
      '["127.0.0.1:5353"]',
      '127.0.0.1:5353',
      'c:2:11 dns.listen: "127.0.0.1:5353" seen; allowed: a list of addresses with ports, like ["192.0.2.1:53"]',
    ],
    [
      'a duration without a unit',
      'type: sip-options',
      'type: sip-options, interval: 2',
      'c:4:43 probes.options.interval: 2 seen; allowed: a duration from 100ms to 366d with its unit (ms, s, m, h, d), like 500ms, 2s, 1.5m; a number alone has no unit',
    ],
    [
      'one probe, not in a list',
      'probes: [options]',
      'probes: options',
      'c:8:13 pools.edge.probes: "options" seen; allowed: a list of names of probes, like [options]',
    ],
    [
      'a key given twice',
      '      sip2: {',
      '      sip1: {',
      'c:11:7 pools.edge.targets.sip1: the key is given twice; first in line 10',
    ],
    [
      'a pool that is not there',
      'SRV, pool: edge',
      'SRV, pool: egde',
      `c:20:45 ${ZONE}.answers[1].pool: "egde" seen; allowed: edge (did you mean "edge"?)`,
    ],
    [
      'a port out of range',
      '192.0.2.11,',
      '192.0.2.11, port: 70000,',
      'c:10:42 pools.edge.targets.sip1.port: 70000 seen; allowed: a whole number from 1 to 65535',
    ],
    [
      'a number in quotes',
      '192.0.2.11,',
      '192.0.2.11, port: "5060",',
      'c:10:42 pools.edge.targets.sip1.port: "5060" seen; allowed: a whole number from 1 to 65535; write it without quotes',
    ],
    ...ADDRESSES.map(
      ([address, why]): Mistake => [
        `${address} as an address`,
        '192.0.2.11',
        address,
        `c:10:24 pools.edge.targets.sip1.address: "${address}" seen; allowed: one IPv4 or IPv6 address, like 192.0.2.1 or 2001:db8::1 (${why})`,
      ],
    ),
    [
      'a CNAME at the apex',
      '      ns1  IN A',
      '      @  IN CNAME other.example.net.\n      ns1  IN A',
      `c:16:7 ${ZONE}.records: voice.example.com. has a CNAME and SOA: a CNAME stands alone, and never at the zone's own name (RFC 1034 section 3.6.2)`,
    ],
    [
      'a name server without an address',
      '      ns2  IN A 192.0.2.2\n',
      '',
      `c:13:3 ${ZONE}: the zone's NS points to ns2.voice.example.com., which has no address in the zone; add "ns2 IN A ..." to its records`,
    ],
    [
      'a record that cannot be read, without what follows from it',
      'ns2  IN A 192.0.2.2',
      'ns2  IN A 192.0.2',
      `c:17:17 ${ZONE}.records: A: not an IPv4 address`,
    ],
    [
      'a publisher that is not there, without what follows from it',
      '    records:',
      '    publish: [aws]\n    records:',
      `c:15:15 ${ZONE}.publish[0]: "aws" seen; allowed: dns; there is no provider of this name under \`providers\``,
    ],
    [
      'a full name in an answer without its dot',
      'name: _sip._udp,',
      'name: _sip._udp.voice.example.com,',
      `c:20:9 ${ZONE}.answers[1]: this is _sip._udp.voice.example.com.voice.example.com., with the zone's name twice; a full name ends in a dot: _sip._udp.voice.example.com.`,
    ],
    [
      'a full name in records without its dot',
      '      ns1  IN A',
      '      sip.voice.example.com IN A 192.0.2.9\n      ns1  IN A',
      `c:16:7 ${ZONE}.records: this is sip.voice.example.com.voice.example.com., with the zone's name twice; a full name ends in a dot: sip.voice.example.com.`,
    ],
  ])('%s', (_what, piece, by, told) => {
    expect(toldOf(piece, by)).toEqual([told])
  })

  it('and the file without one is fine', () => {
    expect(toldOf('dns:', 'dns:')).toEqual([])
  })
})
