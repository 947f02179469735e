import { messageOf } from '../core/errors.ts'
import type { HealthState } from '../core/health.ts'
import { evidenceOf, type Outcome, outcome } from '../core/outcome.ts'
import type { Clock, Logger, Random, Timers } from '../core/ports.ts'
import { type Budget, budgetOf } from '../health/budget.ts'
import { nextDelayMs } from '../health/cadence.ts'
import type { AskContext, Prober } from '../probes/definition.ts'
import { Lateness, type LatenessReport } from './lateness.ts'
import { Pace } from './pace.ts'
import type { Watch } from './roster.ts'

/** A time-out that rang this much late tells of our own process, not of the target. */
const LATE_MS = 200
/** A retransmission that is due a hair before its slot is let through: the timer wheel's own resolution. */
const PACE_TOLERANCE_MS = 20

interface Running {
  readonly watch: Watch
  readonly prober: Prober
  readonly pace: Pace
  readonly abort: AbortController
  /** What a question may ask of us. As all functions here it is made once for each watch, and not for each question. */
  readonly context: Required<Pick<AskContext, 'signal' | 'mayRetransmit' | 'onSend' | 'onSpurious'>>
  readonly due: () => void
  readonly answered: (answer: Outcome) => void
  readonly broke: (error: unknown) => void
  cancel: () => void
  /** When the next question was to start. */
  startMs: number
  /** When the last one did. */
  askedMs: number
  /** A question is open. */
  asking: boolean
  /** Requests that the next question is likely to need: a failing target gets the retransmission as well. */
  expected: number
  /** What the next question may take, as the path has shown. */
  budget: Budget
  /** Transmissions that the open question took for lost and that were answered meanwhile. */
  needless: number
  /** A kept connection broke: believed with the first refusal; then confirmations come faster until the verdict is clear. */
  tripped: 'no' | 'unbelieved' | 'believed'
}

export interface SchedulerDeps {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly logger: Logger
  /** Takes an outcome into account and gives back the health that the pause until the next question depends on. */
  readonly observe: (watch: Watch, outcome: Outcome) => HealthState
  /** Takes back what the watch's last outcome taught of loss. Absent: it stands. Undefined: there is no such watch any more. */
  readonly takeBackLoss?: (watch: Watch) => HealthState | undefined
}

/** Asks every watch its question on time, no faster than the target's pace allows. */
export class Scheduler {
  readonly #deps: SchedulerDeps
  readonly #running = new Map<string, Running>()
  readonly #paces = new Map<string, Pace>()
  readonly #lateness = new Lateness()

  constructor(deps: SchedulerDeps) {
    this.#deps = deps
  }

  get size(): number {
    return this.#running.size
  }

  lateness(): LatenessReport {
    return this.#lateness.report(this.#deps.clock.nowMs())
  }

  /** The first question follows after `firstDelayMs` milliseconds. */
  start(watch: Watch, prober: Prober, firstDelayMs: number): void {
    this.stop(watch.key)
    const pace = this.#paceOf(watch)
    const abort = new AbortController()
    const running: Running = {
      watch,
      prober,
      pace,
      abort,
      context: this.#contextOf(pace, abort.signal, (sentMs) => this.#needless(running, sentMs)),
      due: () => this.#due(running),
      answered: (answer) => this.#answered(running, answer),
      broke: (error) => this.#answered(running, this.#broke(running, error)),
      cancel: () => {},
      startMs: 0,
      askedMs: 0,
      asking: false,
      expected: 1,
      budget: { timeoutMs: watch.probe.timeoutMs },
      needless: 0,
      tripped: 'no',
    }
    this.#running.set(watch.key, running)
    this.#askAfter(running, firstDelayMs)
  }

  stop(key: string): void {
    const running = this.#running.get(key)
    if (running === undefined) return
    this.#running.delete(key)
    running.cancel()
    running.abort.abort()
  }

  /**
   * Asks now rather than at the next turn, where no question is open and the target's pace allows. `tripped`: because a kept connection
   * broke, so that refusals are confirmed at once.
   */
  hasten(keys: Iterable<string>, cause?: 'tripped'): void {
    for (const key of keys) {
      const running = this.#running.get(key)
      if (running === undefined || running.asking) continue
      running.tripped = cause === 'tripped' ? 'unbelieved' : 'no'
      running.cancel()
      this.#askAfter(running, 0)
    }
  }

  stopAll(): void {
    for (const key of [...this.#running.keys()]) this.stop(key)
    this.#paces.clear()
  }

  #paceOf(watch: Watch): Pace {
    const asked = askedBy(watch)
    let pace = this.#paces.get(asked)
    if (pace === undefined) {
      pace = new Pace()
      this.#paces.set(asked, pace)
    }
    return pace
  }

  #contextOf(
    pace: Pace,
    signal: AbortSignal,
    onSpurious: Running['context']['onSpurious'],
  ): Running['context'] {
    const { clock } = this.#deps
    return {
      signal,
      mayRetransmit: () => {
        const nowMs = clock.nowMs()
        const admitted = pace.earliestMs(nowMs, 1, 0) - nowMs <= PACE_TOLERANCE_MS
        if (admitted) pace.note(nowMs)
        return admitted
      },
      onSend: () => pace.note(clock.nowMs()),
      onSpurious,
    }
  }

