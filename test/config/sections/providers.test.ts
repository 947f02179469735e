import { describe, expect, it } from 'vitest'
import { faultsOf, SOUND, settingsOf, soundWith, warningsOf } from '../support.ts'

const NAMESERVERS = '    nameservers: [ns1.example.net., ns2.example.net.]\n'
const AWS = 'providers:\n  aws: { type: route53, hostedZoneId: Z1 }\n'
const DRAWN = 'providers:\n  drawn: { type: route53, hostedZoneId: Z1, mode: weighted }\n'
const VARIABLE = '$' + '{TOKEN}'
const FLARE = `providers:\n  cf: { type: cloudflare, zoneId: 0123456789abcdef0123456789abcdef, apiToken: "${VARIABLE}" }\n`
const TOKEN = 'a-token-that-must-never-be-shown-anywhere'

/** `SOUND` published to a provider alone. */
function published(providers: string, publish: string, ttl = ''): string {
  return soundWith(NAMESERVERS, `    publish: [${publish}]\n${ttl}`) + providers
}

describe('providers', () => {
  it('are read with their defaults', () => {
    const settings = settingsOf(`node: ns1\n${published(AWS, 'aws')}`)
    expect(settings.providers.get('aws')).toEqual({
      name: 'aws',
      kind: 'route53',
      owner: 'ns1',
      adopt: false,
      resync: '*/5 * * * *',
      dryRun: false,
      options: { hostedZoneId: 'Z1', region: 'us-east-1', mode: 'plain', callsPerSecond: 5 },
    })
    expect([...settings.zones.values()][0]).toMatchObject({ publish: ['aws'], nameservers: [] })
    expect(settingsOf(SOUND).providers.size).toBe(0)
  })

  it('are read with all their keys', () => {
    const text = `providers:
  aws:
    { type: route53, hostedZoneId: /hostedzone/Z1, owner: voice-eu, adopt: true, maxChange: 40%, resync: "0 4 * * *", dryRun: true }
`
    expect(settingsOf(published(text, 'aws')).providers.get('aws')).toMatchObject({
      owner: 'voice-eu',
      adopt: true,
      maxChange: { percent: 40 },
      resync: '0 4 * * *',
      dryRun: true,
    })
    expect(settingsOf(published(text.replace('40%', '12'), 'aws')).providers.get('aws')?.maxChange).toEqual({
      sets: 12,
    })
  })

  it.each([
    [
      'type: route53',
      'type: route35',
      '"route35" seen; allowed: cloudflare, route53, rfc2136 (did you mean "route53"?)',
    ],
    ['type: route53, ', '', 'missing; allowed: cloudflare, route53, rfc2136'],
    ['hostedZoneId: Z1', 'hostedZoneId: "z 1"', 'allowed: the id of a hosted zone'],
    ['hostedZoneId: Z1', 'hostedZoneld: Z1', 'unknown key'],
    ['Z1 }', 'Z1, resync: often }', '"often" seen; allowed: a cron expression'],
    ['Z1 }', 'Z1, maxChange: 130% }', '"130%" seen; allowed: a number of record sets, or a share like 30%'],
    ['Z1 }', 'Z1, owner: "a b" }', '"a b" seen; allowed: letters, digits, dots, - and _'],
    ['Z1 }', 'Z1, adopt: maybe }', '"maybe" seen; allowed: true or false'],
    ['Z1 }', 'Z1, accessKeyId: AKIA }', 'allowed: accessKeyId and secretAccessKey together'],
    ['Z1 }', 'Z1, endpoint: "http://route53.example.com" }', 'allowed: an https URL, or http on loopback'],
    ['  aws:', '  dns:', '"dns" is the responder of this instance; allowed: another name'],
  ])('refuse %j written as %j', (piece, by, words) => {
    const faults = faultsOf(published(AWS.replace(piece, by), 'aws'))
    expect(faults.join('\n')).toContain(words)
  })

  it('have to be there when a zone publishes to them, each once', () => {
    const faults = faultsOf(published(AWS, 'dns, asw, aws, aws'))
    expect(faults).toEqual([
      expect.stringContaining('missing; allowed: a list of absolute host names'),
      expect.stringContaining('"asw" seen; allowed: dns, aws (did you mean "aws"?)'),
      expect.stringContaining('"aws" seen; it stands before already'),
    ])
  })

  it('have name servers and static records of their own: the zone must not give what nobody would read', () => {
    const text =
      soundWith(NAMESERVERS, `${NAMESERVERS}    publish: [aws]\n    records: "www IN A 192.0.2.1"\n`) + AWS
    expect(faultsOf(text)).toEqual([
      expect.stringMatching(/nameservers: given, but nothing reads it; allowed where publish has dns$/),
      expect.stringMatching(/records: given, but nothing reads it; allowed where publish has dns$/),
    ])
  })

  it('say before the first failover which TTLs they do not take, at the place of the TTL', () => {
    const env = { TOKEN }
    expect(faultsOf(published(FLARE, 'cf', '    ttl: 30s\n'), { env })).toEqual([
      'c.yaml:14:10 zones["voice.example.com"].ttl: a TTL of 30s; allowed by provider cf: 1m to 1d',
    ])
    expect(faultsOf(published(FLARE, 'cf', '    ttl: { min: 5s, max: 120s }\n'), { env })).toEqual([
      'c.yaml:14:17 zones["voice.example.com"].ttl.min: a TTL of 5s to 2m; allowed by provider cf: 1m to 1d',
    ])
    expect(faultsOf(published(FLARE, 'cf', '    ttl: 60s\n'), { env })).toEqual([])
  })

  it.each([
    ['aws', 400, AWS, undefined],
    ['aws', 401, AWS, 'this SRV set has 401 records; at most 400 may be in a set there'],
    ['drawn', 100, DRAWN, undefined],
    [
      'drawn',
      101,
      DRAWN,
      'this A set has 101 records, drawn one at a time; at most 100 weighted sets can stand',
    ],
    ['cf', 200, FLARE, undefined],
    ['cf', 201, FLARE, 'this SRV set has 201 records and takes 201 changes to replace; at most 200 fit'],
  ])(
    'say before the first failover which sets are too large to be replaced (%s, %i targets)',
    (name, count, text, says) => {
      const targets = Array.from(
        { length: count },
        (_, at) => `      t${at}: { address: 10.0.${at >> 8}.${at & 255} }`,
      ).join('\n')
      const config = `node: ns1
probes:
  options: { type: sip-options }
pools:
  many:
    policy: ${name === 'drawn' ? 'weighted' : 'failover'}
    probes: [options]
    targets:
${targets}
zones:
  v.example.com:
    ttl: 60s
    publish: [${name}]
    answers:
      - { name: _sip._udp, type: ${name === 'drawn' ? 'A' : 'SRV'}, pool: many }
${text}`
      const faults = faultsOf(config, { env: { TOKEN } })
      if (says === undefined) expect(faults).toEqual([])
      else
        expect(faults).toEqual([
          expect.stringMatching(
            /zones\["v\.example\.com"\]\.answers\[0\]: provider (aws|cf|drawn): with all targets of pool many/,
          ),
        ])
      expect(faults.join()).toContain(says ?? '')
    },
  )

  it('never show a secret', () => {
    const text = published(FLARE.replace('zoneId:', `plan: "${VARIABLE}", zoneId:`), 'cf', '    ttl: 60s\n')
    const faults = faultsOf(text, { env: { TOKEN: `${TOKEN} !` } }).join('\n')
    expect(faults).toContain('apiToken')
    expect(faults).not.toContain(TOKEN)
  })

  it('are warned about when the host name alone marks what is ours, or when nobody uses them', () => {
    expect(warningsOf(published(AWS, 'aws'))).toEqual([
      'c.yaml:17:8 providers.aws: without owner or node the host name marks what is ours: a renamed host would own nothing',
    ])
    expect(warningsOf(`node: ns1\n${SOUND}${AWS}`)).toEqual([
      expect.stringContaining('providers.aws: no zone publishes to it'),
    ])
  })
})
