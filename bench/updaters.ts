/**
 * What a site loss costs at Route53's limits: record sets converged, API calls made against the fewest that the limits allow, time at five
 * calls a second; and the time from a decision to the provider's acceptance. `npm run bench:updaters [-- SETS]` The provider is the fake of
 * the tests, with a latency and the account's rate limit; SDK, HTTP and loop are the real ones.
 */
import { silentLogger } from '../src/core/ports.ts'
import type { RecordSet } from '../src/core/records.ts'
import type { Snapshot, Zone } from '../src/core/snapshot.ts'
import { providerDefinitions } from '../src/publishers/providers/registry.ts'
import { Pacer } from '../src/publishers/reconcile/pacer.ts'
import { Updater } from '../src/publishers/reconcile/updater.ts'
import { canonicalName } from '../src/wire/dns/name.ts'
import { realClock } from '../test/support/provider-driver.ts'
import { createRoute53Server, FAKE_KEYS, type Route53Server } from '../test/support/route53-server.ts'
import { seededRandom } from '../test/support/virtual-time.ts'

const sets = Number(process.argv[2] ?? 1000)
const LATENCY_MS = 60
const RATE = 5
const RECORDS_MAX = 1_000
const FAILOVERS = 20
const ORIGIN = canonicalName('voice.example.com.')
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'

let generation = 0

/** `count` names whose A record points into one site. */
function snapshot(count: number, site: number): Snapshot {
  const all = Array.from({ length: count }, (_, at): RecordSet => {
    const address = `10.${site}.${at >> 8}.${at & 255}`
    const name = canonicalName(`h${at}`, ORIGIN)
    return { name, type: 'A', ttl: 60, records: [{ type: 'A', address }], origin: 'generated' }
  })
  const serial = ++generation
  const zone: Zone = {
    origin: ORIGIN,
    serial,
    contentHash: String(serial),
    sets: all,
    names: all.map(({ name }) => name),
    publish: ['aws'],
  }
  return { generation: serial, atMs: 0, zones: new Map([[ORIGIN, zone]]), decisions: new Map() }
}

function updaterFor(server: Route53Server): Updater {
  const definition = providerDefinitions.get('route53')
  if (definition === undefined) throw new Error('no route53')
  const options = definition.options.parse({
    hostedZoneId: 'Z1',
    endpoint: server.endpoint,
    ...FAKE_KEYS,
  })
  const pace = new Pacer(definition.limits(options), realClock, realClock)
  const deps = { clock: realClock, timers: realClock, random: seededRandom(1), logger: silentLogger, pace }
  const settings = { name: 'aws', owner: 'bench', marks: definition.marks, adopt: false, dryRun: false }
  return new Updater(definition.create(options, deps), settings, deps)
}

async function converged(updater: Updater): Promise<void> {
  do await new Promise((resolve) => setTimeout(resolve, 5))
  while (updater.report().state !== 'converged')
}

const changes = (server: Route53Server) =>
  server.calls.filter((call) => call.operation === 'route53:ChangeResourceRecordSets')

async function siteLoss(): Promise<void> {
  const server = await createRoute53Server({ latencyMs: LATENCY_MS, callsPerSecond: RATE })
  const updater = updaterFor(server)
  updater.publish(snapshot(sets, 1))
  await converged(updater)
  const before = { calls: server.calls.length, changes: changes(server).length }
  const startMs = performance.now()
  updater.publish(snapshot(sets, 2))
  await new Promise((resolve) => setTimeout(resolve, 1))
  do await new Promise((resolve) => setTimeout(resolve, 2))
  while (
    server
      .zone()
      .find(`h${sets - 1}.${ORIGIN}`, 'A')
      ?.values[0]?.startsWith('10.2.') !== true
  )
  await converged(updater)
  const tookMs = performance.now() - startMs
  const made = changes(server).length - before.changes
  // Each replaced set is a record deleted and a record created.
  const fewest = Math.ceil((2 * sets) / RECORDS_MAX)
  const throttled = server.calls.filter(({ status }) => status === 400).length
  process.stdout.write(
    [
      `site loss              ${sets} record sets, API latency ${LATENCY_MS} ms, ${RATE} calls a second`,
      `change calls           ${made}; the limits allow no fewer than ${fewest}`,
      `other calls            ${server.calls.length - before.calls - made}`,
      `throttled              ${throttled}`,
      `converged after        ${tookMs.toFixed(0)} ms`,
      '',
    ].join('\n'),
  )
  await updater.close()
  await server.close()
}

async function acceptance(): Promise<void> {
  const server = await createRoute53Server({ latencyMs: LATENCY_MS })
  const updater = updaterFor(server)
  updater.publish(snapshot(3, 1))
  await converged(updater)
  const beyond: number[] = []
  const before = changes(server).length
  for (let at = 0; at < FAILOVERS; at++) {
    updater.publish(snapshot(3, 2 + at))
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    beyond.push((updater.report().acceptedMs ?? Number.NaN) - LATENCY_MS)
  }
  beyond.sort((a, b) => a - b)
  process.stdout.write(
    [
      `decision to acceptance ${FAILOVERS} failovers, beyond the API's own ${LATENCY_MS} ms:`,
      `                       median ${beyond[FAILOVERS / 2]?.toFixed(0)} ms, worst ${beyond.at(-1)?.toFixed(0)} ms (50 ms of it gather what moves together)`,
      `calls a failover       ${((changes(server).length - before) / FAILOVERS).toFixed(2)}`,
      '',
    ].join('\n'),
  )
  await updater.close()
  await server.close()
}

await siteLoss()
await acceptance()
