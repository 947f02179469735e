import type { DomainName } from '../core/brand.ts'
import type { Decision } from '../core/decision.ts'
import type { Settings, ZoneSettings } from '../core/settings.ts'
import type { Snapshot, Zone } from '../core/snapshot.ts'
import { buildZone } from '../zone/build.ts'
import { buildSnapshot, sameZone } from '../zone/snapshot.ts'
import type { SerialMemory } from './memory.ts'
import { type Audience, narrateZones } from './narrate.ts'

/** All zones of an instance, rebuilt only where something moved; remembers serials also of zones that are gone, in case they come back. */
export class ZoneSet {
  readonly #serials: Map<DomainName, SerialMemory>
  /** The settings that each zone of the snapshot was built from. */
  readonly #builtFrom = new Map<DomainName, ZoneSettings>()
  readonly #audience: Audience
  #snapshot: Snapshot | undefined

  constructor(serials: ReadonlyMap<DomainName, SerialMemory>, audience: Audience) {
    this.#serials = new Map(serials)
    this.#audience = audience
  }

  get snapshot(): Snapshot | undefined {
    return this.#snapshot
  }

  serials(): ReadonlyMap<DomainName, SerialMemory> {
    return new Map(this.#serials)
  }

  /** The new snapshot, or undefined when no zone's content moved. `touched`: zones with an answer whose decision moved. */
  rebuild(
    settings: Settings,
    decisions: ReadonlyMap<string, Decision>,
    touched: ReadonlySet<DomainName>,
    nowMs: number,
  ): Snapshot | undefined {
    const before = this.#snapshot
    const zones = new Map<DomainName, Zone>()
    let moved = before === undefined || before.zones.size !== settings.zones.size
    for (const [origin, zoneSettings] of settings.zones) {
      const present = before?.zones.get(origin)
      if (present !== undefined && !touched.has(origin) && this.#builtFrom.get(origin) === zoneSettings) {
        zones.set(origin, present)
        continue
      }
      const zone = this.#build(zoneSettings, settings, decisions, nowMs)
      if (present === undefined || !sameZone(present, zone)) moved = true
      zones.set(origin, zone)
    }
    if (!moved) return undefined
    const snapshot = buildSnapshot(zones, decisions, before, nowMs)
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
    this.#builtFrom.set(zone.origin, zone)
    this.#serials.set(zone.origin, { serial: built.serial, contentHash: built.contentHash })
    return built
  }
}
