import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Workplace, workplace } from '../support/command.ts'
import { settingsOf } from '../support/settings.ts'

/** The example of the design, its two placeholders filled in: others write their files after it. */
const DESIGN = `
node: ns1                                # this instance; default: the host name
state: ./var                             # last known health, event history; omit for memory only

dns:                                     # omit: no responder on this instance
  listen: ["127.0.0.1:5353", "[::1]:5353"]   # each UDP and TCP
  workers: 1

probes:
  options:  { type: sip-options, transport: udp, interval: 2s, timeout: 1s, rise: 2, fall: 3 }
  register: { type: sip-register, transport: udp, user: probe, password: "$\{PROBE_PASSWORD}", interval: 30s }
  media:    { type: rtp-echo, extension: "*43", interval: 60s, onFail: degrade }

pools:
  edge:
    policy: failover                     # failover | weighted | all
    probes: [options, register, media]
    allDown: serve-all                   # serve-all (default) | last-good | fallback | nodata
    failback: { mode: auto, delay: 60s } # or mode: manual
    slowStart: 120s                      # weight ramps up after a return
    targets:
      sip1: { address: 192.0.2.11, port: 5060, priority: 10, weight: 60 }
      sip2: { address: [192.0.2.12, "2001:db8::12"], priority: 20, weight: 100 }

zones:
  voice.example.com:
    nameservers: [ns1.voice.example.com., ns2.voice.example.com.]
    ttl: 30s                             # the default; or { min: 10s, max: 60s }: short while anything is suspect
    negativeTtl: 15s                     # the SOA MINIMUM and its default: at 10 s or less FreeSWITCH's resolver falls back to 600 s of its own
    publish: [dns]                       # dns and/or names of providers; default [dns]
    records: |                           # static records, master-file text (RFC 1035 section 5)
      ns1  IN A 192.0.2.1
      ns2  IN A 192.0.2.2
    answers:
      - { name: "@", type: A, pool: edge }
      - { name: "@", type: AAAA, pool: edge }
      - { name: _sip._udp, type: SRV, pool: edge }     # port: the target's, unless given here
      - { name: "@", type: NAPTR, pool: edge, transports: [udp, tcp, tls] }

providers:
  aws:  { type: route53, hostedZoneId: Z0123456789, region: us-east-1 }        # endpoint: for tests
  cf:   { type: cloudflare, zoneId: 0123456789abcdef0123456789abcdef, apiToken: "$\{CLOUDFLARE_API_TOKEN}" } # baseUrl: for tests
  bind: { type: rfc2136, server: "192.0.2.53:53", key: { name: k1, algorithm: hmac-sha256, secret: "$\{TSIG}" } }

admin: { listen: "127.0.0.1:8053", token: "$\{SIPVANE_TOKEN}" }   # a token is required off loopback
`
const ENV = {
  PROBE_PASSWORD: 'hunter2hunter2',
  CLOUDFLARE_API_TOKEN: 'Sn3lZJTBX6kkg7OdcBUAxOO963GEIyGQqnFTOFYY',
  TSIG: Buffer.alloc(32, 7).toString('base64'),
  SIPVANE_TOKEN: 'let-me-in',
}

let place: Workplace
beforeEach(async () => {
  place = await workplace()
  await place.write('design.yaml', DESIGN)
})
afterEach(() => place.close())

