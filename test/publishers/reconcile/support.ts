import type { Rdata, RecordSet } from '../../../src/core/records.ts'
import type { Snapshot, Zone } from '../../../src/core/snapshot.ts'
import type { CurrentSet, ProviderLimits } from '../../../src/publishers/providers/definition.ts'
import { makePlan, type PlanInput } from '../../../src/publishers/reconcile/make-plan.ts'
import type { PlannedChange } from '../../../src/publishers/reconcile/plan.ts'
import { describeSet } from '../../../src/publishers/reconcile/sets.ts'
import { canonicalName } from '../../../src/wire/dns/name.ts'
import { parseMasterFile } from '../../../src/wire/dns/text.ts'
import { canonicalRecords } from '../../../src/zone/canonical.ts'
import { ROOMY } from '../../support/memory-provider.ts'
import { wantedOf } from '../../support/provider-driver.ts'

export const ORIGIN = 'voice.example.com.'

/** Sets that stand at the provider, from master-file text relative to `voice.example.com.` */
export function currentOf(text: string): CurrentSet[] {
  return [...wantedOf(text, ORIGIN, 60).sets]
}

/** The mark of a set, as master-file text. */
export function markLine(name: string, type: string, owner = 'ns1'): string {
  return `_sipvane-${type}.${name} 300 IN TXT "heritage=sipvane,owner=${owner}"`
}

export function planOf(
  wanted: string,
  current: string | readonly CurrentSet[],
  rest: Partial<PlanInput> = {},
) {
  return makePlan({
    wanted: wantedOf(wanted, ORIGIN, 60),
    current: typeof current === 'string' ? currentOf(current) : current,
    zone: canonicalName('example.com.'),
    owner: 'ns1',
    marks: 'txt',
    adopt: false,
    limits: ROOMY,
    ...rest,
  })
}

/** `~ sip1 60 A 192.0.2.11 -> 60 A 192.0.2.12`, names relative to the origin. */
export function linesOf(changes: readonly PlannedChange[]): string[] {
  return changes.map(({ kind, name, before, after }) => {
    const sets = [before, after].filter((set) => set !== undefined).map(describeSet)
    const short = name === ORIGIN ? '@' : name.replace(`.${ORIGIN}`, '')
    return `${{ create: '+', update: '~', delete: '-' }[kind]} ${short} ${sets.join(' -> ')}`
  })
}

let generation = 0

/** A snapshot of one zone with these generated sets, published to `memory`. */
export function snapshotOf(
  text: string,
  names: readonly string[] = ['@', '_sip._udp', 'sip1', 'sip2'],
): Snapshot {
  const origin = canonicalName(ORIGIN)
  const sets = new Map<string, RecordSet>()
  for (const { name, type, ttl, rdata } of parseMasterFile(text, { origin, defaultTtl: 60 }).records) {
    const records: readonly Rdata[] = canonicalRecords([
      ...(sets.get(`${name} ${type}`)?.records ?? []),
      rdata,
    ])
    sets.set(`${name} ${type}`, { name, type, ttl, records, origin: 'generated' })
  }
  const zone: Zone = {
    origin,
    serial: ++generation,
    contentHash: `${generation}`,
    sets: [...sets.values()],
    names: names.map((name) => canonicalName(name, origin)),
    publish: ['memory'],
  }
  return { generation, atMs: 0, zones: new Map([[origin, zone]]), decisions: new Map() }
}

/** At most so many changes in a batch. */
export function narrow(max: number): ProviderLimits {
  return { ...ROOMY, batch: [{ unit: 'changes', max, cost: () => 1 }] }
}
