import type { HealthState } from '../core/health.ts'
import { evidenceOf, type Outcome, outcome } from '../core/outcome.ts'
import type { ProbeSettings } from '../core/settings.ts'
import { type Budget, budgetOf } from '../health/budget.ts'
import type { AskContext, Prober } from '../probes/definition.ts'
import type { InLine, Line } from './line.ts'
import type { Watch } from './roster.ts'

/** A time-out that rang this much late tells of our own process, not of the target. */
const LATE_MS = 200

/** What a question may ask of us, made once for each watch and not for each question. */
export interface Attendant {
  readonly mayRetransmit: () => boolean
  readonly onSend: () => void
  readonly onSpurious: (sentMs: number) => void
  readonly due: () => void
  readonly answered: (answer: Outcome) => void
  readonly broke: (error: unknown) => void
}

/** The questions of one watch: what the next one may take, and how the last one stands. Times in epoch milliseconds. */
export class Inquiry implements InLine {
  readonly watch: Watch
  readonly probe: ProbeSettings
  readonly prober: Prober
  readonly line: Line<Inquiry>
  readonly attendant: Attendant
  readonly abort = new AbortController()
  cancel: () => void = () => {}
  state: HealthState | undefined
  /** What the next question may take, as the path has shown. */
  budget: Budget
  /** A failing target gets the retransmission as well. */
  expected = 1
  asking = false
  askedMs = 0
  resent = false
  wishMs = 0
  /** When the next question is to start, by the pace. */
  startMs = 0
  waits = false
  /** Transmissions that the open question took for lost and that were answered meanwhile. */
  needless = 0
  /** A kept connection broke: believed with the first refusal; then confirmations come faster until the verdict is clear. */
  tripped: 'no' | 'unbelieved' | 'believed' = 'no'

  constructor(watch: Watch, prober: Prober, line: Line<Inquiry>, attend: (inquiry: Inquiry) => Attendant) {
    this.watch = watch
    this.probe = watch.probe
    this.prober = prober
    this.line = line
    this.budget = { timeoutMs: watch.probe.timeoutMs }
    this.attendant = attend(this)
  }

  get requests(): number {
    return this.prober.requests ?? 1
  }

  get hurried(): boolean {
    return this.tripped !== 'no'
  }

  get over(): boolean {
    return this.abort.signal.aborted
  }

  /** Field by field: objects spread into one another cost a hundred times as much. */
  context(): AskContext {
    const { timeoutMs, retransmitMs } = this.budget
    const { mayRetransmit, onSend, onSpurious } = this.attendant
    const { signal } = this.abort
    return retransmitMs === undefined
      ? { timeoutMs, signal, mayRetransmit, onSend, onSpurious }
      : { timeoutMs, retransmitMs, signal, mayRetransmit, onSend, onSpurious }
  }

  /** What an answer to the open question is worth after `elapsedMs` milliseconds. */
  weighed(answer: Outcome, elapsedMs: number): Outcome {
    const { timeoutMs } = this.budget
    if (answer.reason !== 'timeout' || elapsedMs <= timeoutMs + LATE_MS) return answer
    const detail = `time-out of ${Math.round(timeoutMs)} ms rang after ${Math.round(elapsedMs)} ms`
    return outcome('event-loop-late', { attempts: answer.attempts, detail })
  }

  /** Makes the next question fit what `seen` led to. */
  learn(state: HealthState, seen: Outcome): void {
    this.relearn(state)
    // Whoever refuses at once will do so again: no retransmission needs room.
    this.expected = state.fails > 0 && evidenceOf(seen) !== 'hard' ? 2 : 1
    if (state.fails === 0 || state.status === 'down') this.tripped = 'no'
  }

  /** The same, after something that the last outcome taught was taken back. */
  relearn(state: HealthState): void {
    this.state = state
    this.budget = budgetOf(state, this.probe, this.prober.roundTrips)
  }
}

/** Whom the pace is there for: the target, or the reference hosts that are asked in its place; other hosts are another matter. */
export function askedBy({ target, probe }: Watch): string {
  return probe.destinations === undefined ? target.id : `${target.id} ${probe.destinations.join(' ')}`
}
