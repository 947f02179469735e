import type { DomainName } from '../../core/brand.ts'
import type { RecordType } from '../../core/records.ts'
import type { PoolSettings, ZoneSettings } from '../../core/settings.ts'
import { isSubdomain, parentOf, ROOT } from '../../wire/dns/name.ts'
import { layOutZone, type ZoneLayout } from '../layout.ts'
import { type StaticRecords, staticRecords } from '../static.ts'
import type { ZoneFault } from './fault.ts'

/** One set that will be at a name, and where it comes from. */
export interface Occupant {
  readonly name: DomainName
  readonly type: RecordType
  readonly source: 'record' | 'answer' | 'host' | 'apex'
  /** Line and column, or the answer; to be spread into a fault. */
  readonly at: Omit<ZoneFault, 'message'>
}

/** Everything the rules look at. */
export interface Census {
  readonly settings: ZoneSettings
  readonly pools: ReadonlyMap<string, PoolSettings>
  readonly statics: StaticRecords
  readonly layout: ZoneLayout
  readonly occupants: ReadonlyMap<DomainName, readonly Occupant[]>
  /** Owner names and every name between them and the apex (RFC 4592 section 2.2.2). */
  readonly existing: ReadonlySet<DomainName>
  /** Names that have a DNAME: what is under them is looked up elsewhere (RFC 6672 section 2.2). */
  readonly redirects: ReadonlySet<DomainName>
  /** Names below the apex that have NS records: what is under them is another zone (RFC 1034 section 4.2). */
  readonly cuts: ReadonlySet<DomainName>
}

/** Who owns what in the zone: its records, its answers, the hosts of their targets, and its apex. */
export function takeCensus(settings: ZoneSettings, pools: ReadonlyMap<string, PoolSettings>): Census {
  const statics = staticRecords(settings)
  const layout = layOutZone(settings, pools)
  const occupants = new Map<DomainName, Occupant[]>()
  const add = (occupant: Occupant) => {
    const there = occupants.get(occupant.name)
    if (there === undefined) occupants.set(occupant.name, [occupant])
    else there.push(occupant)
  }
  const { origin } = settings
  add({ name: origin, type: 'SOA', source: 'apex', at: {} })
  add({ name: origin, type: 'NS', source: 'apex', at: {} })
  for (const { name, type, line, column } of statics.sets)
    add({ name, type, source: 'record', at: { line, column } })
  for (const { settings: answer, answer: index } of layout.answers) {
    add({ name: answer.name, type: answer.type, source: 'answer', at: { answer: index } })
  }
  // Both families: an address of either may be listed by a decision.
  for (const { name, answer } of layout.hosts) {
    add({ name, type: 'A', source: 'host', at: { answer } })
    add({ name, type: 'AAAA', source: 'host', at: { answer } })
  }
  const existing = new Set<DomainName>([origin])
  for (const name of occupants.keys()) {
    for (let up: DomainName | undefined = name; up !== undefined && !existing.has(up); up = parentOf(up)) {
      if (isSubdomain(up, origin)) existing.add(up)
    }
  }
  const cuts = new Set(
    statics.sets
      .filter(({ name, type }) => type === 'NS' && name !== origin && isSubdomain(name, origin))
      .map(({ name }) => name),
  )
  const redirects = new Set(statics.sets.filter(({ type }) => type === 'DNAME').map(({ name }) => name))
  return { settings, pools, statics, layout, occupants, existing, cuts, redirects }
}

/** The highest cut at or above `name`; undefined where the name is ours. */
export function cutAbove({ cuts, settings }: Census, name: DomainName): DomainName | undefined {
  let highest: DomainName | undefined
  for (let up: DomainName | undefined = name; up !== undefined && up !== settings.origin; up = parentOf(up)) {
    if (cuts.has(up)) highest = up
  }
  return highest
}

/** The DNAME owner that `name` lies below; undefined where it lies below none. */
export function redirectAbove({ redirects, settings }: Census, name: DomainName): DomainName | undefined {
  for (let up = parentOf(name); up !== undefined && isSubdomain(up, settings.origin); up = parentOf(up)) {
    if (redirects.has(up)) return up
  }
  return undefined
}

/** What a query for `name` would meet: its own sets, or those of the wildcard that covers it (RFC 4592 section 3.3.1). */
export function lookUp({ occupants, existing, settings }: Census, name: DomainName): readonly Occupant[] {
  if (existing.has(name)) return occupants.get(name) ?? []
  for (let up = parentOf(name); up !== undefined && isSubdomain(up, settings.origin); up = parentOf(up)) {
    if (existing.has(up)) return occupants.get(wildcardBelow(up)) ?? []
  }
  return []
}

function wildcardBelow(name: DomainName): DomainName {
  return (name === ROOT ? '*.' : `*.${name}`) as DomainName
}

/** `name TYPE`, for messages. */
export function called({ name, type }: { readonly name: DomainName; readonly type: RecordType }): string {
  return `${name} ${type}`
}
