import { silentLogger, type Timers } from '../core/ports.ts'
import type { ProviderSettings, Settings } from '../core/settings.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { CallPace } from '../publishers/providers/definition.ts'
import { ProviderError } from '../publishers/providers/error.ts'
import { dueOf, type Plan, type PlannedChange } from '../publishers/reconcile/plan.ts'
import { Reconciler } from '../publishers/reconcile/reconciler.ts'
import { retryDelayMs } from '../publishers/reconcile/retry.ts'
import { setKey } from '../publishers/reconcile/sets.ts'
import { type Wanted, wantedFrom } from '../publishers/reconcile/wanted.ts'
import { systemClock, systemRandom } from './system.ts'
import { createTimerWheel } from './timer-wheel.ts'
import { definitionOf, openProvider, Paces } from './updaters.ts'

export interface OnceOptions {
  /** Only say what would be done. */
  readonly planOnly: boolean
  /** Take over what nobody marked, whatever the configuration says. */
  readonly adopt?: boolean
  /** Carry out what `maxChange` would hold back. */
  readonly force?: boolean
  /** Milliseconds; default two minutes. */
  readonly deadlineMs?: number
}

/** What became of one provider. */
export interface OnceResult {
  readonly provider: ProviderSettings
  readonly zone?: string
  /** Its changes are those that were made, and what is still to be done; absent where the zone could not be read. */
  readonly plan?: Plan
  /** Changes that were made; each stands in the plan. */
  readonly made: readonly PlannedChange[]
  readonly calls: number
  /** What ended it before its time. */
  readonly error?: { readonly code: string; readonly message: string }
}

/** A cron job must end soon; an outage of minutes is for the next one to see. */
const DEADLINE_MS = 120_000

/**
 * One reading, one plan and, unless `planOnly`, its changes, for all providers at once, so that one that does not answer keeps no other
 * waiting; results in the order of the configuration. All of it is over within `deadlineMs` milliseconds and what it takes to close.
 */
export async function* reconcileOnce(
  settings: Settings,
  snapshot: Snapshot,
  options: OnceOptions,
): AsyncGenerator<OnceResult> {
  const timers = createTimerWheel(systemClock)
  const paces = new Paces(systemClock, timers)
  const all = [...settings.providers.values()].map((one) => once(one, snapshot, options, { timers, paces }))
  // None is lost: what one of them throws is thrown when its turn comes.
  const over = Promise.allSettled(all)
  try {
    for (const result of all) yield await result
  } finally {
    await over
    timers.stop()
  }
}

async function once(
  settings: ProviderSettings,
  snapshot: Snapshot,
  options: OnceOptions,
  { timers, paces }: { readonly timers: Timers; readonly paces: Paces },
): Promise<OnceResult> {
  const definition = definitionOf(settings)
  const pace = new CountedPace(paces.of(settings, definition))
  const deps = { clock: systemClock, timers, random: systemRandom, logger: silentLogger }
  const provider = openProvider(settings, deps, pace)
  const { maxChange, ...rest } = settings
  const reconciler = new Reconciler(provider, {
    ...rest,
    marks: definition.marks,
    adopt: options.adopt ?? settings.adopt,
    ...(options.force === true
      ? { maxChange: { percent: 100 } }
      : maxChange === undefined
        ? {}
        : { maxChange }),
  })
  const zones = [...snapshot.zones.values()].filter((zone) => zone.publish.includes(settings.name))
  const wanted = wantedFrom(zones, provider.limits)
  const pass = new Pass(reconciler, wanted, options.planOnly || settings.dryRun, pace)
  try {
    await pass.run(options.deadlineMs ?? DEADLINE_MS, (delayMs) => {
      return new Promise((resolve) => void timers.after(delayMs, resolve))
    })
  } finally {
    await provider.close()
  }
  const { plan, made, error } = pass
  return {
    provider: settings,
    ...(reconciler.zone === undefined ? {} : { zone: reconciler.zone.origin }),
    ...(plan === undefined ? {} : { plan }),
    made,
    calls: pace.calls,
    ...(error === undefined ? {} : { error: { code: error.code, message: error.message } }),
  }
}

/** From the first reading to the last batch, over errors that trying again helps. */
class Pass {
  plan: Plan | undefined
  readonly made: PlannedChange[] = []
  error: ProviderError | undefined
  readonly #reconciler: Reconciler
  readonly #wanted: Wanted
  readonly #planOnly: boolean
  readonly #pace: CallPace
  /** Of the last call, where its reply was lost: made, if the next plan has nothing more to do about them. */
  #doubtful: readonly PlannedChange[] = []

  constructor(reconciler: Reconciler, wanted: Wanted, planOnly: boolean, pace: CallPace) {
    this.#reconciler = reconciler
    this.#wanted = wanted
    this.#planOnly = planOnly
    this.#pace = pace
  }

  async run(deadlineMs: number, pause: (delayMs: number) => Promise<void>): Promise<void> {
    const endMs = systemClock.nowMs() + deadlineMs
    const signal = AbortSignal.timeout(deadlineMs)
    for (let failures = 0; ; ) {
      try {
        if (!(await this.#step(signal))) return
        failures = 0
      } catch (error) {
        if (!(error instanceof ProviderError)) throw error
        failures += 1
        // What was refused for good is set aside by now; the rest goes on.
        const goesOn = error.retryable || error.fault === 'refused' || error.fault === 'quota'
        const delayMs = error.retryable ? retryDelayMs(error, failures, systemRandom) : 0
        if (error.fault === 'throttled') this.#pace.throttled(error.retryAfterMs)
        if (goesOn && systemClock.nowMs() + delayMs < endMs) await pause(delayMs)
        else {
          this.error = error
          return
        }
      }
    }
  }

  async #step(signal: AbortSignal): Promise<boolean> {
    await this.#reconciler.prepare(this.#wanted, signal)
    const plan = this.#reconciler.plan(this.#wanted)
    this.#tell(plan)
    if (this.#planOnly || dueOf(plan).length === 0) return false
    const batch = this.#reconciler.nextBatch(plan)
    try {
      await this.#reconciler.apply(batch, signal)
    } catch (error) {
      if (error instanceof ProviderError && error.uncertain) this.#doubtful = batch
      throw error
    }
    this.made.push(...batch)
    return true
  }

  /** What was made, and by the newest plan what is left: somebody else's hand in between, or a refusal, changes what there is to do. */
  #tell(plan: Plan): void {
    const open = new Set(plan.changes.map(keyOf))
    this.made.push(...this.#doubtful.filter((change) => !open.has(keyOf(change))))
    this.#doubtful = []
    const { owned, passes } = this.plan ?? plan
    this.plan = {
      ...plan,
      owned,
      ...(passes === undefined ? {} : { passes }),
      changes: [...this.made, ...plan.changes],
    }
  }
}

function keyOf({ before, after, name, type }: PlannedChange): string {
  return setKey(after ?? before ?? { name, type })
}

/** The pace of an account, and how many of its calls one provider made. */
class CountedPace implements CallPace {
  readonly #pace: CallPace
  calls = 0

  constructor(pace: CallPace) {
    this.#pace = pace
  }

  async turn(signal: AbortSignal): Promise<void> {
    await this.#pace.turn(signal)
    this.calls += 1
  }

  throttled(retryAfterMs?: number): void {
    this.#pace.throttled(retryAfterMs)
  }

  hold(delayMs: number): void {
    this.#pace.hold(delayMs)
  }
}
