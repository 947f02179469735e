import { Packet } from 'dns2'
import type { DomainName } from '../../core/brand.ts'
import { CLASS, TYPE } from '../../wire/dns/constants.ts'
import { canonicalName, ROOT } from '../../wire/dns/name.ts'
import { formatRdata } from '../../wire/dns/rdata/registry.ts'
import { type Message, readMessage } from '../../wire/dns/read-message.ts'
import { parseMasterFile } from '../../wire/dns/text.ts'

export const QUERY_TYPES = [
  'A',
  'AAAA',
  'SRV',
  'NAPTR',
  'CNAME',
  'NS',
  'SOA',
  'MX',
  'TXT',
  'PTR',
  'CAA',
] as const
export type QueryType = (typeof QUERY_TYPES)[number]

export interface Query {
  /** Absolute, of letters, digits, `-` and `_`. */
  readonly name: DomainName
  readonly type: QueryType
  readonly recursion: boolean
}

export type Reply =
  | { readonly kind: 'message'; readonly message: Message }
  /** There is more than a datagram carries. */
  | { readonly kind: 'truncated' }
  | { readonly kind: 'malformed'; readonly why: string }

/**
 * dns2's client composes the question. Its sockets are not used: unconnected, they never learn of a refusal, and they know no source
 * address. Nor is its parser: it follows pointers without a limit, so that a hostile answer of 4096 octets holds the event loop for
 * 0.2 s and one of 16 KB for 2.6 s (measured), and it knows no NAPTR. The reader of `wire/dns` caps what a name may cost.
 */
export function composeQuery(query: Query, id: number): Uint8Array {
  const packet = new Packet()
  packet.header.id = id
  packet.header.rd = query.recursion ? 1 : 0
  packet.questions.push({
    name: query.name.slice(0, -1),
    class: Packet.CLASS.IN,
    type: TYPE[query.type],
  } as Question)
  return packet.toBuffer()
}

type Question = Packet['questions'][number]

/** What the bytes say to that question; undefined where they answer another (RFC 5452 section 9.1) or nothing. Any bytes may come. */
export function readReply(bytes: Uint8Array, query: Query, id: number): Reply | undefined {
  if (bytes.length < 12 || bytes[0] !== id >> 8 || bytes[1] !== (id & 0xff)) return undefined
  const flags = bytes[2] ?? 0
  if ((flags & 0x80) === 0) return undefined
  // What comes along with TC is not complete, and may be cut anywhere (RFC 2181 section 9).
  if ((flags & 0x02) !== 0) return { kind: 'truncated' }
  const reading = readMessage(bytes)
  if (!reading.ok) return { kind: 'malformed', why: reading.fault }
  const { message } = reading
  const [question, ...others] = message.questions
  // Some servers leave the question out of an error.
  if (question === undefined) return message.rcode === 0 ? undefined : { kind: 'message', message }
  const same =
    others.length === 0 &&
    question.name === query.name &&
    question.type === TYPE[query.type] &&
    question.class === CLASS.IN
  return same ? { kind: 'message', message } : undefined
}

/** The data of the answer's records of the type asked for, as master-file text in canonical spelling. */
export function answersOf(message: Message, type: QueryType): string[] {
  return message.answers
    .filter((record) => record.type === TYPE[type])
    .map(({ rdata }) => (rdata === undefined ? '(unreadable)' : formatRdata(rdata)))
}

/** The same spelling for what the configuration expects; undefined where it is no data of that type. */
export function canonicalData(text: string, type: QueryType): string | undefined {
  const { records, faults } = parseMasterFile(`@ 0 IN ${type} ${text}\n`, { origin: ROOT, defaultTtl: 0 })
  const [record] = records
  return faults.length > 0 || records.length !== 1 || record === undefined
    ? undefined
    : formatRdata(record.rdata)
}

/** A name as operators write it, with or without the last dot; undefined where dns2 could not carry it. */
export function queryName(text: string): DomainName | undefined {
  if (!/^(?:[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?|\.)$/.test(text)) return undefined
  try {
    return canonicalName(text.endsWith('.') ? text : `${text}.`)
  } catch {
    return undefined
  }
}
