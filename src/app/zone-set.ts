import { isDeepStrictEqual } from 'node:util'
import type { DomainName } from '../core/brand.ts'
import type { Decision } from '../core/decision.ts'
import { type Settings, viewKey, type ZoneSettings } from '../core/settings.ts'
import type { Snapshot, Zone } from '../core/snapshot.ts'
import { buildZone } from '../zone/build.ts'
import { buildSnapshot, succeed } from '../zone/snapshot.ts'
import type { SerialMemory } from './memory.ts'
import { type Audience, narrateZones } from './narrate.ts'

/** What a zone was built from. */
interface Grounds {
  readonly zone: ZoneSettings
  readonly pools: Settings['pools']
  /** By view key, those that its answers go by. */
  readonly decisions: ReadonlyMap<string, Decision | undefined>
}

/** All zones of an instance, rebuilt only where something moved; remembers serials also of zones that are gone, in case they come back. */
export class ZoneSet {
  readonly #serials: Map<DomainName, SerialMemory>
  readonly #builtFrom = new Map<DomainName, Grounds>()
  readonly #audience: Audience
  /** The zones of the settings that `#snapshot` was built from. */
  #configured: Settings['zones'] | undefined
  #snapshot: Snapshot | undefined

  constructor(serials: ReadonlyMap<DomainName, SerialMemory>, audience: Audience) {
    this.#serials = new Map(serials)
    this.#audience = audience
  }

  get snapshot(): Snapshot | undefined {
    return this.#snapshot
  }

  /** Not a copy: it moves on with the zones. */
  get serials(): ReadonlyMap<DomainName, SerialMemory> {
    return this.#serials
  }

  /** The new snapshot, or undefined when no zone's content moved. `touched`: zones with an answer whose decision moved. */
  rebuild(
    settings: Settings,
    decisions: ReadonlyMap<string, Decision>,
    touched: ReadonlySet<DomainName>,
    nowMs: number,
  ): Snapshot | undefined {
    const before = this.#snapshot
    const build = (zone: ZoneSettings) => this.#build(zone, settings, decisions, nowMs)
    let snapshot: Snapshot | undefined
    if (before !== undefined && settings.zones === this.#configured) {
      const rebuilt = new Map<DomainName, Zone>()
      for (const origin of touched) {
        const zone = settings.zones.get(origin)
        if (zone !== undefined && !this.#saysTheSame(zone, settings, decisions))
          rebuilt.set(origin, build(zone))
      }
      snapshot = succeed(before, rebuilt, decisions, nowMs)
    } else {
      const zones = new Map<DomainName, Zone>()
      for (const [origin, zone] of settings.zones) {
        const present = before?.zones.get(origin)
        const stays =
          present !== undefined &&
          this.#builtFrom.get(origin)?.zone === zone &&
          (!touched.has(origin) || this.#saysTheSame(zone, settings, decisions))
        zones.set(origin, stays ? present : build(zone))
      }
      this.#configured = settings.zones
      snapshot = buildSnapshot(zones, decisions, before, nowMs)
      if (snapshot.zones === before?.zones) return undefined
    }
    if (snapshot === undefined) return undefined
    this.#snapshot = snapshot
    narrateZones(this.#audience, before, snapshot)
    return snapshot
  }

  #build(
    zone: ZoneSettings,
    settings: Settings,
    decisions: ReadonlyMap<string, Decision>,
    nowMs: number,
  ): Zone {
    const previous = this.#serials.get(zone.origin)
    const built = buildZone({
      settings: zone,
      pools: settings.pools,
      decisions,
      ...(previous === undefined ? {} : { previous }),
      nowMs,
    })
    this.#builtFrom.set(zone.origin, { zone, pools: settings.pools, decisions: groundsOf(zone, decisions) })
    this.#serials.set(zone.origin, { serial: built.serial, contentHash: built.contentHash })
    return built
  }

  /**
   * Whether a zone would come out as it was. With a TTL that does not move, a target under suspicion is in no answer yet: a packet lost
   * here and there must not build a zone of ten thousand names anew.
   */
  #saysTheSame(zone: ZoneSettings, { pools }: Settings, decisions: ReadonlyMap<string, Decision>): boolean {
    const grounds = this.#builtFrom.get(zone.origin)
    if (grounds === undefined || grounds.zone !== zone || grounds.pools !== pools) return false
    const ttlMoves = zone.ttl.min !== zone.ttl.max
    for (const [key, was] of grounds.decisions) {
      const is = decisions.get(key)
      if (is === was) continue
      if (is === undefined || was === undefined) return false
      if (!isDeepStrictEqual(spoken(was, ttlMoves), spoken(is, ttlMoves))) return false
    }
    return true
  }
}

function groundsOf(
  zone: ZoneSettings,
  decisions: ReadonlyMap<string, Decision>,
): ReadonlyMap<string, Decision | undefined> {
  const keys = new Set(zone.answers.map(({ pool, probes }) => viewKey(pool, probes)))
  return new Map([...keys].map((key) => [key, decisions.get(key)]))
}

/** The part of a decision that a zone is built from. */
function spoken({ why: _, suspect, ...rest }: Decision, ttlMoves: boolean) {
  return ttlMoves ? { ...rest, suspect } : rest
}
