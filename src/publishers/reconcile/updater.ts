import { isDeepStrictEqual } from 'node:util'
import type { Clock, Logger, Random, Timers } from '../../core/ports.ts'
import type { Snapshot, Zone } from '../../core/snapshot.ts'
import type { Provider } from '../providers/definition.ts'
import { ProviderError } from '../providers/error.ts'
import type { Publisher } from '../publisher.ts'
import { type Contended, Contention } from './contention.ts'
import { Ledger } from './ledger.ts'
import { UpdaterLog } from './log.ts'
import type { Pacer } from './pacer.ts'
import { dueOf, type Plan, type PlannedChange } from './plan.ts'
import { Progress } from './progress.ts'
import { PropagationWatch } from './propagation.ts'
import { Reconciler, type ReconcilerSettings } from './reconciler.ts'
import type { UpdaterReport } from './report.ts'
import { mayHurry, retryDelayMs } from './retry.ts'
import { Settlement } from './settlement.ts'
import { type NextTurn, Turns } from './turns.ts'
import { type Wanted, wantedFrom } from './wanted.ts'

export interface UpdaterSettings extends ReconcilerSettings {
  /** As `zones.*.publish` names it. */
  readonly name: string
  readonly dryRun: boolean
}

export interface UpdaterDeps {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly logger: Logger
  /** The same that the provider asks before each call. */
  readonly pace: Pacer
}

/** What a fault moves comes within a few turns of the event loop: long enough to gather it, too short to be missed. */
const COALESCE_MS = 50
/** A TTL or a weight alone waits this long for company: a suspicion that passes costs no call. */
const ROUTINE_MS = 10_000
/** A call that is under way when we stop has this long to end by itself. */
const GRACE_MS = 2_000

/**
 * Keeps one provider's zone as the newest snapshot wants it. One thing at a time: read where need be, plan by the newest snapshot,
 * make one batch, plan again; so a newer snapshot takes the place of an older one between any two batches, and never the other way.
 */
export class Updater implements Publisher {
  readonly name: string
  readonly #provider: Provider
  readonly #settings: UpdaterSettings
  readonly #deps: UpdaterDeps
  readonly #reconciler: Reconciler
  readonly #progress = new Progress()
  readonly #contention = new Contention()
  readonly #settlement = new Settlement()
  readonly #ledger: Ledger
  readonly #log: UpdaterLog
  readonly #watch: PropagationWatch
  readonly #turns: Turns
  readonly #abort = new AbortController()
  #zones: readonly Zone[] = []
  #wanted: Wanted | undefined
  /** When the oldest decision came that is not yet at the provider. */
  #decidedAtMs: number | undefined
  #routineDueMs: number | undefined
  /** Ends the reading that is under way. */
  #breakOff: (() => void) | undefined

  constructor(provider: Provider, settings: UpdaterSettings, deps: UpdaterDeps) {
    this.name = settings.name
    this.#ledger = new Ledger(deps.clock)
    this.#provider = this.#ledger.watch(provider)
    this.#settings = settings
    this.#deps = deps
    this.#reconciler = new Reconciler(this.#provider, settings)
    this.#log = new UpdaterLog(settings.name, settings.dryRun, deps.logger)
    this.#watch = new PropagationWatch(this.#provider, settings.name, deps)
    this.#turns = new Turns(() => this.#turn(), deps.clock, deps.timers)
  }

