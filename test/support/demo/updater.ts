/**
 * The second way to run sipvane, before your eyes: a zone stays at Route53 (here: a server that speaks its API, on loopback), and sipvane
 * keeps a few record sets in it pointing at live servers. `npm run demo:updater`
 * Everything is real but the provider: processes, SIP, HTTP, the AWS SDK. Ends by itself; exit code 1 when something did not come about.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { createRoute53Server, FAKE_KEYS } from '../route53-server.ts'
import { startSipvane } from '../sipvane-process.ts'
import { killServer, loopbackAddresses, type StageServer, startServer } from './stage.ts'

const ZONE = 'voice.example.com'
const NAMES = ['alpha', 'bravo']
const POLL_MS = 5
const PATIENCE_MS = 20_000
/** What a call to AWS takes, more or less. */
const API_MS = 60

const say = (line = '') => process.stdout.write(`${line}\n`)
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'

const api = await createRoute53Server({ latencyMs: API_MS, pendingMs: 1_500, callsPerSecond: 5 })
const zone = api.zone()
zone.put({ name: 'example.com', type: 'MX', ttl: 3600, values: ['10 mail.example.com.'] })
zone.put({ name: `fax.${ZONE}`, type: 'A', ttl: 3600, values: ['192.0.2.99'] })
const foreign = JSON.stringify(zone.sets)

const addresses = await loopbackAddresses(NAMES.length)
const servers: StageServer[] = []
for (const [index, name] of NAMES.entries())
  servers.push(await startServer(name, addresses[index] ?? '127.0.0.1'))

function config(): string {
  const targets = servers.map(
    ({ name, address, port }, at) =>
      `      ${name}: { address: ${address}, port: ${port}, priority: ${(at + 1) * 10} }`,
  )
  return `
node: demo
admin: { listen: "127.0.0.1:0" }
probes:
  options: { type: sip-options, transport: udp, interval: 1s, rise: 2, fall: 3 }
pools:
  edge:
    policy: failover
    probes: [options]
    failback: { mode: auto, delay: 2s }
    targets:
${targets.join('\n')}
zones:
  ${ZONE}:
    ttl: 60s
    publish: [aws]
    answers:
      - { name: "@", type: A, pool: edge }
      - { name: _sip._udp, type: SRV, pool: edge }
providers:
  aws:
    type: route53
    hostedZoneId: Z1
    endpoint: ${api.endpoint}
    accessKeyId: ${FAKE_KEYS.accessKeyId}
    secretAccessKey: ${FAKE_KEYS.secretAccessKey}
    owner: demo
    resync: "*/5 * * * * *"
`
}

const apex = () => zone.find(ZONE, 'A')?.values.join(', ')
const changeCalls = () =>
  api.calls.filter((call) => call.operation === 'route53:ChangeResourceRecordSets').length

function show(): void {
  for (const { name, type, ttl, values } of zone.sets) {
    if (type === 'NS' || type === 'SOA') continue
    say(`    ${name.padEnd(36)} ${String(ttl).padStart(4)} ${type.padEnd(5)} ${values.join(', ')}`)
  }
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const startMs = performance.now()
  while (!holds()) {
    if (performance.now() - startMs > PATIENCE_MS) throw new Error(`${what} did not come about`)
    await sleep(POLL_MS)
  }
}

const EVENTS = new Set([
  'verdict.changed',
  'updater.changed',
  'updater.applied',
  'updater.propagated',
  'updater.drift',
])
const sipvane = await startSipvane(config(), ({ event, msg }) => {
  if (EVENTS.has(event)) say(`  sipvane: ${msg}`)
})
try {
  const [alpha, bravo] = servers as [StageServer, StageServer]
  say(
    'A zone at "Route53" with records of somebody else, and two SIP servers. sipvane asks both, then fills in its own:',
  )
  await until('the first records', () => apex() === alpha.address)
  await sipvane.logged('updater.propagated')
  show()

  say()
  say(`Killing ${alpha.name} without a goodbye ...`)
  const calls = changeCalls()
  const killedMs = performance.now()
  await killServer(alpha)
  await until('the failover', () => apex() === bravo.address)
  say(
    `  The zone has it ${((performance.now() - killedMs) / 1000).toFixed(2)} s after the kill, by ${changeCalls() - calls} call:`,
  )
  show()

  say()
  say('Somebody edits a record of ours by hand ...')
  zone.put({ name: ZONE, type: 'A', ttl: 60, values: ['192.0.2.66'] })
  await until('the repair', () => apex() === bravo.address)

  say()
  say(`The next change is made, but its reply is lost; and ${alpha.name} comes back ...`)
  api.inject('lost', 'route53:ChangeResourceRecordSets')
  servers[0] = await startServer(alpha.name, alpha.address, alpha.port)
  await until('the return', () => apex() === alpha.address)
  await sleep(1_500)
  show()

  const { providers } = (await sipvane.status()) as {
    providers: { aws: { state: string; acceptedMs: number; counters: object } }
  }
  say()
  say(`State: ${providers.aws.state}; ${JSON.stringify(providers.aws.counters)}`)
  const after = JSON.stringify(zone.sets.filter((set) => foreign.includes(JSON.stringify(set))))
  if (after !== foreign) throw new Error("somebody else's records are not as they were")
  say("Somebody else's records are as they were, byte for byte. Done.")
} catch (error) {
  say(`The demo failed: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
} finally {
  await sipvane.stop()
  for (const server of servers) await killServer(server)
  await api.close()
}
