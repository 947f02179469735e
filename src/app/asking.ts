import type { HealthState } from '../core/health.ts'
import type { Outcome } from '../core/outcome.ts'
import type { Clock, Logger, Random, Timers } from '../core/ports.ts'
import type { Settings } from '../core/settings.ts'
import { pooledRandomBytes } from '../probes/transport/random-bytes.ts'
import { createSipTransports } from '../probes/transport/shared-sip-transports.ts'
import { firstDelayMs } from './first-round.ts'
import type { LatenessReport } from './lateness.ts'
import { Probers } from './probers.ts'
import { ReportStore } from './report-board.ts'
import { changedWatches, keysOver, type Roster, type Watch } from './roster.ts'
import { Scheduler } from './scheduler.ts'
import { socketBudget } from './system.ts'
import { concernedBy, pushProbes, type ReportOrder, type ReportReceipt, takeReport } from './take-report.ts'

export interface AskingDeps {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly logger: Logger
  /** Takes an outcome into account and gives back the health that it leads to. */
  readonly observe: (watch: Watch, outcome: Outcome) => HealthState
  /** Takes back what the watch's last outcome taught of loss; undefined where there is no such watch. */
  readonly takeBackLoss: (watch: Watch) => HealthState | undefined
  /** Who is watched now. Absent: nobody yet. */
  readonly roster: () => Roster | undefined
}

/**
 * The side of an instance that asks: the probers of its configuration, the sockets that they share, their schedule, and what others report.
 */
export class Asking {
  readonly #deps: AskingDeps
  readonly #sip: ReturnType<typeof createSipTransports>
  readonly #reports = new ReportStore()
  readonly #probers: Probers
  readonly #scheduler: Scheduler
  readonly #unhook: () => void

  constructor(deps: AskingDeps) {
    this.#deps = deps
    const { clock, timers, logger } = deps
    this.#sip = createSipTransports({
      clock,
      timers,
      randomBytes: pooledRandomBytes(),
      limits: { maxSockets: socketBudget() },
    })
    this.#probers = new Probers({ clock, timers, logger, sip: this.#sip, reports: this.#reports })
    this.#scheduler = new Scheduler(deps)
    // A held connection that breaks is the first sign of many a fault: ask at once rather than at the next turn.
    this.#unhook = this.#sip.onLost(({ endpoint }) => {
      const roster = deps.roster()
      if (roster !== undefined) this.#scheduler.hasten(keysOver(endpoint, roster), 'tripped')
    })
  }

  /** Makes the probers of a configuration ready, all of them or none, as `Probers.adopt` does. */
  adopt(settings: Settings): Promise<() => Promise<void>> {
    return this.#probers.adopt(settings)
  }

  /** Asks these watches of the roster from now on. */
  begin(keys: ReadonlySet<string>, roster: Roster): void {
    let index = 0
    for (const key of keys) {
      const watch = roster.watches.get(key)
      if (watch === undefined) continue
      this.#scheduler.start(
        watch,
        this.#probers.get(watch.probe.name),
        firstDelayMs(index++, keys.size, watch.probe.intervalMs, this.#deps.random.next()),
      )
    }
  }

  /** Moves from one roster to that of new settings; what both have goes on. Gives back how many watches began anew. */
  move(before: Roster, after: Roster, settings: Settings): number {
    this.#reports.keepOnly((target, probe) => {
      const known = after.targets.get(target)
      return known !== undefined && pushProbes(known.pool, settings).includes(probe)
    })
    for (const key of before.watches.keys()) if (!after.watches.has(key)) this.#scheduler.stop(key)
    const touched = changedWatches(before.watches, after.watches)
    this.begin(touched, after)
    return touched.size
  }

  /** Asks these watches now rather than at their next turn. */
  hasten(keys: Iterable<string>): void {
    this.#scheduler.hasten(keys)
  }

  /** Takes what somebody else found out, and asks the questions that go by it at once. */
  report(pool: string, target: string, order: ReportOrder, settings: Settings): ReportReceipt {
    const receipt = takeReport(pool, target, order, {
      settings,
      reports: this.#reports,
      nowMs: this.#deps.clock.nowMs(),
    })
    if (receipt.taken) {
      const watches = this.#deps.roster()?.watches.values() ?? []
      this.#scheduler.hasten(concernedBy(watches, pool, target, receipt.probe, settings))
    }
    return receipt
  }

  lateness(): LatenessReport {
    return this.#scheduler.lateness()
  }

  /** No question starts any more, and those that are open tell nobody. */
  stop(): void {
    this.#unhook()
    this.#scheduler.stopAll()
  }

  async close(): Promise<void> {
    await this.#probers.close()
    await this.#sip.close()
  }
}
