import type { DomainName } from '../../core/brand.ts'
import type { Rdata } from '../../core/records.ts'
import { expandName, MessageError } from './compressed-name.ts'
import { CLASS, recordType, TYPE } from './constants.ts'
import { expandRdata } from './expand-rdata.ts'
import { nameFromWire } from './name.ts'
import { HEADER } from './query.ts'
import { RdataError } from './rdata/part.ts'
import { decodeRdata } from './rdata/registry.ts'

export interface Question {
  readonly name: DomainName
  /** The type's number. */
  readonly type: number
  readonly class: number
}

/** One record of a message. In an update, class and TTL have meanings of their own (RFC 2136 sections 2.4 and 2.5). */
export interface MessageRecord {
  readonly name: DomainName
  /** The type's number. */
  readonly type: number
  readonly class: number
  /** As it stands, unsigned; RFC 2181 section 8 wants the upper half read as 0: `ttlSeconds`. */
  readonly ttl: number
  /** Names uncompressed, in the case they came in. */
  readonly octets: Uint8Array
  /** Of class IN, where the octets are what the type asks for. */
  readonly rdata: Rdata | undefined
  /** Where it begins in the message. */
  readonly start: number
}

export interface Message {
  readonly id: number
  readonly response: boolean
  readonly opcode: number
  readonly authoritative: boolean
  readonly truncated: boolean
  /** All 12 bits, with those of the OPT (RFC 6891 section 6.1.3). */
  readonly rcode: number
  readonly questions: readonly Question[]
  readonly answers: readonly MessageRecord[]
  readonly authorities: readonly MessageRecord[]
  /** OPT and TSIG among them. */
  readonly additionals: readonly MessageRecord[]
}

export type MessageReading =
  | { readonly ok: true; readonly message: Message }
  | { readonly ok: false; readonly fault: string }

/**
 * Reads a whole message of anybody's, up to 65535 octets, into values. Never throws for what the octets say.
 * The counts may lie: every record consumes at least 11 octets that are really there, and each name's cost is capped.
 */
export function readMessage(bytes: Uint8Array): MessageReading {
  try {
    return { ok: true, message: walk(bytes) }
  } catch (error) {
    if (error instanceof MessageError) return { ok: false, fault: error.message }
    throw error
  }
}

/** Seconds that a record may be kept: a TTL with its top bit set counts as 0 (RFC 2181 section 8). */
export function ttlSeconds(record: Pick<MessageRecord, 'ttl'>): number {
  return record.ttl > 0x7fffffff ? 0 : record.ttl
}

function walk(bytes: Uint8Array): Message {
  if (bytes.length < HEADER) throw new MessageError('shorter than a header')
  const questions: Question[] = []
  let at = HEADER
  for (let i = 0; i < u16(bytes, 4); i++) {
    const { octets, end } = expandName(bytes, at)
    if (end + 4 > bytes.length) throw new MessageError('a question runs past the message')
    questions.push({ name: nameFromWire(octets), type: u16(bytes, end), class: u16(bytes, end + 2) })
    at = end + 4
  }
  const section = (count: number): MessageRecord[] => {
    const records: MessageRecord[] = []
    for (let i = 0; i < count; i++) {
      const { record, end } = readRecord(bytes, at)
      records.push(record)
      at = end
    }
    return records
  }
  const answers = section(u16(bytes, 6))
  const authorities = section(u16(bytes, 8))
  const additionals = section(u16(bytes, 10))
  // Octets that no count covers are nobody's word: no MAC would cover them either.
  if (at !== bytes.length) throw new MessageError('octets behind the last record')
  const opts = additionals.filter((record) => record.type === TYPE.OPT)
  if (opts.length > 1) throw new MessageError('more than one OPT')
  const flags = u16(bytes, 2)
  return {
    id: u16(bytes, 0),
    response: (flags & 0x8000) !== 0,
    opcode: (flags >> 11) & 0x0f,
    authoritative: (flags & 0x0400) !== 0,
    truncated: (flags & 0x0200) !== 0,
    rcode: (((opts[0]?.ttl ?? 0) >>> 24) << 4) | (flags & 0x0f),
    questions,
    answers,
    authorities,
    additionals,
  }
}

function readRecord(bytes: Uint8Array, start: number): { record: MessageRecord; end: number } {
  const { octets: owner, end: at } = expandName(bytes, start)
  if (at + 10 > bytes.length) throw new MessageError('a record runs past the message')
  const type = u16(bytes, at)
  const recordClass = u16(bytes, at + 2)
  const end = at + 10 + u16(bytes, at + 8)
  if (end > bytes.length) throw new MessageError('rdata runs past the message')
  const octets = expandRdata(bytes, type, at + 10, end)
  const record: MessageRecord = {
    name: nameFromWire(owner),
    type,
    class: recordClass,
    ttl: u16(bytes, at + 4) * 0x10000 + u16(bytes, at + 6),
    octets,
    rdata: recordClass === CLASS.IN ? rdataOf(type, octets) : undefined,
    start,
  }
  return { record, end }
}

function rdataOf(type: number, octets: Uint8Array): Rdata | undefined {
  try {
    return decodeRdata(recordType(type), octets)
  } catch (error) {
    if (error instanceof RdataError) return undefined
    throw error
  }
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}