  #askAfter(running: Running, delayMs: number): void {
    const { clock, timers } = this.#deps
    const nowMs = clock.nowMs()
    running.startMs = earliestMs(running, nowMs + delayMs)
    running.cancel = timers.after(running.startMs - nowMs, running.due)
  }

  #due(running: Running): void {
    // Another probe of the same target may have taken the slot meanwhile.
    const nowMs = this.#deps.clock.nowMs()
    if (earliestMs(running, nowMs) - nowMs > PACE_TOLERANCE_MS) {
      this.#askAfter(running, 0)
      return
    }
    this.#lateness.record(nowMs - running.startMs, nowMs)
    this.#ask(running)
  }

  #ask(running: Running): void {
    const { watch, prober, pace } = running
    running.askedMs = this.#deps.clock.nowMs()
    running.needless = 0
    for (let request = 0; request < (prober.requests ?? 1); request++) pace.note(running.askedMs)
    running.asking = true
    try {
      void prober.ask(watch.target, watch.address, askContext(running)).then(running.answered, running.broke)
    } catch (error) {
      running.broke(error)
    }
  }

  /** A probe that throws is broken; the target is not to blame. */
  #broke({ watch }: Running, error: unknown): Outcome {
    const text = messageOf(error)
    const fields = { watch: watch.key, error }
    this.#deps.logger.error('probe.failed', fields, `probe ${watch.probe.name} broke: ${text}`)
    return outcome('internal', { attempts: 0, detail: text.slice(0, 200) })
  }

  #answered(running: Running, answer: Outcome): void {
    const { clock, observe, random } = this.#deps
    const { watch, prober, abort, budget, askedMs } = running
    running.asking = false
    if (abort.signal.aborted) return
    const elapsedMs = clock.nowMs() - askedMs
    const late = answer.reason === 'timeout' && elapsedMs > budget.timeoutMs + LATE_MS
    const seen = late ? rangLate(answer, budget.timeoutMs, elapsedMs) : answer
    if (running.tripped === 'unbelieved') this.#believe(running, seen)
    let state = observe(watch, seen)
    for (; running.needless > 0; running.needless--) state = this.#deps.takeBackLoss?.(watch) ?? state
    if (abort.signal.aborted) return
    running.budget = budgetOf(state, watch.probe, prober.roundTrips)
    // Whoever refuses at once will do so again: no retransmission needs room.
    running.expected = state.fails > 0 && evidenceOf(seen) !== 'hard' ? 2 : 1
    if (state.fails === 0 || state.status === 'down') running.tripped = 'no'
    const { probe } = watch
    const tripped = running.tripped === 'believed'
    this.#askAfter(running, nextDelayMs({ state, outcome: seen, probe, elapsedMs, tripped, random }))
  }

  /**
   * A retransmission proved needless. The next question ends the wait for that: `sentMs` of the one before lies before its start.
   *
   * | the watch ended, or its probe's word is not to be believed | of this question | it is open | then                              |
   * |------------------------------------------------------------|------------------|------------|-----------------------------------|
   * | yes                                                        | any              | any        | nothing                           |
   * | no                                                         | no               | any        | nothing: a newer one has begun    |
   * | no                                                         | yes              | yes        | kept until its outcome is in      |
   * | no                                                         | yes              | no         | what it taught of loss goes       |
   */
  #needless(running: Running, sentMs: number): void {
    const { watch, prober, abort, askedMs, asking } = running
    if (abort.signal.aborted || prober.tellsSpurious !== true || sentMs < askedMs) return
    if (asking) {
      running.needless++
      return
    }
    const state = this.#deps.takeBackLoss?.(watch)
    if (state !== undefined) running.budget = budgetOf(state, watch.probe, prober.roundTrips)
  }

  /**
   * Servers close idle connections every day, and that alone is no fail. Where the new connection is refused as well, the closing was
   * the first word of a death.
   */
  #believe(running: Running, seen: Outcome): void {
    running.tripped = 'no'
    if (seen.result !== 'fail' || evidenceOf(seen) !== 'hard') return
    running.tripped = 'believed'
    this.#deps.observe(running.watch, outcome('reset', { attempts: 0, detail: 'a kept connection broke' }))
  }
}

function rangLate({ attempts }: Outcome, timeoutMs: number, elapsedMs: number): Outcome {
  const detail = `time-out of ${Math.round(timeoutMs)} ms rang after ${Math.round(elapsedMs)} ms`
  return outcome('event-loop-late', { attempts, detail })
}

/** Field by field: objects spread into one another cost a hundred times as much. */
function askContext({ budget, context }: Running): AskContext {
  const { timeoutMs, retransmitMs } = budget
  const { signal, mayRetransmit, onSend, onSpurious } = context
  return retransmitMs === undefined
    ? { timeoutMs, signal, mayRetransmit, onSend, onSpurious }
    : { timeoutMs, retransmitMs, signal, mayRetransmit, onSend, onSpurious }
}

/** Whom the pace is there for: the target, or the reference hosts that are asked in its place; other hosts are another matter. */
function askedBy({ target, probe }: Watch): string {
  return probe.destinations === undefined ? target.id : `${target.id} ${probe.destinations.join(' ')}`
}

/** When the target's pace has room for what the next question is likely to send; one that asks nobody needs none. */
function earliestMs({ prober, pace, expected, budget }: Running, fromMs: number): number {
  const requests = prober.requests ?? 1
  if (requests === 0) return fromMs
  // Several requests of one question leave together; a single one is followed by its retransmission, if any.
  const spacingMs = requests > 1 ? 0 : (budget.retransmitMs ?? budget.timeoutMs / 2)
  return pace.earliestMs(fromMs, requests * expected, spacingMs)
}
