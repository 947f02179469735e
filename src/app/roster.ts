import type { DomainName, TargetId } from '../core/brand.ts'
import { type PoolSettings, type ProbeSettings, type Settings, viewKey } from '../core/settings.ts'
import type { Target } from '../core/target.ts'

/** One address of one target as one probe watches it. */
export interface Watch {
  /** `pool/target probe address`: stable over restarts and reloads. */
  readonly key: string
  readonly probe: ProbeSettings
  readonly target: Target
  readonly address: string
}

/** A pool as the answers that depend on the same subset of its probes see it. */
export interface View {
  readonly key: string
  readonly name: string
  readonly pool: PoolSettings
  readonly probes: readonly ProbeSettings[]
}

/** A configuration laid out by who depends on whom; made once per configuration. */
export interface Roster {
  readonly watches: ReadonlyMap<string, Watch>
  readonly views: ReadonlyMap<string, View>
  readonly viewsOfPool: ReadonlyMap<string, readonly View[]>
  /** Zones with an answer of the pool. */
  readonly zonesOfPool: ReadonlyMap<string, readonly DomainName[]>
  readonly targets: ReadonlyMap<TargetId, Target>
}

export function watchKey(target: TargetId, probe: string, address: string): string {
  return `${target} ${probe} ${address}`
}

export function layOut(settings: Settings): Roster {
  const watches = new Map<string, Watch>()
  const views = new Map<string, View>()
  const viewsOfPool = new Map<string, View[]>()
  const zonesOfPool = new Map<string, DomainName[]>()
  const targets = new Map<TargetId, Target>()

  for (const pool of settings.pools.values()) {
    viewsOfPool.set(pool.name, [])
    zonesOfPool.set(pool.name, [])
    addView(pool, pool.probes)
    for (const target of pool.targets) {
      targets.set(target.id, target)
      for (const probe of probesOf(pool.probes)) {
        for (const address of target.addresses) {
          const key = watchKey(target.id, probe.name, address)
          watches.set(key, { key, probe, target, address })
        }
      }
    }
  }
  for (const zone of settings.zones.values()) {
    for (const answer of zone.answers) {
      const pool = settings.pools.get(answer.pool)
      if (pool === undefined) throw new Error(`answer of the unknown pool ${answer.pool}`)
      addView(pool, answer.probes)
      const zones = zonesOfPool.get(pool.name) as DomainName[]
      if (!zones.includes(zone.origin)) zones.push(zone.origin)
    }
  }
  return { watches, views, viewsOfPool, zonesOfPool, targets }

  function addView(pool: PoolSettings, names: readonly string[]): void {
    const key = viewKey(pool.name, names)
    if (views.has(key)) return
    const view = { key, name: names.join('+'), pool, probes: probesOf(names) }
    views.set(key, view)
    viewsOfPool.get(pool.name)?.push(view)
  }

  function probesOf(names: readonly string[]): ProbeSettings[] {
    return names.map((name) => {
      const probe = settings.probes.get(name)
      if (probe === undefined) throw new Error(`unknown probe ${name}`)
      return probe
    })
  }
}
