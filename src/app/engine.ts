import { isDeepStrictEqual } from 'node:util'
import type { DomainName, TargetId } from '../core/brand.ts'
import type { Decision } from '../core/decision.ts'
import type { HealthState } from '../core/health.ts'
import type { Outcome } from '../core/outcome.ts'
import type { Clock, Logger, Timers } from '../core/ports.ts'
import type { Settings, ZoneSettings } from '../core/settings.ts'
import type { Snapshot, Zone } from '../core/snapshot.ts'
import type { Override, Verdict } from '../core/verdict.ts'
import { initialHealth, step } from '../health/machine.ts'
import { lostSight } from '../health/sight.ts'
import { judge } from '../health/verdict.ts'
import { decide, type PolicyState } from '../policy/decide.ts'
import { buildZone } from '../zone/build.ts'
import { buildSnapshot } from '../zone/snapshot.ts'
import { narrateDecision, narrateSight, narrateVerdicts, narrateZones } from './narrate.ts'
import { layOut, type Roster, type View, type Watch, watchKey } from './roster.ts'

/** What a restart must not forget. Plain JSON. */
export interface Memory {
  readonly health: ReadonlyMap<string, HealthState>
  readonly policy: ReadonlyMap<string, PolicyState>
  readonly serials: ReadonlyMap<DomainName, { readonly serial: number; readonly contentHash: string }>
  readonly overrides: ReadonlyMap<TargetId, Override>
}

export const NO_MEMORY: Memory = {
  health: new Map(),
  policy: new Map(),
  serials: new Map(),
  overrides: new Map(),
}

export interface EngineDeps {
  readonly clock: Clock
  readonly timers: Timers
  readonly logger: Logger
  /** Runs `flush` soon, once the outcomes that are already here were taken in. */
  readonly defer: (flush: () => void) => void
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
  readonly #health = new Map<string, HealthState>()
  readonly #policy = new Map<string, PolicyState>()
  readonly #overrides = new Map<TargetId, Override>()
  readonly #serials = new Map<DomainName, { serial: number; contentHash: string }>()
  readonly #verdicts = new Map<string, readonly Verdict[]>()
  readonly #decisions = new Map<string, Decision>()
  readonly #reviews = new Map<string, () => void>()
  readonly #unasked = new Set<string>()
  /** The settings that each zone of the snapshot was built from. */
  readonly #builtFrom = new Map<DomainName, ZoneSettings>()
  #snapshot: Snapshot | undefined
  #blind = false
  #dirty = new Set<string>()
  #flushing = false
  #stopped = false

