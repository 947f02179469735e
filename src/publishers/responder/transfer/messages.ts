import type { DomainName } from '../../../core/brand.ts'
import type { Zone } from '../../../core/snapshot.ts'
import { FLAG, MAX_MESSAGE } from '../../../wire/dns/message.ts'
import { HEADER } from '../../../wire/dns/query.ts'
import { MessageWriter, SECTION } from '../../../wire/dns/write-message.ts'
import { recordsOf, soaOf, type ZoneDelta, type ZoneRecord } from '../../../zone/journal.ts'
import { UDP_PAYLOAD } from '../reply-options.ts'

/** What a transfer's messages repeat of its query. */
export interface TransferQuestion {
  /** The query without its TSIG. */
  readonly bytes: Uint8Array
  /** Behind the question. */
  readonly questionEnd: number
  readonly name: DomainName
  /** AXFR or IXFR, as a number. */
  readonly type: number
  /** It had an OPT, so the answer owes one. */
  readonly edns: boolean
}

/**
 * A message is closed when it reaches this: what stands behind can be pointed at no more (RFC 1035 section 4.1.4: 14 bits), so longer ones
 * save nothing, and hold the other clients up.
 */
const FULL_OCTETS = 16_384

/** A record longer than this gets a message of its own, up to the 65,535 octets that TCP can carry. */
const LONG_OCTETS = 32_768

/** The whole zone: SOA first and last (RFC 5936 section 2.2). */
export function* fullRecords(zone: Zone): Generator<ZoneRecord> {
  const soa = soaOf(zone)
  if (soa === undefined) throw new Error(`${zone.origin} has no SOA`)
  yield soa
  yield* recordsOf(zone)
  yield soa
}

/** Difference sequences between the present SOA and itself (RFC 1995 section 4). Without any: the SOA alone, the client is current. */
export function* deltaRecords(zone: Zone, deltas: readonly ZoneDelta[]): Generator<ZoneRecord> {
  const soa = soaOf(zone)
  if (soa === undefined) throw new Error(`${zone.origin} has no SOA`)
  yield soa
  if (deltas.length === 0) return
  for (const { before, removed, after, added } of deltas) {
    yield before
    yield* removed
    yield after
    yield* added
  }
  yield soa
}

/**
 * The messages of one answer, one at a time: each is written when it is asked for, so a large zone costs a turn a message. `spareOctets` of
 * each are kept free, for a signature. Throws `MessageSizeError` where one record fits no message.
 */
export function* transferMessages(
  records: Iterable<ZoneRecord>,
  question: TransferQuestion,
  spareOctets: number,
): Generator<Uint8Array> {
  let first = true
  let written = 0
  let writer = begin(question, spareOctets, first)
  const close = (): Uint8Array => {
    if (first && question.edns) writer.opt(UDP_PAYLOAD)
    const bytes = writer.bytes()
    // As it was asked, letter for letter.
    if (first) bytes.set(question.bytes.subarray(HEADER, question.questionEnd), HEADER)
    first = false
    written = 0
    return bytes
  }
  for (const record of records) {
    const full = writer.length >= FULL_OCTETS || octetsOf(record) > LONG_OCTETS
    if (full && written > 0) {
      yield close()
      writer = begin(question, spareOctets, first)
    }
    writer.record(SECTION.ANSWER, record.name, record.ttl, record.rdata)
    written++
  }
  yield close()
}

/** A transfer that cannot be: question and RCODE alone. */
export function faultMessage(question: TransferQuestion, rcode: number): Uint8Array {
  const writer = new MessageWriter(idOf(question), (flagsOf(question) & ~(FLAG.AA << 8)) | rcode)
  writer.question(question.name, question.type)
  if (question.edns) writer.opt(UDP_PAYLOAD)
  return writer.bytes()
}

function begin(question: TransferQuestion, spareOctets: number, first: boolean): MessageWriter {
  const writer = new MessageWriter(idOf(question), flagsOf(question), MAX_MESSAGE - spareOctets)
  // RFC 5936 section 2.2.1: the first message has the question, later ones need none.
  if (first) writer.question(question.name, question.type)
  return writer
}

function idOf({ bytes }: TransferQuestion): number {
  return ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0)
}

function flagsOf({ bytes }: TransferQuestion): number {
  return (FLAG.QR | FLAG.AA | ((bytes[2] ?? 0) & FLAG.RD)) << 8
}

/** Near enough to tell long from short; only these types can be long. */
function octetsOf({ rdata }: ZoneRecord): number {
  if (rdata.type === 'TXT') return rdata.strings.reduce((sum, text) => sum + text.length + 1, 0)
  if (rdata.type === 'CAA') return rdata.value.length
  return 'data' in rdata ? rdata.data.length / 2 : 0
}
