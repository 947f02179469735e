import { isDeepStrictEqual } from 'node:util'
import type { DomainName, TargetId } from '../core/brand.ts'
import {
  type Dependency,
  type PoolSettings,
  type ProbeSettings,
  type Settings,
  viewKey,
} from '../core/settings.ts'
import type { Target } from '../core/target.ts'
import type { ProbeView } from '../health/address.ts'
import { sentinelTarget } from './sentinels.ts'

/** One address of one target as one probe watches it. */
export interface Watch {
  /** `pool/target probe address`: stable over restarts and reloads. */
  readonly key: string
  readonly probe: ProbeSettings
  readonly target: Target
  readonly address: string
  /** It belongs to no pool: it tells whether our own network works. */
  readonly sentinel?: true
}

/** A pool as the answers that depend on the same subset of its probes see it. */
export interface View {
  readonly key: string
  readonly name: string
  readonly pool: PoolSettings
  readonly probes: readonly ProbeSettings[]
  /** The same as the pool weighs them. */
  readonly judged: readonly ProbeView[]
}

/** A configuration laid out by who depends on whom; made once per configuration. */
export interface Roster {
  readonly watches: ReadonlyMap<string, Watch>
  readonly views: ReadonlyMap<string, View>
  readonly viewsOfPool: ReadonlyMap<string, readonly View[]>
  /** Zones with an answer of the pool. */
  readonly zonesOfPool: ReadonlyMap<string, readonly DomainName[]>
  readonly targets: ReadonlyMap<TargetId, Target>
  /** Keys of watches by transport, then by address: thousands of connections may break at once. */
  readonly overTransport: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>
  /** Pools with a target that depends on this one. */
  readonly dependentsOfPool: ReadonlyMap<string, readonly string[]>
}

export function watchKey(target: TargetId, probe: string, address: string): string {
  return `${target} ${probe} ${address}`
}

/** Keys of the pool's other watches of the same address of the same target. */
export function othersAt({ target, probe, address }: Watch, { pools }: Settings): readonly string[] {
  const names = pools.get(target.pool)?.probes ?? []
  return names.filter((name) => name !== probe.name).map((name) => watchKey(target.id, name, address))
}

/** Keys of the watches of `after` that `before` does not have, or has otherwise: these begin anew. */
export function changedWatches(
  before: ReadonlyMap<string, Watch>,
  after: ReadonlyMap<string, Watch>,
): Set<string> {
  const changed = new Set<string>()
  for (const [key, watch] of after) {
    const old = before.get(key)
    const same =
      old !== undefined &&
      isDeepStrictEqual(old.target, watch.target) &&
      isDeepStrictEqual(old.probe, watch.probe)
    if (!same) changed.add(key)
  }
  return changed
}

/**
 * Keys of the watches that ask this address over this transport. A target may be asked four times a second, so those over other transports,
 * which a broken connection says less of, must not use up its share.
 */
export function keysOver(
  endpoint: { readonly transport: string; readonly address: string },
  { overTransport }: Pick<Roster, 'overTransport'>,
): readonly string[] {
  return overTransport.get(endpoint.transport)?.get(endpoint.address) ?? []
}

/** Lays a validated configuration out: a watch for each address and probe of a pool and each sentinel, a view for each subset of probes. */
export function layOut(settings: Settings): Roster {
  const watches = new Map<string, Watch>()
  const views = new Map<string, View>()
  const viewsOfPool = new Map<string, View[]>()
  const zonesOfPool = new Map<string, DomainName[]>()
  const targets = new Map<TargetId, Target>()
  const dependentsOfPool = new Map<string, string[]>()

  for (const pool of settings.pools.values()) {
    viewsOfPool.set(pool.name, [])
    zonesOfPool.set(pool.name, [])
    addView(pool, pool.probes)
    addDependent(pool.name, pool.dependsOn)
    for (const target of pool.targets) {
      targets.set(target.id, target)
      addDependent(pool.name, target.dependsOn)
      for (const probe of probesOf(pool.probes)) {
        for (const address of target.addresses) {
          const key = watchKey(target.id, probe.name, address)
          watches.set(key, { key, probe, target, address })
        }
      }
    }
  }
  for (const sentinel of settings.monitor?.sentinels ?? []) {
    const target = sentinelTarget(sentinel)
    for (const probe of probesOf([sentinel.probe])) {
      const key = watchKey(target.id, probe.name, sentinel.address)
      watches.set(key, { key, probe, target, address: sentinel.address, sentinel: true })
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
  const overTransport = byTransport(watches.values())
  return { watches, views, viewsOfPool, zonesOfPool, targets, overTransport, dependentsOfPool }

  function addDependent(name: string, dependencies: readonly Dependency[] = []): void {
    for (const { pool } of dependencies) {
      const dependents = dependentsOfPool.get(pool) ?? []
      if (!dependents.includes(name)) dependents.push(name)
      dependentsOfPool.set(pool, dependents)
    }
  }

  function addView(pool: PoolSettings, names: readonly string[]): void {
    const key = viewKey(pool.name, names)
    if (views.has(key)) return
    const probes = probesOf(names)
    const view = {
      key,
      name: names.join('+'),
      pool,
      probes,
      judged: probes.map((probe) => judgedIn(pool, probe)),
    }
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

/** What the pool says of the probe's plane comes before what the probe says of itself. */
function judgedIn(pool: PoolSettings, { name, kind, onFail, plane = 'control' }: ProbeSettings): ProbeView {
  return { name, kind, plane, onFail: pool.planes?.[plane] ?? onFail }
}

function byTransport(watches: Iterable<Watch>): Map<string, Map<string, string[]>> {
  const found = new Map<string, Map<string, string[]>>()
  for (const { key, probe, address } of watches) {
    const { options } = probe
    if (typeof options !== 'object' || options === null || !('transport' in options)) continue
    const transport = String(options.transport)
    const addresses = found.get(transport) ?? new Map<string, string[]>()
    const keys = addresses.get(address) ?? []
    found.set(transport, addresses.set(address, keys))
    keys.push(key)
  }
  return found
}
