/**
 * From a fault to the first right answer on the wire, per fault and transport, next to peers where these are installed.
 * `npm run bench:failover [-- ROUNDS]`. Every system checks once a second, or as often as it can.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { FAULTS, type Fault, Stage } from './failover/stage.ts'
import { NAME, type RunningSystem, SYSTEMS, type System } from './failover/systems.ts'
import { AnswerWatch } from './support/watch-answer.ts'

const rounds = Number(process.argv[2] ?? 20)
const PATIENCE_MS = 30_000
/** A system that has not moved by then does not see this fault. */
const GIVE_UP_MS = 20_000
/** Rigs at once: enough to be done in minutes, few enough that the machine idles. */
const AT_ONCE = 6

interface Row {
  readonly fault: Fault
  readonly system: System
  readonly tookS: readonly number[]
  readonly remark?: string
}

async function measure(fault: Fault, system: System, index: number): Promise<Row> {
  const remark = system.missing(fault.transport)
  if (remark !== undefined) return { fault, system, tookS: [], remark }
  const stage = new Stage(fault.transport, index)
  let running: RunningSystem | undefined
  let watch: AnswerWatch | undefined
  try {
    await stage.open()
    running = await system.start(stage)
    watch = new AnswerWatch(running.dnsPort, NAME)
    const tookS: number[] = []
    for (let round = 0; round < rounds; round++) {
      await watch.until(stage.primaryAddress, PATIENCE_MS)
      // Let it learn the path, and let the fault come at any moment between two questions.
      await sleep(2500 + Math.random() * 2000)
      const startMs = performance.now()
      stage.fail(fault.how)
      const movedMs = await watch
        .until(stage.standbyAddress, GIVE_UP_MS, stage.primaryAddress)
        .catch(() => undefined)
      if (movedMs === undefined)
        return { fault, system, tookS: [], remark: `not seen in ${GIVE_UP_MS / 1000} s` }
      tookS.push((movedMs - startMs) / 1000)
      await stage.restore()
    }
    return { fault, system, tookS: tookS.sort((a, b) => a - b) }
  } catch (error) {
    return {
      fault,
      system,
      tookS: [],
      remark: `failed: ${error instanceof Error ? error.message : String(error)}`,
    }
  } finally {
    watch?.close()
    await running?.stop()
    await stage.close()
  }
}

const jobs = FAULTS.flatMap((fault) => SYSTEMS.map((system) => ({ fault, system })))
const rows: Row[] = []
let next = 0
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    while (next < jobs.length) {
      const index = next++
      const job = jobs[index]
      if (job !== undefined) rows[index] = await measure(job.fault, job.system, index)
    }
  }),
)

process.stdout.write(`${rounds} rounds each; seconds from the fault to the first right answer\n\n`)
process.stdout.write(
  '| fault | transport | system | median | 90 % | worst | goal |\n|---|---|---|---|---|---|---|\n',
)
for (const { fault, system, tookS, remark } of rows) {
  const at = (share: number) =>
    (tookS[Math.min(tookS.length - 1, Math.floor(tookS.length * share))] ?? 0).toFixed(2)
  const figures = remark === undefined ? [at(0.5), at(0.9), at(1)] : [remark, '', '']
  const goal = system.name === 'sipvane' && fault.goalS !== undefined ? String(fault.goalS) : ''
  process.stdout.write(`| ${[fault.name, fault.transport, system.name, ...figures, goal].join(' | ')} |\n`)
}
