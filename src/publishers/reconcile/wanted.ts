import { createHash } from 'node:crypto'
import type { DomainName } from '../../core/brand.ts'
import type { Alternative, RecordSet } from '../../core/records.ts'
import type { Zone } from '../../core/snapshot.ts'
import { formatRdata } from '../../wire/dns/rdata/registry.ts'
import type { ProviderLimits, ProviderSet } from '../providers/definition.ts'
import type { SetBases } from './overrides.ts'
import { rrsetKey } from './sets.ts'

/** What a provider shall have of ours. */
export interface Wanted {
  readonly origins: readonly DomainName[]
  /** Names that the configuration knows, with or without records now. */
  readonly names: ReadonlySet<DomainName>
  readonly sets: readonly ProviderSet[]
  /** By name and type, wanted now or not: who had the word. */
  readonly bases?: ReadonlyMap<string, SetBases>
}

/** Room for `SetIdentifier` and the like. */
const VARIANT_ID_MAX = 64
/** The zone's own weights (RFC 2782). */
const WEIGHT_MAX = 65_535

/**
 * The sets that health drives: answers, and the host names they lead to. SOA and NS are the provider's, static records are the
 * operator's own there (docs/decisions/0010).
 */
export function wantedFrom(zones: readonly Zone[], limits: Pick<ProviderLimits, 'variants'>): Wanted {
  const sets = new Map<string, readonly ProviderSet[]>()
  // Of two zones that both have a name, the one further down is its home, as in DNS itself.
  const byDepth = [...zones].sort((a, b) => a.origin.length - b.origin.length)
  const bases = new Map<string, SetBases>()
  for (const zone of byDepth) {
    for (const [key, views] of Object.entries(zone.bases?.sets ?? {}))
      bases.set(
        key,
        views.map((view) => zone.bases?.views[view] ?? {}),
      )
    for (const set of zone.sets) {
      if (set.origin !== 'generated' || set.type === 'SOA' || set.type === 'NS') continue
      sets.set(rrsetKey(set), providerSets(set, limits))
    }
  }
  return {
    origins: zones.map((zone) => zone.origin),
    names: new Set(zones.flatMap((zone) => zone.names)),
    sets: [...sets.values()].flat(),
    bases,
  }
}

/**
 * | alternatives | the provider has variants | published                                   |
 * |--------------|---------------------------|---------------------------------------------|
 * | no           | either                    | the set                                     |
 * | yes          | no                        | their union                                 |
 * | yes          | yes                       | each by itself, weights scaled to the API's |
 */
function providerSets(
  set: RecordSet,
  { variants }: Pick<ProviderLimits, 'variants'>,
): readonly ProviderSet[] {
  const { name, type, ttl, records, alternatives } = set
  if (alternatives === undefined || variants === undefined) return [{ name, type, ttl, records }]
  const largest = Math.max(...alternatives.map(({ weight }) => weight))
  const merged = new Map<string, ProviderSet>()
  for (const alternative of alternatives) {
    const id = variantId(alternative)
    const weight = scaled(alternative.weight, largest, variants.maxWeight)
    // Two targets with the same address are one variant: the API wants each identifier once.
    const twin = merged.get(id)?.variant?.weight ?? 0
    const sum = Math.min(variants.maxWeight, twin + weight)
    merged.set(id, { name, type, ttl, records: alternative.records, variant: { id, weight: sum } })
  }
  return [...merged.values()]
}

/** By what it points at: the same target has the same identifier whoever else is there. */
function variantId({ records }: Alternative): string {
  const text = records.map(formatRdata).join(' ')
  return text.length <= VARIANT_ID_MAX ? text : createHash('sha256').update(text).digest('hex')
}

/** A small share never becomes none, which would be another thing to say. */
function scaled(weight: number, largest: number, max: number): number {
  if (weight === 0) return 0
  const scale = largest > max ? max / Math.min(largest, WEIGHT_MAX) : 1
  return Math.max(1, Math.round(weight * scale))
}
