import type { DomainName, TargetId } from '../core/brand.ts'
import type { Decision } from '../core/decision.ts'
import type { Tell } from '../core/event.ts'
import type { HealthState } from '../core/health.ts'
import type { Outcome } from '../core/outcome.ts'
import type { Clock, Logger, Timers } from '../core/ports.ts'
import type { Settings } from '../core/settings.ts'
import type { Snapshot } from '../core/snapshot.ts'
import type { Override, Verdict } from '../core/verdict.ts'
import type { LostFamily } from '../health/families.ts'
import { initialHealth, step } from '../health/machine.ts'
import { isNews } from '../health/news.ts'
import { endsOutage } from '../health/outage.ts'
import { provedSpurious } from '../health/spurious.ts'
import { Decider } from './decider.ts'
import type { Evidence } from './evidence.ts'
import { lookAround } from './look-around.ts'
import { Lookout } from './lookout.ts'
import type { Memory } from './memory.ts'
import type { Audience } from './narrate.ts'
import { Reviews } from './reviews.ts'
import { layOut, othersAt, type Roster, type Watch } from './roster.ts'
import { keepHealthOfLinks } from './same-link.ts'
import { ZoneSet } from './zone-set.ts'

export interface EngineDeps {
  readonly clock: Clock
  readonly timers: Timers
  readonly logger: Logger
  /** Told of what moved, as it moves. Absent: nobody is. */
  readonly tell?: Tell
  /** Runs `flush` soon, once the outcomes that are already here were taken in. */
  readonly defer: (flush: () => void) => void
  /** Asks these watches now: their answer settles whether our own network works. */
  readonly hasten: (keys: readonly string[]) => void
  /** Called with each new snapshot, in order. */
  readonly publish: (snapshot: Snapshot) => void
}

/**
 * outcomes -> health -> verdicts -> decisions -> snapshot, for the whole configuration. Holds all state of the middle, and does no I/O:
 * only what an outcome, an override, a reload or a deadline of a policy touches is worked out again.
 */
export class Engine {
  readonly #deps: EngineDeps
  #settings: Settings
  #roster: Roster
  readonly #health: Map<string, HealthState>
  readonly #overrides: Map<TargetId, Override>
  readonly #lookout: Lookout
  readonly #audience: Audience
  readonly #decider: Decider
  readonly #zones: ZoneSet
  readonly #reviews: Reviews
  readonly #unasked: Set<string>
  #dirty = new Set<string>()
  #flushing = false
  #stopped = false

  constructor(settings: Settings, memory: Memory, deps: EngineDeps) {
    this.#deps = deps
    this.#settings = settings
    this.#roster = layOut(settings)
    this.#health = new Map(memory.health)
    this.#overrides = new Map(memory.overrides)
    const { timers, hasten, logger } = deps
    this.#lookout = new Lookout({ timers, hasten, lookAgain: () => this.#flushSoon() })
    this.#audience = { logger, tell: deps.tell ?? (() => {}) }
    this.#decider = new Decider(memory.policy, this.#audience)
    this.#reviews = new Reviews(timers, (pool) => this.#touch(pool))
    this.#zones = new ZoneSet(memory.serials, this.#audience)
    // What is remembered serves until the first round has looked for itself.
    this.#unasked = new Set(this.#roster.watches.keys())
    this.#adopt()
  }

  get roster(): Roster {
    return this.#roster
  }

  get snapshot(): Snapshot | undefined {
    return this.#zones.snapshot
  }

  /** Watches without an outcome of this process yet. */
  get unasked(): number {
    return this.#unasked.size
  }

  /** Nothing answers any more; answers are frozen. */
  get blind(): boolean {
    return this.#lookout.blind
  }

  /** Families that nothing is heard from while the other one is. */
  get lostFamilies(): readonly LostFamily[] {
    return this.#lookout.lostFamilies
  }

  healthOf(watchKey: string): HealthState | undefined {
    return this.#health.get(watchKey)
  }

  verdictsOf(viewKey: string): readonly Verdict[] {
    return this.#decider.verdictsOf(viewKey)
  }

  decisionOf(viewKey: string): Decision | undefined {
    return this.#decider.decisionOf(viewKey)
  }

  memory(): Memory {
    return {
      health: this.#health,
      policy: this.#decider.policyStates,
      serials: this.#zones.serials,
      overrides: this.#overrides,
    }
  }

