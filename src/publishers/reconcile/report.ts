import type { ZoneCounts } from './by-zone.ts'
import type { Contended } from './contention.ts'
import type { CallCount } from './ledger.ts'
import type { PlanCounts, Refusal } from './plan.ts'

/**
 * | state     | meaning                                                          |
 * |-----------|------------------------------------------------------------------|
 * | idle      | nothing was to be published yet                                  |
 * | working   | reading or changing                                              |
 * | waiting   | routine changes wait for company                                 |
 * | converged | the provider has what it shall have                              |
 * | refused   | so it has, but for the sets in `refusals`                        |
 * | held      | the plan is too large (`held` says the numbers): nothing is done |
 * | contended | somebody with our mark keeps putting our changes back: we wait   |
 * | dry-run   | changes are due, and will not be made                            |
 * | failing   | the last attempt failed; it goes on                              |
 */
export type UpdaterState =
  | 'idle'
  | 'working'
  | 'waiting'
  | 'converged'
  | 'refused'
  | 'held'
  | 'contended'
  | 'dry-run'
  | 'failing'

/** How an updater is getting on; times in epoch milliseconds. */
export interface UpdaterReport {
  readonly state: UpdaterState
  /** The provider's zone, once it was opened. */
  readonly zone?: string
  readonly owner: string
  readonly dryRun: boolean
  /** Record sets: ours at the provider, and wanted there. */
  readonly owned: number
  readonly wanted: number
  /** What is still to be done, as of the last plan. */
  readonly pending: PlanCounts
  readonly refusals: readonly Refusal[]
  readonly held?: string
  /** How often in a row our changes were put back, and until when they are left so. */
  readonly contended?: Contended
  readonly failure?: {
    readonly code: string
    readonly message: string
    readonly sinceMs: number
    readonly attempts: number
    readonly nextAtMs: number
  }
  readonly lastReadAtMs?: number
  readonly lastAppliedAtMs?: number
  /** When the provider was last found or made to have what it shall have, `refusals` aside. */
  readonly lastConvergedAtMs?: number
  /** Whether the last call was answered at all; absent before the first. */
  readonly reachable?: boolean
  /** From the last decision to the provider's acceptance of all its urgent changes. */
  readonly acceptedMs?: number
  /** From the last acceptance until the change was in force everywhere. */
  readonly propagatedMs?: number
  readonly counters: UpdaterCounters
  readonly calls: readonly CallCount[]
  /** By zone of the configuration. */
  readonly zones: Readonly<Record<string, ZoneCounts>>
  /** Calls a second, as learned so far. */
  readonly callsPerSecond: number
}

export interface UpdaterCounters {
  /** Requests of the provider's API, and how often it said that they were too many: of all updaters of the account together. */
  calls: number
  throttles: number
  readings: number
  batches: number
  changes: number
  failures: number
  conflicts: number
  /** Sets found to be otherwise than we left them. */
  drifted: number
  /** Plans that were held back for being too large; the same one counts once. */
  held: number
}
