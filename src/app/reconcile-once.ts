import { silentLogger } from '../core/ports.ts'
import type { ProviderSettings, Settings } from '../core/settings.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { ProviderError } from '../publishers/providers/error.ts'
import { Pacer } from '../publishers/reconcile/pacer.ts'
import { dueOf, type Plan, type PlannedChange } from '../publishers/reconcile/plan.ts'
import { Reconciler } from '../publishers/reconcile/reconciler.ts'
import { retryDelayMs } from '../publishers/reconcile/retry.ts'
import { type Wanted, wantedFrom } from '../publishers/reconcile/wanted.ts'
import { systemClock, systemRandom } from './system.ts'
import { createTimerWheel } from './timer-wheel.ts'
import { definitionOf, openProvider } from './updaters.ts'

export interface OnceOptions {
  /** Only say what would be done. */
  readonly planOnly: boolean
  /** Take over what nobody marked, whatever the configuration says. */
  readonly adopt?: boolean
  /** Carry out what `maxChange` would hold back. */
  readonly force?: boolean
}

/** What became of one provider. */
export interface OnceResult {
  readonly provider: ProviderSettings
  readonly zone?: string
  /** What there was to do at first; absent where the zone could not be read. */
  readonly plan?: Plan
  /** Changes that were made. */
  readonly made: readonly PlannedChange[]
  readonly calls: number
  /** What ended it before its time. */
  readonly error?: { readonly code: string; readonly message: string }
}

/** A cron job must end before the next one starts; an outage of minutes is for the next one to see. */
const DEADLINE_MS = 120_000

/** One reading, one plan and, unless `planOnly`, its changes, for one provider after the other. */
export async function* reconcileOnce(
  settings: Settings,
  snapshot: Snapshot,
  options: OnceOptions,
): AsyncGenerator<OnceResult> {
  for (const provider of settings.providers.values()) yield await once(provider, snapshot, options)
}

async function once(
  settings: ProviderSettings,
  snapshot: Snapshot,
  options: OnceOptions,
): Promise<OnceResult> {
  const timers = createTimerWheel(systemClock)
  const definition = definitionOf(settings)
  const pace = new Pacer(definition.limits(settings.options), systemClock, timers)
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
    await pass.run((delayMs) => new Promise((resolve) => void timers.after(delayMs, resolve)))
  } finally {
    await provider.close()
    timers.stop()
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
  readonly #pace: Pacer

  constructor(reconciler: Reconciler, wanted: Wanted, planOnly: boolean, pace: Pacer) {
    this.#reconciler = reconciler
    this.#wanted = wanted
    this.#planOnly = planOnly
    this.#pace = pace
  }

  async run(pause: (delayMs: number) => Promise<void>): Promise<void> {
    const endMs = systemClock.nowMs() + DEADLINE_MS
    for (let failures = 0; ; ) {
      try {
        if (!(await this.#step(AbortSignal.timeout(DEADLINE_MS)))) return
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
    // The last plan tells what was refused; the first one what there was to do.
    this.plan = this.plan === undefined ? plan : { ...this.plan, refusals: plan.refusals }
    if (this.#planOnly || dueOf(plan).length === 0) return false
    const batch = this.#reconciler.nextBatch(plan)
    await this.#reconciler.apply(batch, signal)
    this.made.push(...batch)
    return true
  }
}
