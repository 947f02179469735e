import type { ProviderError } from '../providers/error.ts'
import { countByZone } from './by-zone.ts'
import type { Contended } from './contention.ts'
import type { Ledger } from './ledger.ts'
import type { Pacer } from './pacer.ts'
import { countChanges, type Plan } from './plan.ts'
import type { UpdaterCounters, UpdaterReport, UpdaterState } from './report.ts'
import type { Wanted } from './wanted.ts'

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
  #lastConvergedAtMs: number | undefined
  #held: string | undefined
  #acceptedMs: number | undefined
  readonly #counters: Omit<UpdaterCounters, 'calls' | 'throttles'> = {
    readings: 0,
    batches: 0,
    changes: 0,
    failures: 0,
    conflicts: 0,
    drifted: 0,
    held: 0,
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

  planned(plan: Plan): void {
    this.plan = plan
    if (plan.held !== undefined && plan.held !== this.#held) this.#counters.held += 1
    this.#held = plan.held
  }

  converged(nowMs: number): void {
    this.#lastConvergedAtMs = nowMs
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
    readonly wanted: Wanted | undefined
    readonly propagatedMs: number | undefined
    readonly contended: Contended | undefined
    readonly pace: Pacer
    readonly ledger: Ledger
  }): UpdaterReport {
    const { owner, dryRun, zone, wanted, propagatedMs, contended, pace, ledger } = facts
    const { plan, failure } = this
    return {
      state: this.state,
      owner,
      dryRun,
      owned: plan?.owned ?? 0,
      wanted: wanted?.sets.length ?? 0,
      pending: countChanges(plan?.changes ?? []),
      refusals: plan?.refusals ?? [],
      counters: { ...this.#counters, calls: pace.calls, throttles: pace.throttles },
      calls: ledger.counts,
      zones: wanted === undefined ? {} : countByZone(wanted, plan),
      callsPerSecond: pace.callsPerSecond,
      ...present({
        zone,
        held: plan?.held,
        contended,
        failure: failure && {
          code: failure.error.code,
          message: failure.error.message,
          sinceMs: failure.sinceMs,
          attempts: failure.attempts,
          nextAtMs: failure.nextAtMs,
        },
        lastReadAtMs: this.#lastReadAtMs,
        lastAppliedAtMs: this.#lastAppliedAtMs,
        lastConvergedAtMs: this.#lastConvergedAtMs,
        reachable: ledger.reachable,
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
