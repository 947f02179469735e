import type { HealthState } from '../core/health.ts'
import type { Outcome } from '../core/outcome.ts'
import type { Random } from '../core/ports.ts'
import type { ProbeSettings } from '../core/settings.ts'

/** Part of the interval by which questions stray to either side, so that probes of many targets and monitors do not march in step. */
const JITTER = 0.05

export interface CadenceInput {
  /** Health after `outcome` was taken in. */
  readonly state: HealthState
  readonly outcome: Outcome
  readonly probe: Pick<ProbeSettings, 'intervalMs' | 'fastIntervalMs'>
  /** From the start of the question to its outcome. */
  readonly elapsedMs: number
  readonly random: Random
}

/**
 * Milliseconds from the outcome to the next question, 0 or more. Periods run from start to start, so that slow answers do not
 * stretch the interval; a question that took longer than its period is followed at once, never overlapped.
 *
 * | status       | run         | outcome      | period   | because                                       |
 * |--------------|-------------|--------------|----------|-----------------------------------------------|
 * | any          | any         | inconclusive | interval | our own side broke: asking faster cannot help |
 * | up, unknown  | of fails    | fail         | fast     | confirm death, or a lost packet, quickly      |
 * | down         | of passes   | pass         | fast     | confirm the return                            |
 * | down         | of fails    | fail         | interval | confirmed: no hurry                           |
 * | up           | of passes   | pass         | interval | nothing to find out                           |
 */
export function nextDelayMs({ state, outcome, probe, elapsedMs, random }: CadenceInput): number {
  const unclear = state.status === 'down' ? state.passes > 0 : state.fails > 0
  const fast = unclear && outcome.result !== 'inconclusive'
  const strayed = probe.intervalMs * (1 + JITTER * (2 * random.next() - 1))
  const periodMs = fast ? Math.min(probe.fastIntervalMs, strayed) : strayed
  return Math.max(0, periodMs - Math.max(0, elapsedMs))
}
