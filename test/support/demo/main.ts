/**
 * The main job before your eyes: three SIP servers, sipvane in front of them, and a failover. `npm run demo`
 * Everything is real and on loopback: processes, SIP, DNS. Ends by itself; exit code 1 when something did not come about.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Packet, UDPClient } from 'dns2'
import { startSipvane } from '../sipvane-process.ts'
import { killServer, loopbackAddresses, type StageServer, startServer } from './stage.ts'

const ZONE = 'voice.example.com'
const NAMES = ['alpha', 'bravo', 'charlie']
const POLL_MS = 10
const PATIENCE_MS = 20_000

const say = (line = '') => process.stdout.write(`${line}\n`)

function config(servers: readonly StageServer[]): string {
  const targets = servers.map(
    ({ name, address, port }, index) =>
      `      ${name}: { address: ${address}, port: ${port}, priority: ${(index + 1) * 10} }`,
  )
  return `
node: demo
dns: { listen: ["127.0.0.1:0"] }
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
    nameservers: [ns1.${ZONE}.]
    ttl: { min: 5s, max: 30s }
    records: |
      ns1 IN A 127.0.0.1
    answers:
      - { name: "@", type: A, pool: edge }
      - { name: _sip._udp, type: SRV, pool: edge }
`
}

class Phone {
  readonly #resolve: ReturnType<typeof UDPClient>
  readonly #servers: readonly StageServer[]

  constructor(dnsPort: number, servers: readonly StageServer[]) {
    this.#resolve = UDPClient({ dns: '127.0.0.1', port: dnsPort, timeout: 1000 })
    this.#servers = servers
  }

  /** The servers in the order in which a phone would try them (RFC 2782), with what the answer said. */
  async ask(): Promise<{ order: string[]; a: string; ttl: number }> {
    const srv = await this.#resolve(`_sip._udp.${ZONE}`, 'SRV', Packet.CLASS.IN, { recursive: false })
    const a = await this.#resolve(ZONE, 'A', Packet.CLASS.IN, { recursive: false })
    const sorted = srv.answers.toSorted((one, other) => (one.priority ?? 0) - (other.priority ?? 0))
    return {
      order: sorted.map((record) => String(record.target).split('.')[0] ?? ''),
      a: a.answers.map((record) => record.address).join(', '),
      ttl: a.answers[0]?.ttl ?? 0,
    }
  }

  async show(): Promise<void> {
    const { order, a, ttl } = await this.ask()
    const places = order.map((name) => this.#servers.find((server) => server.name === name))
    say(`    ${ZONE}.            ${ttl} IN A    ${a}`)
    say(
      `    _sip._udp.${ZONE}.  ${ttl} IN SRV  ${places.map((server) => `${server?.name} (${server?.address}:${server?.port})`).join(', ')}`,
    )
  }

  /** Milliseconds until this server comes first. */
  async until(name: string, startMs: number): Promise<number> {
    while (performance.now() - startMs < PATIENCE_MS) {
      if ((await this.ask()).order[0] === name) return performance.now() - startMs
      await sleep(POLL_MS)
    }
    throw new Error(`${name} did not come first within ${PATIENCE_MS / 1000} s`)
  }
}

const addresses = await loopbackAddresses(NAMES.length)
const servers: StageServer[] = []
for (const [index, name] of NAMES.entries())
  servers.push(await startServer(name, addresses[index] ?? '127.0.0.1'))
say('Three SIP servers run, each a process of its own:')
for (const {
  name,
  address,
  port,
  process: { pid },
} of servers)
  say(`    ${name.padEnd(8)} ${address}:${port}  (pid ${pid})`)
const sipvane = await startSipvane(config(servers), ({ event, msg }) => {
  if (event === 'verdict.changed' || event === 'decision.changed') say(`  sipvane: ${msg}`)
})
try {
  const phone = new Phone(sipvane.dnsPort, servers)
  say()
  say(
    `sipvane asks each of them every second (SIP OPTIONS) and answers DNS on 127.0.0.1 port ${sipvane.dnsPort}:`,
  )
  await sleep(1500)
  await phone.show()

  const primary = servers[0] as StageServer
  say()
  say(`Killing ${primary.name} (pid ${primary.process.pid}) without a goodbye ...`)
  const killedMs = performance.now()
  await killServer(primary)
  const movedMs = await phone.until('bravo', killedMs)
  say(`The answer moved ${(movedMs / 1000).toFixed(2)} s after the kill:`)
  await phone.show()

  say()
  say(`Starting ${primary.name} again ...`)
  const backMs = performance.now()
  servers[0] = await startServer(primary.name, primary.address, primary.port)
  const returnedMs = await phone.until(primary.name, backMs)
  say(
    `After two passes and a failback delay of 2 s, ${(returnedMs / 1000).toFixed(2)} s in all, it comes first again:`,
  )
  await phone.show()
  say()
  say(
    'Done. Try it on your own servers:  npx sipvane init --domain voice.example.com --server 192.0.2.11 192.0.2.12',
  )
} catch (error) {
  say(`The demo failed: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
} finally {
  await sipvane.stop()
  for (const server of servers) await killServer(server)
}
