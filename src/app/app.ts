import { isDeepStrictEqual } from 'node:util'
import { type DomainName, targetId } from '../core/brand.ts'
import { messageOf } from '../core/errors.ts'
import type { Clock, Logger, Random } from '../core/ports.ts'
import type { Settings } from '../core/settings.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { Answering } from './answering.ts'
import { Asking } from './asking.ts'
import { currentDecisions } from './current-decisions.ts'
import { AddressDiscovery } from './discovery/discovery.ts'
import { unaddressedPools } from './discovery/unaddressed.ts'
import { Engine } from './engine.ts'
import { EventLog } from './event-log.ts'
import type { App } from './facade.ts'
import { FirstVerdicts } from './first-verdicts.ts'
import { Hooks } from './hooks.ts'
import { LbAnswers } from './lb-answers.ts'
import { type OverrideOrder, overrideOf } from './override-order.ts'
import { StateDir } from './state-dir.ts'
import { type StatusReport, statusReport } from './status.ts'
import { systemClock, systemRandom } from './system.ts'
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
  const startedMs = clock.nowMs()
  /** As it stands in the file, and with the addresses that were discovered. */
  let configured = initial
  let settings = initial
  let changing: Promise<void> = Promise.resolve()
  let started = false
  let engine: Engine | undefined
  let firstVerdicts: FirstVerdicts | undefined
  const state = new StateDir({ clock, timers, logger })
  const events = new EventLog({ clock, logger, node: initial.node, defer: setImmediate })
  const hooks = new Hooks({ clock, timers, random, logger, tell: events.tell })
  events.subscribe((event) => hooks.take(event))
  events.subscribe((event) => state.append(event))
  const answering = new Answering({ logger, random, timers, snapshot: () => engine?.snapshot })
  const updaters = new Updaters({ clock, timers, random, logger, blind, withheld })
  const discovery = new AddressDiscovery({ clock, timers, logger, changed: readdress })
  const lbAnswers = new LbAnswers({ clock, logger })
  const asking = new Asking({
    clock,
    timers,
    random,
    logger,
    roster: () => engine?.roster,
    observe: (watch, outcome) => {
      const health = running().observe(watch, outcome)
      firstVerdicts?.saw(watch, health)
      return health
    },
    takeBackLoss: (watch) => running().takeBackLoss(watch),
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
    report: (pool, target, order) => asking.report(pool, target, order, settings),
    lb: (pool, target) => lbAnswers.answer(running(), pool, target, settings.lb?.handoverMs),
    requestReload: () =>
      deps.reread?.() ?? Promise.resolve(['this instance cannot read its configuration again']),
    snapshot: () => engine?.snapshot,
  }

  function running(): Engine {
    if (engine === undefined) throw new Error('the app is not started')
    return engine
  }

  /** Nothing is known to publish by: nothing answers. */
  function blind(): boolean {
    return engine?.blind === true
  }

  /** Zones with answers of pools that have no address at all, from the start on or since a reload. */
  function withheld(): ReadonlySet<DomainName> {
    const { zonesOfPool } = running().roster
    return new Set(unaddressedPools(settings).flatMap((pool) => zonesOfPool.get(pool) ?? []))
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
      const release = await asking.adopt(settings)
      await release()
      const kept = await state.open(settings)
      events.recall(kept.events)
      engine = new Engine(settings, kept.memory, {
        clock,
        timers,
        logger,
        tell: events.tell,
        defer: setImmediate,
        hasten: (keys) => asking.hasten(keys),
        publish,
      })
      engine.flush()
      state.watch(() => running().memory())
      await updaters.adopt(settings)
      await hooks.adopt(settings)
      firstVerdicts = new FirstVerdicts(engine.roster.watches, timers)
      firstVerdicts.whenDone((open) => updaters.release(open))
      firstVerdicts.whenDone(() => hooks.release(currentDecisions(running(), (facts) => events.stamp(facts))))
      // Sockets open with answers behind them: zones are loaded and last known health is read (no blind window).
      await answering.open(settings.dns)
      asking.begin(new Set(engine.roster.watches.keys()), engine.roster)
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
    const before = present.roster
    const release = await asking.adopt(next)
    try {
      await answering.replace(settings.dns, next.dns)
    } catch (error) {
      // The probers of the old configuration come back as they were asked for before.
      const undo = await asking.adopt(settings)
      await undo()
      throw error
    }
    settings = next
    present.reload(next)
    await updaters.adopt(next)
    await hooks.adopt(next)
    const touched = asking.move(before, present.roster, next)
    await release()
    state.moved()
    return touched
  }

  async function stop(): Promise<void> {
    await discovery.close()
    await changing
    asking.stop()
    engine?.stop()
    firstVerdicts?.stop()
    await updaters.close()
    await hooks.close()
    await answering.close()
    await state.close()
    await asking.close()
    timers.stop()
  }

  function publish(snapshot: Snapshot): void {
    answering.publish(snapshot)
    updaters.publish(snapshot)
    state.moved()
  }

  function settled(): Promise<void> {
    return new Promise((resolve) => firstVerdicts?.whenDone(() => resolve()))
  }

  function status(): StatusReport {
    return statusReport({
      settings,
      engine: running(),
      lateness: asking.lateness(),
      version,
      nowMs: clock.nowMs(),
      startedMs,
      notReady: notReady(),
      providers: updaters.report(),
      hooks: hooks.report(),
      ...(answering.responder === undefined ? {} : { responder: answering.responder }),
    })
  }

  function setOverride(pool: string, target: string, order: OverrideOrder): boolean {
    const id = targetId(pool, target)
    if (!running().roster.targets.has(id)) return false
    running().setOverride(id, overrideOf(id, order, { clock, logger }))
    state.moved()
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
