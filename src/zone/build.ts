import type { DomainName } from '../core/brand.ts'
import type { Decision } from '../core/decision.ts'
import type { Rdata, RecordSet } from '../core/records.ts'
import type { PoolSettings, ZoneSettings } from '../core/settings.ts'
import type { Zone, ZoneBases } from '../core/snapshot.ts'
import { canonicalName, compareNames } from '../wire/dns/name.ts'
import { addressRecords, addressSet, naptrSet, srvSet } from './answers.ts'
import { canonicalRecords, inZoneOrder } from './canonical.ts'
import { contentHash } from './content.ts'
import { frozen } from './frozen.ts'
import { layOutZone, type PlacedAnswer, type PlacedHost, type ZoneLayout } from './layout.ts'
import { nextSerial, type Previous } from './serial.ts'
import { setKey, staticRecords } from './static.ts'

export interface ZoneInput {
  /** Without a fault by `checkZone`. */
  readonly settings: ZoneSettings
  readonly pools: ReadonlyMap<string, PoolSettings>
  /** By `viewKey`; one for each answer. */
  readonly decisions: ReadonlyMap<string, Decision>
  readonly previous?: Previous
  readonly nowMs: number
}

/** For secondaries that miss a NOTIFY: they ask again after five minutes, and serve on for two weeks (RFC 1912 section 2.2). */
const SOA_TIMES = { refresh: 300, retry: 60, expire: 1_209_600 }

/**
 * Health moves addresses, never the name servers. With an NS TTL as short as theirs, resolvers that follow the child's NS set
 * would go back to the parent every few seconds.
 */
const NS_TTL_MIN = 3600

/**
 * The zone as it is to be served: static and generated sets, apex NS, SOA. Throws where a decision or a pool is missing: a bug of the
 * caller.
 */
export function buildZone({ settings, pools, decisions, previous, nowMs }: ZoneInput): Zone {
  const { origin } = settings
  const layout = layOutZone(settings, pools)
  const sets = new Map<string, RecordSet>()
  const put = (set: RecordSet | undefined) => {
    if (set !== undefined) sets.set(setKey(set.name, set.type), set)
  }
  // A zone that only providers publish has their SOA and NS.
  const isServed = settings.nameservers.length > 0
  if (isServed) put(apexNs(settings))
  for (const { name, type, ttl, records } of staticRecords(settings).sets) {
    put({ name, type, ttl, records, origin: 'static' })
  }
  const views: Views = { settings, pools, decisions }
  for (const host of layout.hosts) hostSets(host, views).forEach(put)
  for (const placed of layout.answers) put(answerSet(placed, views, sets))

  const names = [
    ...layout.answers.map((placed) => placed.settings.name),
    ...layout.hosts.map((host) => host.name),
  ]
  const uniqueNames = [...new Set(names)].sort(compareNames)
  if (isServed) put(soa(settings, 0))
  const sorted = inZoneOrder(sets.values())
  const hash = contentHash(sorted, uniqueNames)
  const serial = nextSerial(previous, hash, nowMs)
  return frozen({
    origin,
    serial,
    contentHash: hash,
    sets: sorted.map((set) => (set.type === 'SOA' ? soa(settings, serial) : set)),
    names: uniqueNames,
    publish: [...settings.publish],
    // Only updaters ask whose word it was; a zone that has none of them need not move with it.
    ...(settings.publish.every((publisher) => publisher === 'dns') ? {} : { bases: basesOf(layout, views) }),
  })
}

interface Views {
  readonly settings: ZoneSettings
  readonly pools: ReadonlyMap<string, PoolSettings>
  readonly decisions: ReadonlyMap<string, Decision>
}

