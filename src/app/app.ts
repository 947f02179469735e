import { isDeepStrictEqual } from 'node:util'
import { targetId } from '../core/brand.ts'
import { messageOf } from '../core/errors.ts'
import type { Clock, Logger, Random } from '../core/ports.ts'
import type { Settings } from '../core/settings.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { pooledRandomBytes } from '../probes/transport/random-bytes.ts'
import { createSipTransports } from '../probes/transport/shared-sip-transports.ts'
import { type EventFile, openEventFile } from '../state/event-file.ts'
import { openHealthFile } from '../state/health-file.ts'
import { Answering } from './answering.ts'
import { currentDecisions } from './current-decisions.ts'
import { AddressDiscovery } from './discovery/discovery.ts'
import { Engine } from './engine.ts'
import { EventLog } from './event-log.ts'
import type { App } from './facade.ts'
import { FirstVerdicts } from './first-verdicts.ts'
import { Hooks } from './hooks.ts'
import { LbAnswers } from './lb-answers.ts'
import { NO_MEMORY } from './memory.ts'
import { MemoryKeeper } from './memory-keeper.ts'
import { type OverrideOrder, overrideOf } from './override-order.ts'
import { Probers } from './probers.ts'
import { ReportStore } from './report-board.ts'
import { changedWatches, keysOver } from './roster.ts'
import { firstDelayMs, Scheduler } from './scheduler.ts'
import { type StatusReport, statusReport } from './status.ts'
import { socketBudget, systemClock, systemRandom } from './system.ts'
import { concernedBy, pushProbes, type ReportOrder, type ReportReceipt, takeReport } from './take-report.ts'
import { createTimerWheel } from './timer-wheel.ts'
import { Updaters } from './updaters.ts'

export interface AppDeps {
  readonly logger: Logger
  readonly version: string
  /** Reads and applies the configuration anew, by the means of whoever started the app. */
  readonly reread?: () => Promise<readonly string[] | undefined>
  readonly clock?: Clock
  readonly random?: Random
}

