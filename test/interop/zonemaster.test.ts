import { execFile } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { startResponder } from '../support/dns-client.ts'
import { snapshotOf, zoneOf } from '../support/dns-zone.ts'
import { hasPeer } from '../support/peers.ts'

const ZONE = 'voice.example.test'
const NS1 = '127.0.53.1'
const NS2 = '127.0.53.2'
const ROOT = '127.0.53.9'

/** With the SOA that sipvane makes: secondaries ask again after five minutes, denials are kept for fifteen seconds. */
const VOICE = zoneOf(
  `${ZONE}.`,
  `
@          15 SOA ns1 hostmaster 1700000000 300 60 1209600 15
@        3600 NS  ns1
@        3600 NS  ns2
ns1      3600 A   ${NS1}
ns2      3600 A   ${NS2}
@             A   192.0.2.11
@             NAPTR 10 50 "s" "SIP+D2U" "" _sip._udp
@             MX  10 mail
mail          A   192.0.2.25
_sip._udp     SRV 10 60 5060 sip1
sip1          A   192.0.2.11
`,
)

/** What stands above it, so that nobody outside is asked: a root that delegates the zone. */
const ABOVE = zoneOf(
  '.',
  `
@            3600 SOA a.root-server.test. hostmaster 1 14400 3600 1209600 3600
@            3600 NS  a.root-server.test.
a.root-server.test. 3600 A ${ROOT}
${ZONE}.     3600 NS  ns1.${ZONE}.
${ZONE}.     3600 NS  ns2.${ZONE}.
ns1.${ZONE}. 3600 A   ${NS1}
ns2.${ZONE}. 3600 A   ${NS2}
`,
)

interface Finding {
  readonly level: string
  readonly tag: string
  readonly testcase?: string
}

/** Zonemaster asks port 53 and no other. */
async function mayBindPort53(): Promise<boolean> {
  const socket = createSocket('udp4')
  try {
    socket.bind(53, '127.0.53.53')
    await once(socket, 'listening')
    return true
  } catch {
    return false
  } finally {
    socket.close()
  }
}

const missing = !hasPeer('zonemaster-cli', 'zonemaster-cli')
const why = missing ? 'not installed: Debian package zonemaster-cli' : 'port 53 is not ours to bind'
const skipped = missing || !(await mayBindPort53())

describe.skipIf(skipped)(`zonemaster-cli${skipped ? ` (${why})` : ''}`, () => {
  let findings: readonly Finding[] = []

  beforeAll(async () => {
    const at = (address: string) => ({ address, port: 53 })
    const [servers, root] = await Promise.all([
      startResponder({ listen: [at(NS1), at(NS2)], snapshot: snapshotOf(VOICE) }),
      startResponder({ listen: [at(ROOT)], snapshot: snapshotOf(ABOVE) }),
    ])
    const folder = await mkdtemp(join(tmpdir(), 'sipvane-zonemaster-'))
    try {
      const hints = join(folder, 'hints')
      await writeFile(hints, `. 3600000 NS a.root-server.test.\na.root-server.test. 3600000 A ${ROOT}\n`)
      const args = [
        '--hints',
        hints,
        '--no-ipv6',
        '--level',
        'INFO',
        '--show-testcase',
        '--no-progress',
        '--json',
      ]
      const nameservers = ['--ns', `ns1.${ZONE}/${NS1}`, '--ns', `ns2.${ZONE}/${NS2}`]
      const { stdout } = await promisify(execFile)('zonemaster-cli', [...args, ...nameservers, ZONE], {
        timeout: 120_000,
        maxBuffer: 16 * 1024 * 1024,
      })
      const told = JSON.parse(stdout) as readonly Finding[] | { readonly results: readonly Finding[] }
      findings = 'results' in told ? told.results : told
      expect(root.counters().queriesUdp).toBeGreaterThan(0)
    } finally {
      await Promise.all([servers.close(), root.close(), rm(folder, { recursive: true, force: true })])
    }
  }, 150_000)

  const tags = (...levels: readonly string[]) => [
    ...new Set(findings.filter(({ level }) => levels.includes(level)).map(({ tag }) => tag)),
  ]

  it('finds no error in an undelegated zone but that the test is on loopback', () => {
    expect(tags('ERROR', 'CRITICAL')).toEqual(['NAMESERVER_IP_PRIVATE_NETWORK'])
  })

  it('warns of loopback without reverse names and of nothing else', () => {
    expect(tags('WARNING')).toEqual(['NAMESERVER_IP_WITHOUT_REVERSE'])
  })

  it('takes note of what is on purpose: NOTIFY and health move the zone, and no denial may outlive a failover', () => {
    expect(tags('NOTICE')).toEqual(
      expect.arrayContaining([
        'REFRESH_MINIMUM_VALUE_LOWER',
        'RETRY_MINIMUM_VALUE_LOWER',
        'SOA_DEFAULT_TTL_MAXIMUM_VALUE_LOWER',
      ]),
    )
  })

  it('has looked: at answers with AA, EDNS, the case of names, open transfers and recursion, referrals upward and source addresses', () => {
    expect(tags('INFO')).toEqual(
      expect.arrayContaining([
        'ARE_AUTHORITATIVE',
        'EDNS0_SUPPORT',
        'QNAME_CASE_SENSITIVE',
        'CASE_QUERIES_RESULTS_OK',
        'AXFR_FAILURE',
        'NO_RECURSOR',
        'NO_UPWARD_REFERRAL',
        'SAME_SOURCE_IP',
        'ONE_SOA_SERIAL',
        'ADDRESSES_MATCH',
        'REFERRAL_SIZE_OK',
      ]),
    )
    expect(new Set(findings.map(({ testcase }) => testcase)).size).toBeGreaterThan(35)
  })
})
