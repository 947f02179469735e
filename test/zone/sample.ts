import type { DomainName, TargetId } from '../../src/core/brand.ts'
import { targetId } from '../../src/core/brand.ts'
import type { Decision, Member } from '../../src/core/decision.ts'
import type { RecordSet } from '../../src/core/records.ts'
import type { AnswerSettings, PoolSettings, ZoneSettings } from '../../src/core/settings.ts'
import { viewKey } from '../../src/core/settings.ts'
import type { Zone } from '../../src/core/snapshot.ts'
import type { Target } from '../../src/core/target.ts'
import { canonicalName } from '../../src/wire/dns/name.ts'
import { formatRecordSet } from '../../src/wire/dns/text.ts'

export const ORIGIN = canonicalName('voice.example.com.')

export function name(text: string): DomainName {
  return canonicalName(text, ORIGIN)
}

export function target(pool: string, targetName: string, rest: Partial<Target> = {}): Target {
  return {
    id: targetId(pool, targetName),
    pool,
    name: targetName,
    addresses: ['192.0.2.11'],
    ports: { udp: 5060, tcp: 5060, tls: 5061, ws: 80, wss: 443 },
    priority: 10,
    weight: 100,
    ...rest,
  }
}

export function poolOf(
  poolName: string,
  targets: readonly Target[],
  rest: Partial<PoolSettings> = {},
): PoolSettings {
  return {
    name: poolName,
    policy: 'failover',
    probes: ['options'],
    allDown: 'serve-all',
    fallback: [],
    failback: { mode: 'auto', delayMs: 0 },
    slowStartMs: 0,
    targets,
    ...rest,
  }
}

/** An active-standby pair; the standby alone has IPv6. */
export const EDGE = poolOf('edge', [
  target('edge', 'sip1', { addresses: ['192.0.2.11'], priority: 10, weight: 60 }),
  target('edge', 'sip2', { addresses: ['192.0.2.12', '2001:db8::12'], priority: 20, weight: 100 }),
])

export function poolsOf(...pools: readonly PoolSettings[]): ReadonlyMap<string, PoolSettings> {
  return new Map(pools.map((pool) => [pool.name, pool]))
}

export function answer(
  owner: string,
  type: AnswerSettings['type'],
  rest: Partial<AnswerSettings> = {},
): AnswerSettings {
  return {
    name: name(owner),
    type,
    pool: 'edge',
    probes: ['options'],
    transports: type === 'SRV' ? ['udp'] : [],
    ...rest,
  }
}

export const NAMESERVER_RECORDS = 'ns1 IN A 192.0.2.1\nns2 IN A 192.0.2.2\n'

export function zoneOf(rest: Partial<ZoneSettings> = {}): ZoneSettings {
  return {
    origin: ORIGIN,
    nameservers: [name('ns1'), name('ns2')],
    ttl: { min: 10, max: 60 },
    negativeTtl: 15,
    publish: ['dns'],
    records: NAMESERVER_RECORDS,
    answers: [
      answer('@', 'A'),
      answer('@', 'AAAA'),
      answer('_sip._udp', 'SRV'),
      answer('@', 'NAPTR', { transports: ['udp', 'tcp', 'tls'] }),
    ],
    ...rest,
  }
}

export function memberOf(one: Target, rest: Partial<Member> = {}): Member {
  const { id, name: memberName, addresses, priority, weight } = one
  return { target: id as TargetId, name: memberName, addresses, priority, weight, ...rest }
}

/** All up: every target is a member, the best tier is active. */
export function decisionOf(pool: PoolSettings, rest: Partial<Decision> = {}): Decision {
  const members = pool.targets.map((one) => memberOf(one)).sort((a, b) => a.priority - b.priority)
  const best = members[0]?.priority
  return {
    pool: pool.name,
    view: 'options',
    mode: 'normal',
    members,
    active: members.filter((member) => member.priority === best),
    pick: 'all',
    suspect: false,
    why: [],
    ...rest,
  }
}

export function decisionsOf(...decisions: readonly Decision[]): ReadonlyMap<string, Decision> {
  return new Map(decisions.map((decision) => [viewKey(decision.pool, decision.view.split('+')), decision]))
}

/** The set at a name and type; undefined where there is none. */
export function setAt(zone: Zone, owner: string, type: RecordSet['type']): RecordSet | undefined {
  const absolute = name(owner)
  return zone.sets.find((set) => set.name === absolute && set.type === type)
}

/** Its records as text, without name, class and type; `none` where there is no such set. */
export function textAt(zone: Zone, owner: string, type: RecordSet['type']): string[] | 'none' {
  const set = setAt(zone, owner, type)
  if (set === undefined) return 'none'
  const lead = `${set.name} ${set.ttl} IN ${type} `
  return formatRecordSet(set)
    .split('\n')
    .map((line) => line.slice(lead.length))
}
