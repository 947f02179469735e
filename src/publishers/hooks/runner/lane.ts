import { poolOf, type SipvaneEvent, type Tell } from '../../../core/event.ts'
import type { Clock, Logger, Random, Timers } from '../../../core/ports.ts'
import type { HookSettings } from '../../../core/settings.ts'
import type { Hook, HookDefinition } from '../definition.ts'
import { HookError } from '../error.ts'
import { attemptRun } from './attempt.ts'
import { audit } from './audit.ts'
import { pause } from './pause.ts'
import { RateLimit } from './rate.ts'
import { retryDelayMs } from './retry.ts'
import { emptyTally, type HookTally, type RunResult } from './tally.ts'

/** Events that wait for one hook; of more the oldest are dropped. */
export const QUEUE_MAX = 100

export interface LaneDeps {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly logger: Logger
  readonly tell: Tell
  /** Where a hook's counts are kept over a change of the configuration. Absent: with the lane. */
  readonly tallyOf?: (hook: string) => HookTally
}

/** One event on its way through one hook. */
export interface Job {
  readonly event: SipvaneEvent
  /** Resolves when the hooks that come first are done with the event; never rejects. */
  readonly ready: Promise<unknown>
  /** Called once, however it ended. */
  readonly done: () => void
}

interface Running extends Job {
  readonly abort: AbortController
}

/**
 * One hook's events, one at a time, in order. What `push` is given waits here and nowhere else: a hook that hangs, fails or floods
 * holds up its own lane only.
 */
export class Lane {
  readonly #settings: HookSettings
  readonly #takes: HookDefinition['takes']
  readonly #secrets: readonly string[]
  readonly #hook: Hook
  readonly #deps: LaneDeps
  readonly #rate: RateLimit
  readonly #tally: HookTally
  #queue: Job[] = []
  #running: Running | undefined
  #working: Promise<void> | undefined
  #closed = false
  #released = false

  constructor(
    settings: HookSettings,
    kind: { readonly takes: HookDefinition['takes']; readonly secrets: readonly string[] },
    hook: Hook,
    deps: LaneDeps,
  ) {
    this.#settings = settings
    this.#takes = kind.takes
    this.#secrets = kind.secrets
    this.#hook = hook
    this.#deps = deps
    this.#rate = new RateLimit(settings.rate, deps.clock)
    this.#tally = deps.tallyOf?.(settings.name) ?? emptyTally()
  }

  get waiting(): number {
    return this.#queue.length
  }

  get running(): boolean {
    return this.#running !== undefined
  }

  get tally(): Readonly<HookTally> {
    return this.#tally
  }

  /** Takes an event over. Returns at once. */
  push(job: Job): void {
    if (this.#closed) {
      job.done()
      return
    }
    if (this.#takes === 'newest') this.#passOver(job.event)
    this.#queue.push(job)
    if (this.#queue.length > QUEUE_MAX) this.#drop()
    this.#working ??= this.#work()
  }

  /** For a successor: what runs is stopped, and all that this lane is not done with is the caller's now, oldest first. `close` it then. */
  release(): Job[] {
    this.#closed = true
    this.#released = true
    const jobs = [...(this.#running === undefined ? [] : [this.#running]), ...this.#queue.splice(0)]
    this.#running?.abort.abort()
    return jobs
  }

  /** What runs is stopped; resolves when it has ended. */
  async close(): Promise<void> {
    this.#closed = true
    for (const job of this.#queue.splice(0)) job.done()
    this.#running?.abort.abort()
    await this.#working
  }

  /** Older events of the same pool tell of a world that is no more. */
  #passOver(event: SipvaneEvent): void {
    const pool = poolOf(event)
    const stale = (other: SipvaneEvent) => poolOf(other) === pool
    for (const job of this.#queue.filter((one) => stale(one.event))) {
      this.#passedOver(job.event)
      job.done()
    }
    this.#queue = this.#queue.filter((job) => !stale(job.event))
    if (this.#running !== undefined && stale(this.#running.event)) this.#running.abort.abort()
  }

  /** It came to no attempt. */
  #passedOver(event: SipvaneEvent): void {
    const { name } = this.#settings
    const fields = { hook: name, of: event.id }
    this.#deps.logger.debug('hook.passed-over', fields, `${name}: a newer event came`)
    this.#tally.passedOver++
  }

  #drop(): void {
    this.#queue.shift()?.done()
    const dropped = ++this.#tally.dropped
    // A line for the first and then every hundredth: the log must not become the flood.
    if (dropped % 100 !== 1) return
    const { name } = this.#settings
    const text = `hook ${name}: more than ${QUEUE_MAX} events wait; the oldest are dropped (${dropped} so far)`
    this.#deps.logger.warn('hook.dropped', { hook: name, dropped }, text)
  }

  async #work(): Promise<void> {
    for (let job = this.#queue.shift(); job !== undefined; job = this.#queue.shift()) {
      const running = { ...job, abort: new AbortController() }
      this.#running = running
      await this.#handle(running)
      this.#running = undefined
      if (!this.#released) job.done()
    }
    this.#working = undefined
  }

  async #handle({ event, ready, abort }: Running): Promise<void> {
    const { clock, timers, random, logger } = this.#deps
    const { retries, timeoutMs, dryRun, name } = this.#settings
    const { signal } = abort
    await Promise.race([ready, aborted(signal)])
    const limitedMs = this.#rate.waitMs()
    if (limitedMs > 0) this.#tally.limited++
    if (!(await pause(timers, limitedMs, signal))) {
      // At the end of the process nothing newer came.
      if (!this.#closed) this.#passedOver(event)
      return
    }
    this.#rate.begin()
    const startMs = clock.nowMs()
    const options = { timers, timeoutMs, dryRun, secrets: this.#secrets, signal }
    for (let attempts = 1; ; attempts++) {
      const { steps, error } = await attemptRun(this.#hook, event, options)
      const facts = { attempts, steps, tookMs: Math.round(clock.nowMs() - startMs) }
      if (error === undefined || signal.aborted || !error.retryable || attempts > retries) {
        return this.#end(event, { ...facts, ...(error === undefined ? {} : { error }) })
      }
      const delayMs = retryDelayMs(attempts, error, random)
      const fields = { hook: name, of: event.id, attempts, code: error.code, delayMs }
      logger.warn('hook.retry', fields, `hook ${name} failed, again in ${delayMs} ms: ${error.message}`)
      if (!(await pause(timers, delayMs, signal))) {
        const tookMs = Math.round(clock.nowMs() - startMs)
        return this.#end(event, { ...facts, tookMs, error: new HookError('stopped', 'stopped') })
      }
      this.#tally.retries++
    }
  }

  #end(
    event: SipvaneEvent,
    facts: { attempts: number; steps: readonly string[]; tookMs: number; error?: HookError },
  ): void {
    const { error, tookMs } = facts
    const result: RunResult = error === undefined ? 'ran' : error.fault === 'stopped' ? 'stopped' : 'failed'
    this.#tally.runs[result]++
    this.#tally.totalMs += Math.max(0, tookMs)
    audit(this.#settings, event, facts, this.#deps)
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
