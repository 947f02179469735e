/** What it costs to watch many targets: CPU, memory and lateness at a one-second interval. `npm run bench:targets [-- COUNT [SECONDS]]` */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { startSipvane } from '../test/support/sipvane-process.ts'
import { fleetAddress } from './support/fleet-process.ts'
import { processCost } from './support/process-cost.ts'

const count = Number(process.argv[2] ?? 1000)
const seconds = Number(process.argv[3] ?? 30)
const SIP_PORT = 25060
const SETTLE_MS = 12_000
const POOL_SIZE = 100

const fleet = spawn(
  process.execPath,
  [new URL('./support/fleet-process.js', import.meta.url).pathname, String(count), String(SIP_PORT)],
  {
    stdio: ['pipe', 'pipe', 'inherit'],
  },
)
await once(fleet.stdout, 'data')
const sipvane = await startSipvane(config())
try {
  await sleep(SETTLE_MS)
  const before = processCost(sipvane.pid)
  const startMs = performance.now()
  await sleep(seconds * 1000)
  const after = processCost(sipvane.pid)
  const wallMs = performance.now() - startMs
  const { questions, pools } = (await sipvane.status()) as {
    questions: { asked: number; p50Ms: number; p99Ms: number; worstMs: number }
    pools: Record<string, { targets: Record<string, { effective: string }> }>
  }
  const targets = Object.values(pools).flatMap((pool) => Object.values(pool.targets))
  const up = targets.filter((target) => target.effective === 'up').length
  process.stdout.write(
    [
      `targets                ${count}, interval 1 s, sip-options over UDP`,
      `up                     ${up}`,
      `CPU                    ${((100 * (after.cpuMs - before.cpuMs)) / wallMs).toFixed(1)} % of one core`,
      `CPU per question       ${(((after.cpuMs - before.cpuMs) * 1000) / ((wallMs / 1000) * count)).toFixed(0)} us`,
      `memory (RSS)           ${after.rssMb.toFixed(0)} MB`,
      `lateness p50/p99/worst ${questions.p50Ms} / ${questions.p99Ms} / ${questions.worstMs} ms`,
      '',
    ].join('\n'),
  )
} finally {
  await sipvane.stop()
  fleet.kill('SIGKILL')
}

function config(): string {
  const pools = Array.from({ length: Math.ceil(count / POOL_SIZE) }, (_, pool) => {
    const targets = Array.from({ length: Math.min(POOL_SIZE, count - pool * POOL_SIZE) }, (_, place) => {
      const index = pool * POOL_SIZE + place
      return `      t${index}: { address: ${fleetAddress(index)}, port: ${SIP_PORT} }`
    })
    return `  p${pool}:\n    policy: all\n    probes: [options]\n    targets:\n${targets.join('\n')}`
  })
  const answers = pools.map((_, pool) => `      - { name: _sip._udp.p${pool}, type: SRV, pool: p${pool} }`)
  return `
node: bench
dns: { listen: ["127.0.0.1:0"] }
admin: { listen: "127.0.0.1:0" }
probes:
  options: { type: sip-options, transport: udp, interval: 1s, fall: 3 }
pools:
${pools.join('\n')}
zones:
  fleet.example.com:
    nameservers: [ns1.example.net.]
    answers:
${answers.join('\n')}
`
}
