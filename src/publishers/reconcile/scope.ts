import type { DomainName } from '../../core/brand.ts'
import { isSubdomain, isWithin } from '../../wire/dns/name.ts'
import type { ReadScope } from '../providers/definition.ts'
import { externalDnsPlace, markName } from './marks.ts'
import type { Wanted } from './wanted.ts'

/** What health can drive at a name, now or before. */
const ANSWER_TYPES = ['A', 'AAAA', 'SRV', 'NAPTR'] as const

export interface ScopeSettings {
  readonly marks: 'txt' | 'inline'
  readonly adopt: boolean
}

/**
 * What a reading must cover: our names, those of their marks, and where anything may be adopted the places of external-dns's
 * marks. `known` gives the names that were wanted before, and takes the new ones: what is no longer wanted must be read to be deleted.
 */
export function scopeOf(
  wanted: Wanted,
  { marks, adopt }: ScopeSettings,
  zone: DomainName,
  known: Set<DomainName>,
): ReadScope {
  const names = new Set<DomainName>([...wanted.names, ...wanted.sets.map((set) => set.name)])
  for (const name of [...names]) {
    for (const type of ANSWER_TYPES) {
      const places = [
        marks === 'txt' ? markName(name, type) : undefined,
        adopt ? externalDnsPlace(name, type) : undefined,
      ]
      for (const place of places) if (place !== undefined) names.add(place)
    }
  }
  for (const name of names) if (isWithin(name, wanted.origins)) known.add(name)
  const beside = adopt ? besideOf(wanted, zone) : []
  return {
    origins: wanted.origins,
    // A zone that is not published now is not read now.
    names: [...known].filter((name) => isWithin(name, wanted.origins)),
    ...(beside.length === 0 ? {} : { beside }),
  }
}

/** `a-voice.example.com` speaks of `voice.example.com`, and lies outside of it. */
function besideOf(wanted: Wanted, zone: DomainName): DomainName[] {
  const beside = new Set<DomainName>()
  for (const { name, type } of wanted.sets) {
    const place = externalDnsPlace(name, type)
    if (place !== undefined && !isWithin(place, wanted.origins) && isSubdomain(place, zone)) beside.add(place)
  }
  return [...beside]
}