  /** Takes one outcome in and gives back the health it leads to. */
  observe(watch: Watch, seen: Outcome): HealthState {
    const nowMs = this.#deps.clock.nowMs()
    const before = this.#health.get(watch.key) ?? initialHealth(nowMs)
    const others = () => othersAt(watch, this.#settings).map((key) => this.#health.get(key))
    const outage = endsOutage(before, seen, others)
    const after = step(before, seen, watch.probe, nowMs, outage)
    if (!this.#roster.watches.has(watch.key)) return after
    this.#health.set(watch.key, after)
    this.#unasked.delete(watch.key)
    this.#lookout.note(watch, after)
    if (isNews(before, after)) this.#touch(watch.target.pool)
    else if (this.#lookout.waitsFor(watch, after.heardAtMs === nowMs)) this.#flushSoon()
    return after
  }

  /**
   * What the last answer taught of loss was none: the answer to its other transmission came as well. Moves no verdict, for a pass came
   * last; undefined for a watch that is not known.
   */
  takeBackLoss(watch: Watch): HealthState | undefined {
    const before = this.#health.get(watch.key)
    if (before === undefined) return undefined
    const after = provedSpurious(before)
    this.#health.set(watch.key, after)
    return after
  }

  setOverride(target: TargetId, override: Override | undefined): void {
    const known = this.#roster.targets.get(target)
    if (known === undefined) throw new Error(`unknown target ${target}`)
    if (override === undefined) this.#overrides.delete(target)
    else this.#overrides.set(target, override)
    this.#touch(known.pool)
  }

  /** A new configuration: what it shares with the old one keeps its health, its policy state and its serials. */
  reload(settings: Settings): void {
    const { watches } = this.#roster
    this.#settings = settings
    this.#roster = layOut(settings)
    keepHealthOfLinks(this.#health, watches, this.#roster.watches)
    this.#adopt()
    this.flush()
  }

  /** Works everything out that was touched, and publishes when a zone's content moved. */
  flush(): void {
    this.#flushing = false
    if (this.#stopped) return
    const nowMs = this.#deps.clock.nowMs()
    const settled = this.#lookAround(nowMs)
    const pools = this.#dirty
    this.#dirty = new Set()
    const zones = new Set<DomainName>()
    const evidence: Evidence = {
      node: this.#settings.node,
      health: this.#health,
      overrides: this.#overrides,
      blind: this.blind,
      lostFamilies: this.#lookout.lostFamilies,
      roster: this.#roster,
      nowMs,
    }
    // A set that grows while it is walked is walked to its end.
    for (const pool of pools) {
      for (const dependent of this.#roster.dependentsOfPool.get(pool) ?? []) pools.add(dependent)
      if (!settled && this.#isDecided(pool)) this.#dirty.add(pool)
      else if (this.#review(pool, evidence)) {
        for (const origin of this.#roster.zonesOfPool.get(pool) ?? []) zones.add(origin)
      }
    }
    const snapshot = this.#zones.rebuild(this.#settings, this.#decider.decisions, zones, nowMs)
    if (snapshot !== undefined) this.#deps.publish(snapshot)
  }

  stop(): void {
    this.#stopped = true
    this.#lookout.stop()
    this.#reviews.stop()
  }

  #adopt(): void {
    const { watches, views, targets } = this.#roster
    this.#decider.keepOnly(views)
    this.#reviews.keepOnly(this.#settings.pools)
    for (const key of this.#health.keys()) if (!watches.has(key)) this.#health.delete(key)
    for (const id of this.#overrides.keys()) if (!targets.has(id)) this.#overrides.delete(id)
    for (const key of this.#unasked) if (!watches.has(key)) this.#unasked.delete(key)
    for (const key of watches.keys()) if (!this.#health.has(key)) this.#unasked.add(key)
    for (const pool of this.#settings.pools.keys()) this.#dirty.add(pool)
  }

  #touch(pool: string): void {
    this.#dirty.add(pool)
    this.#flushSoon()
  }

  #flushSoon(): void {
    if (this.#flushing) return
    this.#flushing = true
    this.#deps.defer(() => this.flush())
  }

  /** True when the evidence is good enough to decide by. */
  #lookAround(nowMs: number): boolean {
    const { settled, changed } = lookAround(this.#lookout, {
      roster: this.#roster,
      health: this.#health,
      audience: this.#audience,
      nowMs,
    })
    if (changed) for (const pool of this.#settings.pools.keys()) this.#dirty.add(pool)
    return settled
  }

  #isDecided(pool: string): boolean {
    return this.#decider.hasDecided(this.#roster.viewsOfPool.get(pool) ?? [])
  }

  /** True when a decision of the pool moved. */
  #review(pool: string, evidence: Evidence): boolean {
    const { moved, againAtMs } = this.#decider.reviewAll(this.#roster.viewsOfPool.get(pool) ?? [], evidence)
    this.#reviews.plan(pool, againAtMs, evidence.nowMs)
    return moved
  }
}
