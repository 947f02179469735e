/** What it costs to watch many targets: CPU, memory and lateness at a one-second interval. `npm run bench:targets [-- COUNT [SECONDS]]` */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { startSipvane } from '../test/support/sipvane-process.ts'
import { fleetAddress } from './support/fleet-process.ts'
import { processCost } from './support/process-cost.ts'

const count = Number(process.argv[2] ?? 1000)
const seconds = Number(process.argv[3] ?? 40)
const SIP_PORT = 25060
/** The start is over: what follows is the steady state. */
const SETTLE_MS = 20_000
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
  const before = await costSoFar()
  await sleep(seconds * 1000)
  const after = await costSoFar()
  const { questions, pools } = (await sipvane.status()) as {
    questions: { p50Ms: number; p99Ms: number; worstMs: number }
    pools: Record<string, { targets: Record<string, { effective: string; probes: { rttMs?: number }[] }> }>
  }
  const targets = Object.values(pools).flatMap((pool) => Object.values(pool.targets))
  const up = targets.filter((target) => target.effective === 'up').length
  const roundTripsMs = targets
    .flatMap(({ probes }) => probes.map(({ rttMs = Number.NaN }) => rttMs))
    .sort((a, b) => a - b)
  const wallMs = after.atMs - before.atMs
  const cpuMs = after.cpuMs - before.cpuMs
  const answered = after.answered - before.answered
  process.stdout.write(
    [
      `targets                ${count}, interval 1 s, sip-options over UDP`,
      `up                     ${up}`,
      `answered               ${((1000 * answered) / wallMs).toFixed(0)} a second, the median after ${roundTripsMs[roundTripsMs.length >> 1]} ms`,
      `CPU                    ${((100 * cpuMs) / wallMs).toFixed(1)} % of one core`,
      `CPU per question       ${((1000 * cpuMs) / answered).toFixed(0)} us`,
      `waited for a core      ${((100 * (after.waitedMs - before.waitedMs)) / wallMs).toFixed(1)} % of the time`,
      `memory (RSS)           ${before.rssMb.toFixed(0)} MB after ${SETTLE_MS / 1000} s, ${after.rssMb.toFixed(0)} MB after ${SETTLE_MS / 1000 + seconds} s`,
      `lateness p50/p99/worst ${questions.p50Ms} / ${questions.p99Ms} / ${questions.worstMs} ms`,
      '',
    ].join('\n'),
  )
} finally {
  await sipvane.stop()
  fleet.kill('SIGKILL')
}

/** What the monitor has cost, and the fleet has answered, up to now. */
async function costSoFar() {
  fleet.stdin.write('\n')
  const [answered] = (await once(fleet.stdout, 'data')) as [Buffer]
  return { ...processCost(sipvane.pid), answered: Number(answered.toString()), atMs: performance.now() }
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