describe('the configuration of the design', () => {
  it('is fine as it stands', async () => {
    const { code, stdout, stderr } = await place.run(['check', '-c', 'design.yaml'], ENV)
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('fault')])
    expect(stdout).toContain('design.yaml: fine: 1 zone, 1 pool, 2 targets, 3 probes')
  })

  it('names the variables that are not set, each at its place, and exits 2', async () => {
    const { code, stderr } = await place.run(['check', '-c', 'design.yaml'])
    expect(code).toBe(2)
    const places = [...stderr.matchAll(/^design\.yaml:\d+:\d+ (\S+): \$\{(\w+)\} is not set/gm)]
    expect(places.map(([, path, name]) => [path, name])).toEqual([
      ['probes.register.password', 'PROBE_PASSWORD'],
      ['providers.cf.apiToken', 'CLOUDFLARE_API_TOKEN'],
      ['providers.bind.key.secret', 'TSIG'],
      ['admin.token', 'SIPVANE_TOKEN'],
    ])
  })

  it('gives the record sets that it describes', async () => {
    const { code, stdout } = await place.run(['records', '-c', 'design.yaml'], ENV)
    expect(code).toBe(0)
    const lines = stdout.split('\n')
    for (const line of [
      'voice.example.com. 30 IN A 192.0.2.11',
      'voice.example.com. 30 IN AAAA 2001:db8::12',
      'voice.example.com. 30 IN NAPTR 30 50 "s" "SIPS+D2T" "" _sips._tcp.voice.example.com.',
      '_sip._udp.voice.example.com. 30 IN SRV 10 60 5060 sip1.voice.example.com.',
      '_sip._udp.voice.example.com. 30 IN SRV 20 100 5060 sip2.voice.example.com.',
      '_sips._tcp.voice.example.com. 30 IN SRV 10 60 5061 sip1.voice.example.com.',
      'sip2.voice.example.com. 30 IN AAAA 2001:db8::12',
      'ns2.voice.example.com. 30 IN A 192.0.2.2',
    ])
      expect(lines).toContain(line)
    expect(stdout).toMatch(/^voice\.example\.com\. 15 IN SOA ns1\.voice\.example\.com\. .* 15$/m)
  })

  it('has the address of a link discovered by no more than a kind and a server', () => {
    const settings = settingsOf(`
probes: { out: { type: icmp, destinations: [192.0.2.9, 192.0.2.10], quorum: 1 } }
pools:
  wan:
    policy: failover
    probes: [out]
    targets:
      fibre: { address: { discover: stun, server: "stun.example.net" }, source: 192.168.1.2 }
      lte: { address: { discover: stun, server: "[2001:db8::9]:3479" }, source: wwan0 }
`)
    expect(
      settings.pools.get('wan')?.targets.map(({ addresses, discover }) => [addresses, discover]),
    ).toEqual([
      [
        [],
        { family: 4, check: '* * * * *', sources: [{ kind: 'stun', host: 'stun.example.net', port: 3478 }] },
      ],
      [[], { family: 6, check: '* * * * *', sources: [{ kind: 'stun', host: '2001:db8::9', port: 3479 }] }],
    ])
  })
})

describe('the commands of the design', () => {
  it.each([
    ['run', '-c'],
    ['check', '-c'],
    ['probe', '-c'],
    ['plan', '-c'],
    ['apply', '-c'],
    ['records', '-c'],
    ['status', '--url'],
    ['events', '--url'],
    ['schema', '--json'],
    ['drain', '--for'],
    ['up', '--for'],
    ['down', '--for'],
    ['auto', '--reason'],
    ['init', '--force'],
    ['query', '--server'],
  ])('%s takes %s, and --json', async (command, option) => {
    const { code, stdout } = await place.run([command, '--help'])
    expect(code).toBe(0)
    for (const one of [option, '--json'])
      expect(stdout).toMatch(new RegExp(`^ +(?:-\\w, )?${one}\\b|^ +${one},`, 'm'))
  })

  it.each([
    [[]],
    [['bogus']],
    [['check']],
    [['check', '-c', 'none.yaml']],
    [['probe', '-c', 'design.yaml', 'edge/none']],
    [['drain', 'edge']],
    [['drain', 'edge/sip1', '--for', 'long']],
    [['events', '--limit', '0']],
  ])('%j is bad usage: exit code 2', async (args) => {
    expect((await place.run(args, ENV)).code).toBe(2)
  })
})
