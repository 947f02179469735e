import { randomInt } from 'node:crypto'
import type { DomainName } from '../../../core/brand.ts'
import { RCODE, TYPE } from '../../../wire/dns/constants.ts'
import { type Message, type MessageRecord, ttlSeconds } from '../../../wire/dns/read-message.ts'
import { MessageWriter } from '../../../wire/dns/write-message.ts'
import { questionError } from './faults.ts'

/** What we take over UDP (RFC 9715 section 3). */
const UDP_PAYLOAD = 1232

/** A query for one name and type, RD clear: the primary itself is asked (RFC 1035 section 4.1.1). */
export function question(name: DomainName, type: number, id: number = freshId()): Uint8Array {
  const writer = new MessageWriter(id, 0)
  writer.question(name, type)
  writer.opt(UDP_PAYLOAD)
  return writer.bytes()
}

/** Queries that may be under way on one connection together: no two have the same id. */
export function questions(about: readonly { name: DomainName; type: number }[]): Uint8Array[] {
  const first = freshId()
  return about.map(({ name, type }, i) => question(name, type, (first + i) & 0xffff))
}

/** Unpredictable: over UDP it keeps forgers out (RFC 5452). */
export function freshId(): number {
  return randomInt(0x10000)
}

/** What an authoritative answer says of a name and type. */
export interface Finding {
  /** The name has no records at all (NXDOMAIN). */
  readonly nothing: boolean
  /** Of the name and type that was asked for; a CNAME or DNAME on the way is not followed. */
  readonly records: readonly MessageRecord[]
  /** The name lies below a zone cut here: the NS records of the referral (RFC 1034 section 4.3.2). */
  readonly cut: readonly MessageRecord[]
}

/** Reads an answer. Throws `ProviderError` where it says nothing that can be built upon. */
export function finding(message: Message, name: DomainName, type: number): Finding {
  const { rcode, answers, authorities, authoritative } = message
  if (rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN) throw questionError(rcode, name)
  if (!authoritative) {
    const cut = answers.length === 0 ? authorities.filter((record) => record.type === TYPE.NS) : []
    if (cut.length === 0) throw questionError(RCODE.NOERROR, name)
    return { nothing: false, records: [], cut }
  }
  const records = answers.filter((record) => record.name === name && record.type === type)
  // RFC 2308 section 2.1: with a CNAME on the way, NXDOMAIN speaks of where it leads.
  const aliased = answers.some((record) => record.type === TYPE.CNAME && record.name === name)
  return { nothing: rcode === RCODE.NXDOMAIN && !aliased, records, cut: [] }
}

/** The apex and serial of the zone that a name lies in, from the answer to a question for the name's SOA (RFC 2308 section 3). */
export function zoneOf(message: Message, name: DomainName): { apex: DomainName; serial: number } {
  const { rcode, answers, authorities, authoritative } = message
  if (rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN) throw questionError(rcode, name)
  const soa = [...answers, ...authorities].find((record) => record.type === TYPE.SOA)
  if (!authoritative || soa?.rdata?.type !== 'SOA') throw questionError(RCODE.NOERROR, name)
  return { apex: soa.name, serial: soa.rdata.serial }
}

/** Records by name and type. */
export function rrsets(records: readonly MessageRecord[]): ReadonlyMap<string, readonly MessageRecord[]> {
  const sets = new Map<string, MessageRecord[]>()
  for (const record of records) {
    const key = `${record.name} ${record.type}`
    const same = sets.get(key)
    if (same === undefined) sets.set(key, [record])
    else same.push(record)
  }
  return sets
}

/** RFC 2181 section 5.2: where the TTLs of a set differ, it is the least. */
export function ttlOf(records: readonly MessageRecord[]): number {
  return Math.min(...records.map(ttlSeconds))
}