  publish(snapshot: Snapshot): void {
    const zones = [...snapshot.zones.values()].filter((zone) => zone.publish.includes(this.name))
    const moved = zones.length !== this.#zones.length || zones.some((zone, at) => zone !== this.#zones[at])
    if (!moved && this.#wanted !== undefined) return
    this.#zones = zones
    const wanted = wantedFrom(zones, this.#provider.limits)
    // A serial moves with static records too, which are no concern of ours.
    if (isDeepStrictEqual(wanted, this.#wanted)) return
    if (!isDeepStrictEqual(wanted.sets, this.#wanted?.sets)) this.#contention.release()
    this.#wanted = wanted
    this.#decidedAtMs ??= this.#deps.clock.nowMs()
    this.#turns.wake(COALESCE_MS)
    if (this.#breakOff !== undefined && this.#goesFirst(wanted)) this.#breakOff()
  }

  /** Reads anew, and reports and mends what others changed. */
  resync(): void {
    if (this.#wanted === undefined) return
    this.#reconciler.refresh()
    this.#turns.wake(0)
  }

  report(): UpdaterReport {
    const { owner, dryRun } = this.#settings
    return this.#progress.report({
      owner,
      dryRun,
      zone: this.#reconciler.zone?.origin,
      wanted: this.#wanted,
      propagatedMs: this.#watch.propagatedMs,
      contended: this.#contention.at(this.#deps.clock.nowMs()),
      pace: this.#deps.pace,
      ledger: this.#ledger,
    })
  }

  async close(): Promise<void> {
    this.#watch.stop()
    const cancel = this.#deps.timers.after(GRACE_MS, () => this.#abort.abort())
    await this.#turns.close()
    cancel()
    this.#abort.abort()
    await this.#provider.close()
  }

  /** Until nothing is left to do now, or a call fails. Never rejects. */
  async #turn(): Promise<NextTurn | undefined> {
    try {
      for (;;) {
        const next = await this.#step()
        if (next !== 'more') return next
      }
    } catch (error) {
      return this.#failed(error)
    }
  }

  /** One reading, or one batch, or none when there is nothing more to do now. */
  async #step(): Promise<'more' | NextTurn | undefined> {
    const wanted = this.#wanted
    if (wanted === undefined) return undefined
    const progress = this.#progress
    if (progress.failure === undefined) progress.state = 'working'
    const fresh = await this.#look(wanted)
    if (fresh === 'broken off') return undefined
    if (fresh) progress.read(this.#deps.clock.nowMs())
    // A newer snapshot came while we read.
    if (wanted !== this.#wanted) return 'more'
    const plan = this.#reconciler.plan(wanted)
    progress.planned(plan)
    this.#log.planned(plan)
    if (fresh) this.#drifted(this.#settlement.takeDrift(plan, wanted))
    const due = dueOf(plan)
    if (due.length === 0 || this.#settings.dryRun) {
      this.#settled(plan, wanted)
      return undefined
    }
    const contended = this.#contention.at(this.#deps.clock.nowMs())
    if (contended !== undefined) return this.#contended(contended)
    // Somebody's slip is mended at once, not after the pause that a routine change makes.
    const waitMs = fresh ? 0 : this.#waitMs(due)
    if (waitMs > 0) return { inMs: waitMs, hurry: true }
    await this.#apply(this.#reconciler.nextBatch(plan), due)
    return 'more'
  }

  /** Reads where need be: true where that was done now. */
  async #look(wanted: Wanted): Promise<boolean | 'broken off'> {
    if (this.#goesFirst(wanted)) return false
    if (this.#reconciler.canWait(wanted)) {
      const plan = this.#reconciler.plan(wanted)
      // By all that we know it is as it shall be: what the reading finds otherwise was somebody else.
      if (plan.changes.length === 0) this.#settlement.reached(plan, wanted)
    }
    const reading = new AbortController()
    this.#breakOff = () => reading.abort()
    try {
      return await this.#reconciler.prepare(wanted, AbortSignal.any([this.#abort.signal, reading.signal]))
    } catch (error) {
      if (reading.signal.aborted && !this.#abort.signal.aborted) return 'broken off'
      throw error
    } finally {
      this.#breakOff = undefined
    }
  }

  /**
   * Whether there is something to do before a resync has read the zone. A reading may take long, or fail for as long as it likes; what
   * moves calls does not wait for it, since every provider checks a change against what was read (`Provider.apply`).
   */
  #goesFirst(wanted: Wanted): boolean {
    if (this.#settings.dryRun || !this.#reconciler.canWait(wanted)) return false
    if (this.#contention.at(this.#deps.clock.nowMs()) !== undefined) return false
    return dueOf(this.#reconciler.plan(wanted)).some(isUrgent)
  }

  async #apply(batch: readonly PlannedChange[], due: readonly PlannedChange[]): Promise<void> {
    const { clock } = this.#deps
    const startMs = clock.nowMs()
    const decidedAtMs = this.#decidedAtMs
    const applied = await this.#reconciler.apply(batch, this.#abort.signal)
    const nowMs = clock.nowMs()
    this.#recovered()
    this.#progress.applied(batch.length, nowMs)
    this.#contention.applied(batch)
    const made = new Set(batch)
    const urgentLeft = due.some((change) => isUrgent(change) && !made.has(change))
    if (decidedAtMs !== undefined && batch.some(isUrgent) && !urgentLeft) {
      this.#progress.accepted(nowMs - decidedAtMs)
      this.#decidedAtMs = undefined
    }
    this.#log.applied(batch, {
      callMs: nowMs - startMs,
      ...(decidedAtMs === undefined ? {} : { sinceDecisionMs: nowMs - decidedAtMs }),
      ...(applied.reference === undefined ? {} : { reference: applied.reference }),
    })
    this.#watch.follow(applied)
  }

  /** How long the changes may wait for company, in milliseconds: only what is routine through and through waits. */
  #waitMs(due: readonly PlannedChange[]): number {
    if (due.some(isUrgent)) return 0
    const nowMs = this.#deps.clock.nowMs()
    this.#routineDueMs ??= nowMs + ROUTINE_MS
    if (nowMs >= this.#routineDueMs) return 0
    this.#recovered()
    this.#progress.state = 'waiting'
    this.#decidedAtMs = undefined
    return this.#routineDueMs - nowMs
  }

  #settled(plan: Plan, wanted: Wanted): void {
    this.#recovered()
    this.#routineDueMs = undefined
    this.#decidedAtMs = undefined
    if (plan.held !== undefined) this.#progress.state = 'held'
    else if (plan.changes.length > 0) this.#progress.state = 'dry-run'
    else {
      this.#progress.state = plan.refusals.length > 0 ? 'refused' : 'converged'
      this.#progress.converged(this.#deps.clock.nowMs())
      // Who had the word may move while the sets do not: no news.
      if (this.#settlement.reached(plan, wanted)) this.#log.converged(plan)
    }
  }

  #drifted(drift: readonly PlannedChange[]): void {
    if (drift.length === 0) return
    this.#progress.drifted(drift.filter((change) => !change.isMark).length)
    this.#log.drifted(drift)
    const reverted = this.#contention.reverted(drift)
    if (reverted.length === 0 || this.#settings.dryRun) return
    const nowMs = this.#deps.clock.nowMs()
    const contended = this.#contention.note(nowMs)
    if (contended !== undefined) this.#log.contended(reverted, contended, nowMs)
  }

  #contended({ untilMs }: Contended): NextTurn {
    this.#recovered()
    this.#progress.state = 'contended'
    this.#decidedAtMs = undefined
    return { inMs: untilMs - this.#deps.clock.nowMs(), hurry: true }
  }

  #recovered(): void {
    const { failure } = this.#progress
    if (failure !== undefined) this.#log.recovered(failure.attempts)
    this.#progress.failure = undefined
  }

  #failed(error: unknown): NextTurn | undefined {
    if (this.#abort.signal.aborted) return undefined
    const { clock, random, pace } = this.#deps
    let known = error instanceof ProviderError ? error : undefined
    if (known === undefined) {
      this.#log.broken(error)
      this.#reconciler.forget()
      known = new ProviderError('protocol', 'a fault of our own while talking to the provider')
    }
    const fault = known
    if (fault.fault === 'throttled') pace.throttled(fault.retryAfterMs)
    const nowMs = clock.nowMs()
    const { attempts, nextAtMs } = this.#progress.failed(fault, nowMs, (count) =>
      retryDelayMs(fault, count, random),
    )
    this.#log.failed(fault, attempts, nextAtMs - nowMs)
    return { inMs: nextAtMs - nowMs, hurry: mayHurry(fault) }
  }
}

function isUrgent(change: PlannedChange): boolean {
  return change.urgency === 'urgent'
}
