import { messageOf } from '../core/errors.ts'
import type { HealthState } from '../core/health.ts'
import { evidenceOf, type Outcome, outcome } from '../core/outcome.ts'
import type { Clock, Logger, Random, Timers } from '../core/ports.ts'
import { nextDelayMs } from '../health/cadence.ts'
import type { Prober } from '../probes/definition.ts'
import { type Attendant, askedBy, Inquiry } from './inquiry.ts'
import { Lateness, type LatenessReport } from './lateness.ts'
import { Line } from './line.ts'
import { PACE_TOLERANCE_MS } from './pace.ts'
import type { Watch } from './roster.ts'

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

/** Asks every watch its question on time, no faster than the target's pace allows, and who is nearest to a verdict first. */
export class Scheduler {
  readonly #deps: SchedulerDeps
  readonly #inquiries = new Map<string, Inquiry>()
  readonly #lines = new Map<string, Line<Inquiry>>()
  readonly #lateness = new Lateness()

  constructor(deps: SchedulerDeps) {
    this.#deps = deps
  }

  get size(): number {
    return this.#inquiries.size
  }

  lateness(): LatenessReport {
    return this.#lateness.report(this.#deps.clock.nowMs())
  }

  /** The first question follows after `firstDelayMs` milliseconds. */
  start(watch: Watch, prober: Prober, firstDelayMs: number): void {
    this.stop(watch.key)
    const line = this.#lineOf(watch)
    const inquiry = new Inquiry(watch, prober, line, (own) => this.#attend(own))
    line.join(inquiry)
    this.#inquiries.set(watch.key, inquiry)
    this.#askAfter(inquiry, firstDelayMs)
  }

  stop(key: string): void {
    const inquiry = this.#inquiries.get(key)
    if (inquiry === undefined) return
    this.#inquiries.delete(key)
    inquiry.cancel()
    inquiry.abort.abort()
    inquiry.line.leave(inquiry)
    this.#lookAgain(inquiry.line)
  }

  /**
   * Asks now rather than at the next turn, where no question is open and the target's pace allows. `tripped`: because a kept connection
   * broke, so that refusals are confirmed at once.
   */
  hasten(keys: Iterable<string>, cause?: 'tripped'): void {
    const nowMs = this.#deps.clock.nowMs()
    for (const key of keys) {
      const inquiry = this.#inquiries.get(key)
      if (inquiry === undefined || inquiry.asking) continue
      inquiry.tripped = cause === 'tripped' ? 'unbelieved' : 'no'
      // Who waits already has waited since before.
      inquiry.wishMs = Math.min(inquiry.wishMs, nowMs)
      this.#wake(inquiry)
    }
  }

  stopAll(): void {
    for (const key of [...this.#inquiries.keys()]) this.stop(key)
    this.#lines.clear()
  }

  #lineOf(watch: Watch): Line<Inquiry> {
    const asked = askedBy(watch)
    let line = this.#lines.get(asked)
    if (line === undefined) {
      line = new Line()
      this.#lines.set(asked, line)
    }
    return line
  }

  #attend(inquiry: Inquiry): Attendant {
    const { clock } = this.#deps
    const { pace } = inquiry.line
    return {
      mayRetransmit: () => {
        const nowMs = clock.nowMs()
        inquiry.resent = true
        const admitted = pace.earliestMs(nowMs, 1, 0) - nowMs <= PACE_TOLERANCE_MS
        if (admitted) pace.note(nowMs)
        return admitted
      },
      onSend: () => pace.note(clock.nowMs()),
      onSpurious: (sentMs) => this.#needless(inquiry, sentMs),
      due: () => this.#due(inquiry),
      answered: (answer) => this.#answered(inquiry, answer),
      broke: (error) => this.#answered(inquiry, this.#broke(inquiry, error)),
    }
  }

  #askAfter(inquiry: Inquiry, delayMs: number): void {
    inquiry.wishMs = this.#deps.clock.nowMs() + delayMs
    this.#wake(inquiry)
  }

