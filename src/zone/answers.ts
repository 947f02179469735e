import type { DomainName } from '../core/brand.ts'
import type { Decision, Member } from '../core/decision.ts'
import type { Alternative, Rdata, RecordSet } from '../core/records.ts'
import type { AnswerSettings, PoolSettings } from '../core/settings.ts'
import type { Target } from '../core/target.ts'
import { canonicalAddress } from '../wire/dns/rdata/address.ts'
import { canonicalRecords, octetKey } from './canonical.ts'
import { hostName, SIP_SERVICES, srvName } from './host.ts'
import { setKey } from './static.ts'

/** The A or AAAA records among `addresses`. */
export function addressRecords(addresses: readonly string[], type: 'A' | 'AAAA'): readonly Rdata[] {
  return canonicalRecords(
    addresses.flatMap((text) => {
      const rdata = canonicalAddress(text)
      return rdata?.type === type ? [rdata] : []
    }),
  )
}

/** An A or AAAA answer; undefined (NODATA) where no member has an address of the family. */
export function addressSet(
  answer: AnswerSettings & { readonly type: 'A' | 'AAAA' },
  decision: Decision,
  ttl: number,
): RecordSet | undefined {
  const { name, type } = answer
  const choices = serving(decision, type)
    .map((seat) => ({ ...seat, key: seat.records.map(octetKey).join(' ') }))
    .sort((a, b) => (a.key === b.key ? a.weight - b.weight : a.key < b.key ? -1 : 1))
    .map(({ weight, records }): Alternative => ({ weight, records }))
  if (choices.length === 0) return undefined
  const records = canonicalRecords(choices.flatMap((choice) => choice.records))
  const set: RecordSet = { name, type, ttl, records, origin: 'generated' }
  if (decision.pick === 'all' || choices.length === 1) return set
  return { ...set, alternatives: drawable(choices) }
}

/**
 * Who gets the traffic of one family: the active members that have it, else the best tier of standbys that has it.
 * A family is not left without an answer because the present tier lacks it.
 */
function serving(
  decision: Decision,
  type: 'A' | 'AAAA',
): readonly (Alternative & { readonly priority: number })[] {
  const able = (members: readonly Member[]) =>
    members
      .map(({ weight, priority, addresses }) => ({
        weight,
        priority,
        records: addressRecords(addresses, type),
      }))
      .filter(({ records }) => records.length > 0)
  const active = able(decision.active)
  if (active.length > 0) return active
  const standby = able(decision.members)
  const tier = Math.min(...standby.map(({ priority }) => priority))
  return standby.filter(({ priority }) => priority === tier)
}

/** Where all weights are zero nothing could be drawn: all are drawn alike. */
function drawable(choices: readonly Alternative[]): readonly Alternative[] {
  if (choices.some((choice) => choice.weight > 0)) return choices
  return choices.map((choice) => ({ ...choice, weight: 1 }))
}

/** An SRV answer: every live target, standby tiers included (RFC 2782); undefined where there is none. */
export function srvSet(
  answer: AnswerSettings,
  decision: Decision,
  pool: PoolSettings,
  origin: DomainName,
  ttl: number,
): RecordSet | undefined {
  const targets = new Map([...pool.targets, ...pool.fallback].map((target) => [target.id, target]))
  const records = decision.members.flatMap((member): Rdata[] => {
    const target = targets.get(member.target)
    const port = target === undefined ? undefined : portOf(answer, target)
    // A frozen or last-good decision may outlive a target that a reload took away.
    if (target === undefined || port === undefined) return []
    const { priority, weight } = member
    return [{ type: 'SRV', priority, weight, port, target: hostName(target, origin) }]
  })
  if (records.length === 0) return undefined
  return { name: answer.name, type: 'SRV', ttl, records: canonicalRecords(records), origin: 'generated' }
}

function portOf(answer: AnswerSettings, target: Target): number | undefined {
  const transport = answer.transports[0]
  return answer.port ?? (transport === undefined ? undefined : target.ports[transport])
}

/** RFC 3263 section 4.1 leaves the choice to ORDER alone; one preference for all says so. */
const PREFERENCE = 50

/** A NAPTR answer: one record a transport whose SRV set is there, best first; undefined where none is. */
export function naptrSet(
  answer: AnswerSettings,
  sets: ReadonlyMap<string, RecordSet>,
  ttl: number,
): RecordSet | undefined {
  const records = answer.transports.flatMap((transport, index): Rdata[] => {
    const replacement = srvName(transport, answer.name)
    if (!sets.has(setKey(replacement, 'SRV'))) return []
    const { services } = SIP_SERVICES[transport]
    // The order is the transport's place in the configuration, so that one leaving does not renumber the others.
    const order = (index + 1) * 10
    return [{ type: 'NAPTR', order, preference: PREFERENCE, flags: 's', services, regexp: '', replacement }]
  })
  if (records.length === 0) return undefined
  return { name: answer.name, type: 'NAPTR', ttl, records: canonicalRecords(records), origin: 'generated' }
}
