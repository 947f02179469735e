import type { HealthState } from '../core/health.ts'
import { evidenceOf, type Outcome } from '../core/outcome.ts'
import type { Random } from '../core/ports.ts'
import type { ProbeSettings } from '../core/settings.ts'

/** Part of the interval by which questions stray to either side, so that probes of many targets and monitors do not march in step. */
const JITTER = 0.05
/** After hard evidence the next word is asked for in this part of the fast interval: no answer has to be waited for. */
const HARD_SHARE = 0.5
/** From one confirmation to the next after a kept connection broke: three of them fit into 100 ms, and into the pace of four a second. */
const TRIPPED_MS = 50

export interface CadenceInput {
  /** Health after `outcome` was taken in. */
  readonly state: HealthState
  readonly outcome: Outcome
  readonly probe: Pick<ProbeSettings, 'intervalMs' | 'fastIntervalMs' | 'downIntervalMs'>
  /** From the start of the question to its outcome. */
  readonly elapsedMs: number
  /** This run of questions began because a kept connection broke. */
  readonly tripped?: boolean
  readonly random: Random
}

/**
 * Milliseconds from the outcome to the next question, 0 or more. Periods run from start to start, so that slow answers do not
 * stretch the interval; a question that took longer than its period is followed at once, never overlapped.
 *
 * | status       | run         | outcome      | period        | because                                           |
 * |--------------|-------------|--------------|---------------|---------------------------------------------------|
 * | any          | any         | inconclusive | interval      | our own side broke: asking faster cannot help     |
 * | down         | of fails    | inconclusive | down interval | it changes nothing                                |
 * | up, unknown  | of fails    | fail, hard   | half the fast | a refusal is no loss: it need not be spread out   |
 * | the same, and a kept connection broke | | fail, hard | 50 ms   | two signs already                                 |
 * | up, unknown  | of fails    | fail, silent | fast          | confirm death, or a lost packet, quickly          |
 * | down         | of passes   | pass         | fast          | confirm the return                                |
 * | drains       | of fails    | fail         | fast          | it was alive: confirm its death                   |
 * | drains       | of passes   | pass         | interval      | its word holds for its time: no hurry             |
 * | down         | of fails    | fail         | down interval | confirmed: no hurry                               |
 * | up           | of passes   | pass         | interval      | nothing to find out                               |
 */
export function nextDelayMs(input: CadenceInput): number {
  const { state, outcome, probe, elapsedMs, random } = input
  const drains = state.drainUntilMs !== undefined
  const unclear = state.status === 'down' && !drains ? state.passes > 0 : state.fails > 0
  const fast = unclear && outcome.result !== 'inconclusive'
  const dead = state.status === 'down' && !drains && state.passes === 0
  const calmMs = dead ? (probe.downIntervalMs ?? probe.intervalMs) : probe.intervalMs
  const strayedMs = calmMs * (1 + JITTER * (2 * random.next() - 1))
  const periodMs = fast ? Math.min(fastMs(input), strayedMs) : strayedMs
  return Math.max(0, periodMs - Math.max(0, elapsedMs))
}

function fastMs({ outcome, probe, tripped }: CadenceInput): number {
  if (evidenceOf(outcome) !== 'hard') return probe.fastIntervalMs
  return tripped === true ? Math.min(TRIPPED_MS, probe.fastIntervalMs) : probe.fastIntervalMs * HARD_SHARE
}