  /** Has it ask as soon as it wishes to and the pace allows. */
  #wake(inquiry: Inquiry): void {
    const nowMs = this.#deps.clock.nowMs()
    inquiry.waits = false
    this.#dueAt(inquiry, inquiry.line.freeMs(inquiry, Math.max(nowMs, inquiry.wishMs)), nowMs)
  }

  #dueAt(inquiry: Inquiry, startMs: number, nowMs: number): void {
    inquiry.startMs = startMs
    inquiry.cancel()
    inquiry.cancel = this.#deps.timers.after(startMs - nowMs, inquiry.attendant.due)
  }

  #lookAgain(line: Line<Inquiry>): void {
    for (const waiting of line.released()) this.#wake(waiting)
  }

  #due(inquiry: Inquiry): void {
    const nowMs = this.#deps.clock.nowMs()
    // Another probe of the same target may have taken the slot meanwhile, or need it more.
    const keptUntilMs = inquiry.line.keptUntilMs(inquiry, nowMs)
    if (keptUntilMs !== undefined) {
      this.#dueAt(inquiry, keptUntilMs, nowMs)
      return
    }
    this.#lateness.record(nowMs - inquiry.startMs, nowMs)
    this.#ask(inquiry, nowMs)
  }

  #ask(inquiry: Inquiry, nowMs: number): void {
    const { watch, prober, line, attendant } = inquiry
    inquiry.askedMs = nowMs
    inquiry.needless = 0
    inquiry.resent = false
    for (let request = 0; request < inquiry.requests; request++) line.pace.note(nowMs)
    inquiry.asking = true
    this.#lookAgain(line)
    try {
      void prober
        .ask(watch.target, watch.address, inquiry.context())
        .then(attendant.answered, attendant.broke)
    } catch (error) {
      attendant.broke(error)
    }
  }

  /** A probe that throws is broken; the target is not to blame. */
  #broke({ watch }: Inquiry, error: unknown): Outcome {
    const text = messageOf(error)
    const fields = { watch: watch.key, error }
    this.#deps.logger.error('probe.failed', fields, `probe ${watch.probe.name} broke: ${text}`)
    return outcome('internal', { attempts: 0, detail: text.slice(0, 200) })
  }

  #answered(inquiry: Inquiry, answer: Outcome): void {
    const { clock, observe, random } = this.#deps
    const { watch, probe } = inquiry
    inquiry.asking = false
    if (inquiry.over) return
    const elapsedMs = clock.nowMs() - inquiry.askedMs
    const seen = inquiry.weighed(answer, elapsedMs)
    if (inquiry.tripped === 'unbelieved') this.#believe(inquiry, seen)
    let state = observe(watch, seen)
    for (; inquiry.needless > 0; inquiry.needless--) state = this.#deps.takeBackLoss?.(watch) ?? state
    if (inquiry.over) return
    inquiry.learn(state, seen)
    const tripped = inquiry.tripped === 'believed'
    this.#askAfter(inquiry, nextDelayMs({ state, outcome: seen, probe, elapsedMs, tripped, random }))
    this.#lookAgain(inquiry.line)
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
  #needless(inquiry: Inquiry, sentMs: number): void {
    if (inquiry.over || inquiry.prober.tellsSpurious !== true || sentMs < inquiry.askedMs) return
    if (inquiry.asking) {
      inquiry.needless++
      return
    }
    const state = this.#deps.takeBackLoss?.(inquiry.watch)
    if (state !== undefined) inquiry.relearn(state)
  }

  /**
   * Servers close idle connections every day, and that alone is no fail. Where the new connection is refused as well, the closing was
   * the first word of a death.
   */
  #believe(inquiry: Inquiry, seen: Outcome): void {
    inquiry.tripped = 'no'
    if (seen.result !== 'fail' || evidenceOf(seen) !== 'hard') return
    inquiry.tripped = 'believed'
    this.#deps.observe(inquiry.watch, outcome('reset', { attempts: 0, detail: 'a kept connection broke' }))
  }
}
