/** From a fault to the first right answer on the wire, at `interval: 1s, fall: 3`. `npm run bench:failover [-- ROUNDS]` */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { startSipvane } from '../test/support/sipvane-process.ts'
import { AnswerWatch } from './support/watch-answer.ts'

const rounds = Number(process.argv[2] ?? 15)
const PRIMARY = '127.21.0.1'
const STANDBY = '127.21.0.2'
const SIP_PORT = 25062
const PATIENCE_MS = 30_000

const faults = {
  'process killed': {
    bound: 1.1,
    begin: (server: ChildProcess) => server.kill('SIGKILL'),
  },
  'host silent': { bound: 2.2, begin: (server: ChildProcess) => server.kill('SIGSTOP') },
  'answering 503': { bound: 1.6, begin: (server: ChildProcess) => server.kill('SIGUSR2') },
} as const

async function sipServer(address: string): Promise<ChildProcess> {
  const script = new URL('./support/sip-process.js', import.meta.url).pathname
  const child = spawn(process.execPath, [script, address, String(SIP_PORT)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  if (child.stdout !== null) await once(child.stdout, 'data')
  return child
}

const standby = await sipServer(STANDBY)
let primary = await sipServer(PRIMARY)
const sipvane = await startSipvane(`
node: bench
dns: { listen: ["127.0.0.1:0"] }
admin: { listen: "127.0.0.1:0" }
probes:
  options: { type: sip-options, transport: udp, interval: 1s, fall: 3 }
pools:
  edge:
    policy: failover
    probes: [options]
    failback: { mode: auto, delay: 1s }
    targets:
      sip1: { address: ${PRIMARY}, port: ${SIP_PORT}, priority: 10 }
      sip2: { address: ${STANDBY}, port: ${SIP_PORT}, priority: 20 }
zones:
  voice.example.com:
    nameservers: [ns1.example.net.]
    answers:
      - { name: "@", type: A, pool: edge }
`)
const watch = new AnswerWatch(sipvane.dnsPort, 'voice.example.com.')
try {
  process.stdout.write('fault            rounds  median   p90      worst    bound (median)\n')
  for (const [name, { bound, begin }] of Object.entries(faults)) {
    const tookS: number[] = []
    for (let round = 0; round < rounds; round++) {
      await watch.until(PRIMARY, PATIENCE_MS)
      // The fault comes at any moment between two questions.
      await sleep(2000 + Math.random() * 1000)
      const startMs = performance.now()
      begin(primary)
      tookS.push(((await watch.until(STANDBY, PATIENCE_MS)) - startMs) / 1000)
      primary.kill('SIGKILL')
      if (primary.exitCode === null && primary.signalCode === null) await once(primary, 'exit')
      primary = await sipServer(PRIMARY)
    }
    tookS.sort((a, b) => a - b)
    const at = (share: number) =>
      `${(tookS[Math.min(rounds - 1, Math.floor(rounds * share))] ?? 0).toFixed(2)} s`
    process.stdout.write(
      `${name.padEnd(16)} ${String(rounds).padEnd(7)} ${at(0.5).padEnd(8)} ${at(0.9).padEnd(8)} ${at(1).padEnd(8)} ${bound} s\n`,
    )
  }
} finally {
  watch.close()
  await sipvane.stop()
  primary.kill('SIGKILL')
  standby.kill('SIGKILL')
}
