import type { ProviderError } from '../providers/error.ts'
import type { Pacer } from './pacer.ts'
import { countChanges, type Plan } from './plan.ts'
import type { UpdaterCounters, UpdaterReport, UpdaterState } from './report.ts'

interface Failure {
  readonly error: ProviderError
  readonly sinceMs: number
  readonly attempts: number
  readonly nextAtMs: number
}

/** What is to be told of an updater; nothing is decided by it but `failure`. All times in epoch milliseconds. */
export class Progress {
  state: UpdaterState = 'idle'
  plan: Plan | undefined
  failure: Failure | undefined
  #lastReadAtMs: number | undefined
  #lastAppliedAtMs: number | undefined
  #acceptedMs: number | undefined
  readonly #counters: Omit<UpdaterCounters, 'calls' | 'throttles'> = {
    readings: 0,
    batches: 0,
    changes: 0,
    failures: 0,
    conflicts: 0,
    drifted: 0,
  }

  read(nowMs: number): void {
    this.#counters.readings += 1
    this.#lastReadAtMs = nowMs
  }

  applied(changes: number, nowMs: number): void {
    this.#counters.batches += 1
    this.#counters.changes += changes
    this.#lastAppliedAtMs = nowMs
  }

  /** The provider has taken over everything urgent of a decision, so long after it. */
  accepted(afterMs: number): void {
    this.#acceptedMs = afterMs
  }

  drifted(sets: number): void {
    this.#counters.drifted += sets
  }

  /** How many attempts have failed in a row, this one included. */
  failed(error: ProviderError, nowMs: number, nextInMs: (attempts: number) => number): Failure {
    this.#counters.failures += 1
    if (error.fault === 'conflict') this.#counters.conflicts += 1
    const attempts = (this.failure?.attempts ?? 0) + 1
    const sinceMs = this.failure?.sinceMs ?? nowMs
    this.failure = { error, sinceMs, attempts, nextAtMs: nowMs + nextInMs(attempts) }
    this.state = 'failing'
    return this.failure
  }

  report(facts: {
    readonly owner: string
    readonly dryRun: boolean
    readonly zone: string | undefined
    readonly wanted: number
    readonly propagatedMs: number | undefined
    readonly pace: Pacer
  }): UpdaterReport {
    const { owner, dryRun, zone, wanted, propagatedMs, pace } = facts
    const { plan, failure } = this
    return {
      state: this.state,
      owner,
      dryRun,
      owned: plan?.owned ?? 0,
      wanted,
      pending: countChanges(plan?.changes ?? []),
      refusals: plan?.refusals ?? [],
      counters: { ...this.#counters, calls: pace.calls, throttles: pace.throttles },
      callsPerSecond: pace.callsPerSecond,
      ...present({
        zone,
        held: plan?.held,
        failure: failure && {
          code: failure.error.code,
          message: failure.error.message,
          sinceMs: failure.sinceMs,
          attempts: failure.attempts,
          nextAtMs: failure.nextAtMs,
        },
        lastReadAtMs: this.#lastReadAtMs,
        lastAppliedAtMs: this.#lastAppliedAtMs,
        acceptedMs: this.#acceptedMs,
        propagatedMs,
      }),
    }
  }
}

type Present<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> }

/** Without the keys that have no value. */
function present<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>
}