  constructor(settings: Settings, memory: Memory, deps: EngineDeps) {
    this.#deps = deps
    this.#settings = settings
    this.#roster = layOut(settings)
    for (const [key, state] of memory.health) this.#health.set(key, state)
    for (const [key, state] of memory.policy) this.#policy.set(key, state)
    for (const [origin, serial] of memory.serials) this.#serials.set(origin, serial)
    for (const [target, override] of memory.overrides) this.#overrides.set(target, override)
    this.#adopt()
    // What is remembered serves until the first round has looked for itself.
    for (const key of this.#roster.watches.keys()) this.#unasked.add(key)
  }

  get roster(): Roster {
    return this.#roster
  }

  get snapshot(): Snapshot | undefined {
    return this.#snapshot
  }

  /** Watches without an outcome of this process yet. */
  get unasked(): number {
    return this.#unasked.size
  }

  get blind(): boolean {
    return this.#blind
  }

  healthOf(key: string): HealthState | undefined {
    return this.#health.get(key)
  }

  verdictsOf(viewKey: string): readonly Verdict[] {
    return this.#verdicts.get(viewKey) ?? []
  }

  decisionOf(viewKey: string): Decision | undefined {
    return this.#decisions.get(viewKey)
  }

  memory(): Memory {
    return {
      health: new Map(this.#health),
      policy: new Map(this.#policy),
      serials: new Map(this.#serials),
      overrides: new Map(this.#overrides),
    }
  }

  /** Takes one outcome in and gives back the health it leads to. */
  observe(watch: Watch, seen: Outcome): HealthState {
    const nowMs = this.#deps.clock.nowMs()
    const before = this.#health.get(watch.key) ?? initialHealth(nowMs)
    const after = step(before, seen, watch.probe, nowMs)
    if (!this.#roster.watches.has(watch.key)) return after
    this.#health.set(watch.key, after)
    this.#unasked.delete(watch.key)
    if (matters(before, after)) this.#touch(watch.target.pool)
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
    this.#settings = settings
    this.#roster = layOut(settings)
    this.#adopt()
    this.flush()
  }

  /** Works everything out that was touched, and publishes when a zone's content moved. */
  flush(): void {
    this.#flushing = false
    if (this.#stopped) return
    const nowMs = this.#deps.clock.nowMs()
    this.#lookAround(nowMs)
    const pools = this.#dirty
    this.#dirty = new Set()
    const zones = new Set<DomainName>()
    for (const pool of pools) {
      for (const view of this.#roster.viewsOfPool.get(pool) ?? []) {
        if (this.#review(view, nowMs)) {
          for (const origin of this.#roster.zonesOfPool.get(pool) ?? []) zones.add(origin)
        }
      }
    }
    this.#rebuild(zones, nowMs)
  }

  stop(): void {
    this.#stopped = true
    for (const cancel of this.#reviews.values()) cancel()
    this.#reviews.clear()
  }

  #adopt(): void {
    for (const [key, cancel] of this.#reviews) {
      if (this.#roster.views.has(key)) continue
      cancel()
      this.#reviews.delete(key)
    }
    const { watches, views, targets } = this.#roster
    forget(this.#health, watches)
    forget(this.#policy, views)
    forget(this.#decisions, views)
    forget(this.#verdicts, views)
    forget(this.#overrides, targets)
    for (const key of this.#unasked) if (!watches.has(key)) this.#unasked.delete(key)
    for (const key of watches.keys()) {
      if (this.#health.get(key)?.lastAtMs === undefined) this.#unasked.add(key)
    }
    for (const pool of this.#settings.pools.keys()) this.#dirty.add(pool)
  }

  #touch(pool: string): void {
    this.#dirty.add(pool)
    if (this.#flushing) return
    this.#flushing = true
    this.#deps.defer(() => this.flush())
  }

  /** When sight of everything is lost or comes back, every pool is touched. */
  #lookAround(nowMs: number): void {
    const watched = [...this.#roster.watches.values()].map((watch) => ({
      id: `${watch.target.id} ${watch.address}`,
      state: this.#health.get(watch.key) ?? initialHealth(nowMs),
    }))
    const blind = lostSight(watched, nowMs)
    if (blind === this.#blind) return
    this.#blind = blind
    for (const pool of this.#settings.pools.keys()) this.#dirty.add(pool)
    narrateSight(this.#deps.logger, blind, watched.length)
  }

  /** True when the view's decision moved. */
  #review(view: View, nowMs: number): boolean {
    const verdicts = view.pool.targets.map((target) => {
      const override = this.#overrides.get(target.id)
      return judge({
        target,
        probes: view.probes,
        vantages: [
          {
            node: this.#settings.node,
            health: (probe, address) => this.#health.get(watchKey(target.id, probe, address)),
          },
        ],
        ...(override === undefined ? {} : { override }),
        nowMs,
      })
    })
    // The first view of a pool depends on all its probes: one line a change, not one a view.
    const whole = view.key === this.#roster.viewsOfPool.get(view.pool.name)?.[0]?.key
    if (whole) narrateVerdicts(this.#deps.logger, this.#verdicts.get(view.key), verdicts)
    this.#verdicts.set(view.key, verdicts)
    const { decision, state, reviewAtMs } = decide(
      view.pool,
      view.name,
      verdicts,
      this.#policy.get(view.key),
      {
        nowMs,
        blind: this.#blind,
      },
    )
    this.#policy.set(view.key, state)
    this.#reviewLater(view, soonest(reviewAtMs, this.#overrideEndMs(view, nowMs)), nowMs)
    const before = this.#decisions.get(view.key)
    this.#decisions.set(view.key, decision)
    const moved = before === undefined || !isDeepStrictEqual(served(before), served(decision))
    if (moved && before !== undefined) narrateDecision(this.#deps.logger, before, decision)
    return moved
  }

  #overrideEndMs(view: View, nowMs: number): number | undefined {
    let endMs: number | undefined
    for (const target of view.pool.targets) {
      const untilMs = this.#overrides.get(target.id)?.untilMs
      if (untilMs !== undefined && untilMs > nowMs) endMs = soonest(endMs, untilMs)
    }
    return endMs
  }

  #reviewLater(view: View, atMs: number | undefined, nowMs: number): void {
    this.#reviews.get(view.key)?.()
    this.#reviews.delete(view.key)
    if (atMs === undefined) return
    const cancel = this.#deps.timers.after(Math.max(1, atMs - nowMs), () => this.#touch(view.pool.name))
    this.#reviews.set(view.key, cancel)
  }

  #rebuild(touched: ReadonlySet<DomainName>, nowMs: number): void {
    const before = this.#snapshot
    const zones = new Map<DomainName, Zone>()
    let moved = before === undefined || before.zones.size !== this.#settings.zones.size
    for (const [origin, settings] of this.#settings.zones) {
      const present = before?.zones.get(origin)
      if (present !== undefined && !touched.has(origin) && this.#builtFrom.get(origin) === settings) {
        zones.set(origin, present)
        continue
      }
      const previous = this.#serials.get(origin)
      const zone = buildZone({
        settings,
        pools: this.#settings.pools,
        decisions: this.#decisions,
        ...(previous === undefined ? {} : { previous }),
        nowMs,
      })
      this.#builtFrom.set(origin, settings)
      this.#serials.set(origin, { serial: zone.serial, contentHash: zone.contentHash })
      if (present === undefined || present.contentHash !== zone.contentHash) moved = true
      else if (!isDeepStrictEqual(present.publish, zone.publish)) moved = true
      zones.set(origin, zone)
    }
    if (!moved) return
    const snapshot = buildSnapshot(zones, this.#decisions, before, nowMs)
    this.#snapshot = snapshot
    narrateZones(this.#deps.logger, before, snapshot)
    this.#deps.publish(snapshot)
  }
}

/** Whether the step can change a verdict, or the suspicion that shortens a TTL. */
function matters(before: HealthState, after: HealthState): boolean {
  return (
    before.status !== after.status ||
    before.fails > 0 !== after.fails > 0 ||
    (after.status === 'down' && after.passes > 0)
  )
}

/** The part of a decision that answers carry. */
function served(decision: Decision): Omit<Decision, 'why'> {
  const { why: _, ...rest } = decision
  return rest
}

function soonest(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b
  return b === undefined ? a : Math.min(a, b)
}

function forget<K>(map: Map<K, unknown>, kept: ReadonlyMap<K, unknown>): void {
  for (const key of map.keys()) if (!kept.has(key)) map.delete(key)
}
