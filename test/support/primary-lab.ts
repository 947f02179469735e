import { spawnSync } from 'node:child_process'
import type { RecordType } from '../../src/core/records.ts'
import { canonicalName } from '../../src/wire/dns/name.ts'
import { formatRdata } from '../../src/wire/dns/rdata/registry.ts'
import { parseMasterFile } from '../../src/wire/dns/text.ts'
import { dig, nsupdate } from './nsupdate.ts'
import type { LabSet, ProviderFixture } from './provider-fixture.ts'
import { KEY, type UpdateServer, type ZoneText } from './update-server.ts'

const ZONE = 'example.com'

/** A real primary for the contract suite; other people's hands are BIND's tools. It makes no faults: the server does what it does. */
export function primaryFixture(
  start: (zones: readonly ZoneText[]) => Promise<UpdateServer>,
): ProviderFixture {
  return {
    kind: 'rfc2136',
    faults: [],
    compareAndSwap: true,
    async start() {
      const server = await start([{ name: ZONE, records: '' }])
      const put = async ({ name, type, ttl, records }: LabSet) => {
        const additions = records.map((rdata) => `update add ${name} ${ttl} ${type} ${rdata}`)
        nsupdate(server.at, ZONE, [`update delete ${name} ${type}`, ...additions])
      }
      return {
        apex: `${ZONE}.`,
        options: { server: `${server.at.address}:${server.at.port}`, key: KEY, zone: ZONE },
        secrets: [KEY.secret],
        dump: async () => dump(server),
        put,
        edit: put,
        remove: async (name, type) => nsupdate(server.at, ZONE, [`update delete ${name} ${type}`]),
        inject: () => {
          throw new Error('a real server makes no faults to order')
        },
        clearFaults: () => {},
        changeCalls: () => serialOf(server),
        close: () => server.stop(),
      }
    },
  }
}

/** Each change moves the serial once: it counts them as well as anything, but by PowerDNS's dates. */
function serialOf(server: UpdateServer): number {
  return Number(dig(server.at, ZONE, 'SOA', '+short')[0]?.split(' ')[2]) - 100
}

function dump(server: UpdateServer): LabSet[] {
  const { address, port } = server.at
  const args = [
    `@${address}`,
    '-p',
    String(port),
    '-y',
    `${KEY.algorithm}:${KEY.name}:${KEY.secret}`,
    ZONE,
    'AXFR',
    '+noall',
    '+answer',
    '+onesoa',
  ]
  const run = spawnSync('dig', args, { encoding: 'utf8', timeout: 15_000 })
  const { records, faults } = parseMasterFile(run.stdout, {
    origin: canonicalName(`${ZONE}.`),
    defaultTtl: 0,
  })
  if (run.status !== 0 || faults[0] !== undefined) throw new Error(`dig: ${faults[0]?.message ?? run.stderr}`)
  const sets = new Map<string, { name: string; type: RecordType; ttl: number; records: string[] }>()
  for (const { name, type, ttl, rdata } of records) {
    // What the zone began with.
    if (type === 'SOA' || type === 'NS' || name === `ns1.${ZONE}.`) continue
    const set = sets.get(`${name} ${type}`) ?? { name, type, ttl, records: [] }
    set.records.push(formatRdata(rdata))
    sets.set(`${name} ${type}`, set)
  }
  return [...sets.values()]
}
