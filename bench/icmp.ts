/**
 * What an echo request costs this host by each way: CPU of the main thread for one question, and how late a 5 ms timer rings while twenty are under way at once.
 * Needs root: each way gets a network namespace, where the system lets
 * us have echo sockets or not. `npm run bench:icmp`
 */
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { silentLogger } from '../src/core/ports.ts'
import type { Prober } from '../src/probes/definition.ts'
import { icmp } from '../src/probes/icmp.ts'
import { createSipTransports } from '../src/probes/transport/shared-sip-transports.ts'
import { GROUPS } from '../test/support/netns/echo-space.ts'
import { enterNamespace } from '../test/support/netns/enter.ts'
import { Namespaces, namespacesRefused } from '../test/support/netns/namespaces.ts'
import { probeDeps } from '../test/support/probe-deps.ts'
import { realTime } from '../test/support/sip-real-time.ts'
import { labTarget } from '../test/support/sip-targets.ts'

const QUESTIONS = 300
const AT_ONCE = 20
const ROUNDS = 20
const TIMER_MS = 5

/** Nanoseconds that this thread has run (proc(5), schedstat). */
function threadCpuNs(): number {
  return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0])
}

async function cpuUsOf(prober: Prober, questions: number): Promise<number> {
  const startNs = threadCpuNs()
  for (let asked = 0; asked < questions; asked++) await ask(prober)
  return (threadCpuNs() - startNs) / 1000 / questions
}

/** How late a timer rang that was set just before twenty questions began, in each of the rounds. */
async function latenessMs(prober: Prober): Promise<number[]> {
  const late: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const startMs = performance.now()
    const rung = pause(TIMER_MS).then(() => late.push(performance.now() - startMs - TIMER_MS))
    await Promise.all([rung, ...Array.from({ length: AT_ONCE }, () => ask(prober))])
    await pause(20)
  }
  return late.sort((a, b) => a - b)
}

async function ask(prober: Prober): Promise<void> {
  const { result, detail } = await prober.ask(labTarget(1), '127.0.0.1', { timeoutMs: 5000 })
  if (result !== 'pass') throw new Error(`no echo: ${detail}`)
}

const refused = namespacesRefused()
if (refused !== undefined) throw new Error(refused)
const spaces = await Namespaces.create(Object.keys(GROUPS))
const sip = createSipTransports({ clock: realTime, timers: realTime })
for (const [way, groups] of Object.entries(GROUPS)) {
  await spaces.sysctl(way, 'ping_group_range', groups)
  const leave = enterNamespace(spaces.path(way))
  const prober = icmp.create({}, probeDeps({ clock: realTime, timers: realTime, sip, logger: silentLogger }))
  await prober.start()
  await cpuUsOf(prober, QUESTIONS / 10)
  const cpuUs = await cpuUsOf(prober, QUESTIONS)
  const late = await latenessMs(prober)
  const at = (share: number) => late[Math.floor(share * (late.length - 1))]?.toFixed(1)
  console.log(
    `${way}: ${cpuUs.toFixed(0)} us of the main thread a question; a ${TIMER_MS} ms timer ${at(0.5)} ms late (median), ${at(1)} ms (worst)`,
  )
  leave()
}
await sip.close()
await spaces.remove()
