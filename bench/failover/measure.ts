import { setTimeout as sleep } from 'node:timers/promises'
import { AnswerWatch } from '../support/watch-answer.ts'
import type { Fault } from './faults.ts'
import { Stage } from './stage.ts'
import { type RunningSystem, type System, ZONE } from './systems.ts'

export interface Row {
  readonly fault: Fault
  readonly system: string
  /** Seconds from the fault to the first right answer, sorted; empty where there is a remark instead. */
  readonly tookS: readonly number[]
  readonly remark?: string
  /** It should have been seen, or should not have moved. */
  readonly failed?: true
}

export interface Plan {
  readonly rounds: number
  /** A system that has not moved by then does not see this fault. */
  readonly giveUpMs: number
  /** Once a rig: round trips are known after eight answers. */
  readonly warmUpMs: number
  /** What a fault that is none lasts. */
  readonly harmlessMs: number
}

/** From a fault's end to the old answer. */
const RETURN_MS = 30_000
/** After the return and before the next fault. */
const SETTLE_MS = 500

/** One system and one fault, `plan.rounds` times; `index` (0 to 249) keeps rigs apart that run at once. */
export async function measure(fault: Fault, system: System, index: number, plan: Plan): Promise<Row> {
  const row = { fault, system: system.name, tookS: [] }
  const missing = system.missing(fault)
  if (missing !== undefined) return { ...row, remark: missing }
  const stage = new Stage(fault.transport, index)
  let running: RunningSystem | undefined
  let watch: AnswerWatch | undefined
  try {
    await stage.open()
    running = await system.start(stage, fault)
    watch = new AnswerWatch(running.dnsPort, `${ZONE}.`)
    await watch.until(stage.primaryAddress, RETURN_MS)
    await sleep(plan.warmUpMs)
    const result =
      fault.harmless === true
        ? await leftAlone(stage, watch, fault, plan)
        : await failovers(stage, watch, fault, plan, system.periodMs(fault))
    return { ...row, ...result }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { ...row, remark: `failed: ${why}`, failed: true }
  } finally {
    watch?.close()
    await running?.stop()
    await stage.close()
  }
}

type Result = Omit<Row, 'fault' | 'system'>

async function failovers(
  stage: Stage,
  watch: AnswerWatch,
  { how }: Fault,
  { rounds, giveUpMs }: Plan,
  periodMs: number,
): Promise<Result> {
  const tookS: number[] = []
  for (const phase of phases(rounds)) {
    await sleep(SETTLE_MS + phase * periodMs)
    const startMs = performance.now()
    stage.fail(how)
    const movedMs = await watch
      .until(stage.standbyAddress, giveUpMs, stage.primaryAddress)
      .catch(() => undefined)
    if (movedMs === undefined) {
      return { tookS: [], remark: `not seen in ${giveUpMs / 1000} s`, failed: true }
    }
    tookS.push((movedMs - startMs) / 1000)
    await stage.heal(how)
    await watch.until(stage.primaryAddress, RETURN_MS)
  }
  return { tookS: tookS.sort((a, b) => a - b) }
}

async function leftAlone(stage: Stage, watch: AnswerWatch, fault: Fault, plan: Plan): Promise<Result> {
  const before = { moves: watch.moves, answers: watch.answers }
  stage.fail(fault.how)
  await sleep(plan.harmlessMs)
  const moves = watch.moves - before.moves
  const answers = watch.answers - before.answers
  const remark = `${moves} of ${answers} answers moved in ${plan.harmlessMs / 60_000} min`
  return { tookS: [], remark, ...(moves > 0 || answers === 0 ? { failed: true } : {}) }
}

/** Moments of a period, 0 to 1: one at random in each of `rounds` equal parts, in random order, so that few rounds stray little. */
export function phases(rounds: number, random: () => number = Math.random): readonly number[] {
  const made = Array.from({ length: rounds }, (_, part) => (part + random()) / rounds)
  for (let at = made.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1))
    const held = made[at] as number
    made[at] = made[other] as number
    made[other] = held
  }
  return made
}