function answerSet(
  { settings: answer, view }: PlacedAnswer,
  views: Views,
  sets: ReadonlyMap<string, RecordSet>,
): RecordSet | undefined {
  const decision = decisionOf(views, view)
  const pool = views.pools.get(answer.pool)
  if (pool === undefined) throw new Error(`no pool ${answer.pool}`)
  const ttl = ttlOf(views.settings, decision.suspect)
  const { type } = answer
  if (type === 'SRV') return marked(srvSet(answer, decision, pool, views.settings.origin, ttl), [decision])
  if (type === 'NAPTR') return marked(naptrSet(answer, sets, ttl), [decision])
  return marked(addressSet({ ...answer, type }, decision, ttl), [decision])
}

/** Which decisions are behind which set, and who had the word in them. */
function basesOf(layout: ZoneLayout, views: Views): ZoneBases {
  const sets: Record<string, readonly string[]> = {}
  const used = new Set<string>()
  const put = (key: string, keys: readonly string[]) => {
    sets[key] = keys
    for (const view of keys) used.add(view)
  }
  for (const { settings, view } of layout.answers) put(setKey(settings.name, settings.type), [view])
  for (const host of layout.hosts)
    for (const type of ['A', 'AAAA'] as const) put(setKey(host.name, type), host.views)
  return {
    views: Object.fromEntries([...used].map((view) => [view, decisionOf(views, view).bases ?? {}])),
    sets,
  }
}

/** The set with the worst mode among its decisions, where that is worth a word. */
function marked(set: RecordSet | undefined, decisions: readonly Decision[]): RecordSet | undefined {
  const mode = (['frozen', 'last-resort'] as const).find((bad) => decisions.some((one) => one.mode === bad))
  return set === undefined || mode === undefined ? set : { ...set, mode }
}

/**
 * A and AAAA of a host name that SRV answers give.
 *
 * | the target is in                    | addresses                                            |
 * |-------------------------------------|------------------------------------------------------|
 * | the members of at least one decision | what those decisions list: a dead family is left out |
 * | none                                | all of its own: a phone may still hold an old SRV     |
 */
function hostSets({ name, targets, views: keys }: PlacedHost, views: Views): RecordSet[] {
  const decisions = keys.map((key) => decisionOf(views, key))
  const ids = new Set<string>(targets.map((target) => target.id))
  const listed = decisions.flatMap((decision) => decision.members.filter((member) => ids.has(member.target)))
  const addresses = (listed.length > 0 ? listed : targets).flatMap((source) => source.addresses)
  const ttl = ttlOf(
    views.settings,
    decisions.some((decision) => decision.suspect),
  )
  return (['A', 'AAAA'] as const).flatMap((type): RecordSet[] => {
    const records = addressRecords(addresses, type)
    if (records.length === 0) return []
    const set = marked({ name, type, ttl, records, origin: 'generated' }, decisions)
    return set === undefined ? [] : [set]
  })
}

function apexNs({ origin, nameservers, ttl }: ZoneSettings): RecordSet {
  const records = canonicalRecords(nameservers.map((target): Rdata => ({ type: 'NS', target })))
  return { name: origin, type: 'NS', ttl: Math.max(ttl.max, NS_TTL_MIN), records, origin: 'generated' }
}

function soa(settings: ZoneSettings, serial: number): RecordSet {
  const { origin, nameservers, negativeTtl } = settings
  const mname: DomainName | undefined = nameservers[0]
  if (mname === undefined) throw new Error(`${origin} has no name server`)
  const rname = canonicalName('hostmaster', origin)
  const record: Rdata = { type: 'SOA', mname, rname, serial, ...SOA_TIMES, minimum: negativeTtl }
  return { name: origin, type: 'SOA', ttl: negativeTtl, records: [record], origin: 'generated' }
}

function decisionOf({ decisions }: Views, view: string): Decision {
  const decision = decisions.get(view)
  if (decision === undefined) throw new Error(`no decision for ${view}`)
  return decision
}

function ttlOf({ ttl }: ZoneSettings, suspect: boolean): number {
  return suspect ? ttl.min : ttl.max
}
