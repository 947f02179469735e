import type { DomainName } from '../../core/brand.ts'
import type { Snapshot } from '../../core/snapshot.ts'
import { encodeName, parentOf } from '../../wire/dns/name.ts'
import { MAX_LABELS } from '../../wire/dns/query.ts'
import { aliasOf, compileAlias, type Resolve } from './alias.ts'
import { type CompiledNode, type CompiledZone, compileZone, referenceOf } from './compile-zone.ts'
import { NameTable } from './name-table.ts'

/** The word in `zones.*.publish` that stands for this publisher. */
export const PUBLISHER_NAME = 'dns'

/** A snapshot as the hot path wants it: look-ups by octets, answers ready to be copied. */
export interface CompiledSnapshot {
  readonly generation: number
  readonly zones: ReadonlyMap<DomainName, CompiledZone>
  readonly apexes: NameTable<CompiledZone>
  /** Index: a count of labels; 1 where some apex has as many. Most counts need no look-up at all. */
  readonly apexDepths: Uint8Array
  /** Aliases whose chain goes on in another zone that is served here, by the node that knows only its own. */
  readonly linked: ReadonlyMap<CompiledNode, CompiledNode>
}

/**
 * Compiles the zones of `snapshot` that name this publisher. A `Zone` that is the same object as in `previous` is not compiled again,
 * so one failing target costs its own zone and no other.
 */
export function compileSnapshot(snapshot: Snapshot, previous?: CompiledSnapshot): CompiledSnapshot {
  const zones = new Map<DomainName, CompiledZone>()
  for (const zone of snapshot.zones.values()) {
    if (!zone.publish.includes(PUBLISHER_NAME)) continue
    const before = previous?.zones.get(zone.origin)
    zones.set(zone.origin, before?.zone === zone ? before : compileZone(zone))
  }
  const apexDepths = new Uint8Array(MAX_LABELS + 1)
  for (const zone of zones.values()) apexDepths[zone.labels] = 1
  const apexes = new NameTable([...zones].map(([origin, zone]) => [encodeName(origin), zone] as const))
  return { generation: snapshot.generation, zones, apexes, apexDepths, linked: link(zones) }
}

/** Follows the aliases that leave their zone through all zones served. */
function link(zones: ReadonlyMap<DomainName, CompiledZone>): ReadonlyMap<CompiledNode, CompiledNode> {
  const linked = new Map<CompiledNode, CompiledNode>()
  const resolve = across(zones)
  for (const zone of zones.values()) {
    for (const { node, tree } of zone.leaving) {
      const alias = aliasOf(tree)
      if (alias === undefined) continue
      linked.set(node, { ...node, ...compileAlias(referenceOf(tree), alias, zone.tree, resolve) })
    }
  }
  return linked
}

/** The zone with the longest apex that holds the name (RFC 1034 section 4.3.2, step 2). */
function across(zones: ReadonlyMap<DomainName, CompiledZone>): Resolve {
  return (name) => {
    for (let at: DomainName | undefined = name; at !== undefined; at = parentOf(at)) {
      const tree = zones.get(at)?.tree
      if (tree !== undefined) return { tree, found: tree.find(name) }
    }
    return undefined
  }
}