/** Puts the layers together; the only place that knows all of them. */
export function createApp(initial: Settings, deps: AppDeps): App {
  const { logger, version } = deps
  const clock = deps.clock ?? systemClock
  const random = deps.random ?? systemRandom
  const timers = createTimerWheel(clock)
  const sip = createSipTransports({
    clock,
    timers,
    randomBytes: pooledRandomBytes(),
    limits: { maxSockets: socketBudget() },
  })
  const reports = new ReportStore()
  const probers = new Probers({ clock, timers, logger, sip, reports })
  const startedMs = clock.nowMs()
  /** As it stands in the file, and with the addresses that were discovered. */
  let configured = initial
  let settings = initial
  let changing: Promise<void> = Promise.resolve()
  let started = false
  let engine: Engine | undefined
  let keeper: MemoryKeeper | undefined
  let firstVerdicts: FirstVerdicts | undefined
  let history: EventFile | undefined
  const events = new EventLog({ clock, logger, node: initial.node, defer: setImmediate })
  const hooks = new Hooks({ clock, timers, random, logger, tell: events.tell })
  events.subscribe((event) => hooks.take(event))
  events.subscribe((event) => history?.append(event))
  const answering = new Answering({ logger, random, timers, clock, snapshot: () => engine?.snapshot })
  const updaters = new Updaters({ clock, timers, random, logger, blind: () => engine?.blind === true })
  const discovery = new AddressDiscovery({ clock, timers, logger, changed: readdress })
  const lbAnswers = new LbAnswers({ clock, logger })
  const scheduler = new Scheduler({
    clock,
    timers,
    random,
    logger,
    observe: (watch, outcome) => {
      const health = running().observe(watch, outcome)
      firstVerdicts?.saw(watch, health)
      return health
    },
  })

  // A held connection that breaks is the first sign of many a fault: ask at once rather than at the next turn.
  const unhook = sip.onLost(({ endpoint }) => {
    if (engine !== undefined) scheduler.hasten(keysOver(endpoint, engine.roster), 'tripped')
  })

  return {
    start,
    reload,
    stop,
    status,
    notReady,
    events,
    settled,
    setOverride,
    report,
    lb: (pool, target) => lbAnswers.answer(running(), pool, target, settings.lb?.handoverMs),
    requestReload: () =>
      deps.reread?.() ?? Promise.resolve(['this instance cannot read its configuration again']),
    snapshot: () => engine?.snapshot,
  }

  function running(): Engine {
    if (engine === undefined) throw new Error('the app is not started')
    return engine
  }

  /** The discovered addresses are others; while the app starts that waits for its end. */
  function readdress(): void {
    if (!started) return
    void inTurn(async () => void (await takeOver(discovery.applied(configured)))).catch((error: unknown) => {
      logger.error('address.not-taken', { error }, `a new address is not in force: ${messageOf(error)}`)
    })
  }

  async function start(): Promise<void> {
    try {
      await discovery.adopt(configured)
      settings = discovery.applied(configured)
      const release = await probers.adopt(settings)
      await release()
      if (settings.stateDir !== undefined) {
        const file = openHealthFile(settings.stateDir, { clock, logger })
        keeper = new MemoryKeeper(file, { clock, timers, logger, node: settings.node })
        history = openEventFile(settings.stateDir, { logger })
        events.recall(await history.tail())
      }
      const memory = (await keeper?.recall()) ?? NO_MEMORY
      engine = new Engine(settings, memory, {
        clock,
        timers,
        logger,
        tell: events.tell,
        defer: setImmediate,
        hasten: (keys) => scheduler.hasten(keys),
        publish,
      })
      engine.flush()
      keeper?.watch(() => running().memory())
      await updaters.adopt(settings)
      await hooks.adopt(settings)
      firstVerdicts = new FirstVerdicts(engine.roster.watches, timers)
      firstVerdicts.whenDone((open) => updaters.release(open))
      firstVerdicts.whenDone(() => hooks.release(currentDecisions(running(), (facts) => events.stamp(facts))))
      // Sockets open with answers behind them: zones are loaded and last known health is read (no blind window).
      await answering.open(settings.dns)
      watchAll(new Set(engine.roster.watches.keys()))
      started = true
      if (!isDeepStrictEqual(discovery.applied(configured), settings)) readdress()
    } catch (error) {
      await stop()
      throw error
    }
    const { watches, targets } = engine.roster
    logger.info(
      'app.started',
      {
        zones: settings.zones.size,
        pools: settings.pools.size,
        targets: targets.size,
        watches: watches.size,
        dns: answering.responder?.addresses(),
      },
      `watching ${targets.size} targets in ${settings.pools.size} pools, answering for ${settings.zones.size} zones`,
    )
  }

  /** One change of the configuration after the other. */
  function inTurn(change: () => Promise<void>): Promise<void> {
    const done = changing.then(change)
    changing = done.catch(() => {})
    return done
  }

  function reload(next: Settings): Promise<void> {
    return inTurn(async () => {
      await discovery.adopt(next)
      try {
        const touched = await takeOver(discovery.applied(next))
        configured = next
        logger.info(
          'config.reloaded',
          { watches: running().roster.watches.size, touched },
          `new configuration in force; ${touched} watches began anew`,
        )
      } catch (error) {
        await discovery.adopt(configured)
        throw error
      }
    })
  }

  /** Puts it in force; gives back how many watches began anew. */
  async function takeOver(next: Settings): Promise<number> {
    const present = running()
    const before = present.roster.watches
    const release = await probers.adopt(next)
    try {
      await answering.replace(settings.dns, next.dns)
    } catch (error) {
      // The probers of the old configuration come back as they were asked for before.
      const undo = await probers.adopt(settings)
      await undo()
      throw error
    }
    settings = next
    present.reload(next)
    reports.keepOnly((target, probe) => {
      const known = present.roster.targets.get(target)
      return known !== undefined && pushProbes(known.pool, next).includes(probe)
    })
    await updaters.adopt(next)
    await hooks.adopt(next)
    const touched = changedWatches(before, present.roster.watches)
    for (const key of before.keys()) if (!present.roster.watches.has(key)) scheduler.stop(key)
    watchAll(touched)
    await release()
    keeper?.moved()
    return touched.size
  }

  async function stop(): Promise<void> {
    unhook()
    await discovery.close()
    await changing
    scheduler.stopAll()
    engine?.stop()
    firstVerdicts?.stop()
    await updaters.close()
    await hooks.close()
    await history?.close()
    await answering.close()
    if (engine !== undefined) await keeper?.close()
    await probers.close()
    await sip.close()
    timers.stop()
  }

  function publish(snapshot: Snapshot): void {
    answering.publish(snapshot)
    updaters.publish(snapshot)
    keeper?.moved()
  }

  function settled(): Promise<void> {
    return new Promise((resolve) => firstVerdicts?.whenDone(() => resolve()))
  }

  function watchAll(keys: ReadonlySet<string>): void {
    let index = 0
    for (const key of keys) {
      const watch = running().roster.watches.get(key)
      if (watch === undefined) continue
      scheduler.start(
        watch,
        probers.get(watch.probe.name),
        firstDelayMs(index++, keys.size, watch.probe.intervalMs, random.next()),
      )
    }
  }

  function report(pool: string, target: string, order: ReportOrder): ReportReceipt {
    const receipt = takeReport(pool, target, order, { settings, reports, nowMs: clock.nowMs() })
    if (receipt.taken) {
      const watches = engine?.roster.watches.values() ?? []
      scheduler.hasten(concernedBy(watches, pool, target, receipt.probe, settings))
    }
    return receipt
  }

  function status(): StatusReport {
    return statusReport({
      settings,
      engine: running(),
      lateness: scheduler.lateness(),
      version,
      nowMs: clock.nowMs(),
      startedMs,
      notReady: notReady(),
      providers: updaters.report(),
      hooks: hooks.report(),
      ...(answering.responder === undefined ? {} : { responder: answering.responder }),
    })
  }

  function setOverride(pool: string, target: string, order: OverrideOrder | undefined): boolean {
    const id = targetId(pool, target)
    if (!running().roster.targets.has(id)) return false
    running().setOverride(id, overrideOf(id, order, { clock, logger }))
    keeper?.moved()
    return true
  }

  function notReady(): readonly string[] {
    if (engine === undefined || engine.snapshot === undefined) return ['zones are not loaded']
    if (engine.unasked > 0)
      return [
        `the first round is not done: ${engine.unasked} of ${engine.roster.watches.size} questions are open`,
      ]
    return []
  }
}
