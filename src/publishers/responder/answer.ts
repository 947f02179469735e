import type { Random } from '../../core/ports.ts'
import { CLASS, EDE, RCODE, TYPE } from '../../wire/dns/constants.ts'
import { OPT_SIZE, writeOpt } from '../../wire/dns/edns.ts'
import { FLAG, MAX_MESSAGE, writeHeader } from '../../wire/dns/message.ts'
import { DROP, emptyQuery, HEADER, readQuery } from '../../wire/dns/query.ts'
import type { CompiledSnapshot } from './compile.ts'
import { lookup } from './lookup.ts'
import type { Rendered } from './render.ts'

/** What crosses the Internet without fragments (RFC 9715 section 3, DNS flag day 2020); we offer it and never send more over UDP. */
export const UDP_PAYLOAD = 1232

/** RFC 1035 section 4.2.1: all that may be sent over UDP to a client that did not say more. */
export const UDP_MINIMUM = 512

const NO_EDE = -1

/** Filled anew by every call; one thread runs one at a time. */
const query = emptyQuery()

/**
 * Answers the query in the first `length` octets of `bytes`, writing to `out`, which is another array of at least `UDP_PAYLOAD` (UDP) or
 * `MAX_MESSAGE` (TCP) octets. Returns how many were written; 0: no answer. No octets make it throw; a snapshot whose values no record can
 * hold does (`RangeError`), for the names that have them.
 *
 * | in this order                                 | RCODE    | by                                            |
 * |-----------------------------------------------|----------|-----------------------------------------------|
 * | what `readQuery` finds                        | its own  | see there                                     |
 * | a class other than IN, ANY among them         | REFUSED  | no data of it is here                         |
 * | QTYPE OPT, TSIG, TKEY, NXNAME                 | FORMERR  | RFC 6895 section 3.1, RFC 9824 section 3.5    |
 * | AXFR, IXFR                                    | REFUSED  | RFC 5936 section 2.2.1: nobody may            |
 * | no snapshot yet                               | SERVFAIL | RFC 8914 section 4.15                         |
 * | a name of no zone here                        | REFUSED  | no referral upward (RFC 8499 "lame")          |
 * | otherwise                                     | the zone's word                                          |
 */
export function answer(
  bytes: Uint8Array,
  length: number,
  view: CompiledSnapshot | undefined,
  random: Random,
  transport: 'udp' | 'tcp',
  out: Uint8Array,
): number {
  const status = readQuery(bytes, length, query)
  if (status === DROP) return 0
  if (status !== RCODE.NOERROR)
    return refuse(bytes, out, status, status === RCODE.NOTIMP ? EDE.NOT_SUPPORTED : NO_EDE)
  if (query.qclass !== CLASS.IN) return refuse(bytes, out, RCODE.REFUSED, EDE.NOT_AUTHORITATIVE)
  switch (query.qtype) {
    case TYPE.OPT:
    case TYPE.TSIG:
    case TYPE.TKEY:
    case TYPE.NXNAME:
      return refuse(bytes, out, RCODE.FORMERR, EDE.INVALID_QUERY_TYPE)
    case TYPE.AXFR:
    case TYPE.IXFR:
      return refuse(bytes, out, RCODE.REFUSED, EDE.PROHIBITED)
  }
  if (view === undefined) return refuse(bytes, out, RCODE.SERVFAIL, EDE.NOT_READY)
  const entry = lookup(view, bytes, query)
  if (entry === undefined) return refuse(bytes, out, RCODE.REFUSED, EDE.NOT_AUTHORITATIVE)
  return reply(bytes, out, entry.draw(random), transport)
}

/** An answer without records; never above 300 octets, so it fits everywhere. Without AA: nothing is said of any name. */
function refuse(bytes: Uint8Array, out: Uint8Array, rcode: number, ede: number): number {
  copyQuestion(bytes, out)
  writeHeader(out, bytes, FLAG.QR, rcode, query.questionEnd > HEADER ? 1 : 0, 0, 0, query.edns ? 1 : 0)
  if (!query.edns) return query.questionEnd
  return writeOpt(out, query.questionEnd, UDP_PAYLOAD, rcode, query.dnssecOk, ede)
}

/**
 * What is sent when space is short (RFC 2181 section 9, RFC 6891 section 7, RFC 9471 section 3):
 *
 * | does not fit            | over UDP                                       | over TCP |
 * |-------------------------|------------------------------------------------|----------|
 * | an optional additional  | it and those behind it are left out, without TC | the same |
 * | anything else           | TC, question and OPT alone                     | SERVFAIL |
 */
function reply(bytes: Uint8Array, out: Uint8Array, rendered: Rendered, transport: 'udp' | 'tcp'): number {
  const start = query.questionEnd
  const room = limit(transport) - start - (query.edns ? OPT_SIZE : 0)
  if (rendered.required > room) {
    if (transport === 'tcp') return refuse(bytes, out, RCODE.SERVFAIL, NO_EDE)
    const end = refuse(bytes, out, rendered.rcode, NO_EDE)
    out[2] = (out[2] ?? 0) | FLAG.TC | (rendered.authoritative ? FLAG.AA : 0)
    return end
  }
  let size = rendered.required
  let additionals = rendered.glue
  const ends = rendered.optionalEnds
  for (let i = 0; i < ends.length && (ends[i] ?? 0) <= room; i++) {
    size = ends[i] ?? size
    additionals = rendered.glue + (rendered.optionalCounts[i] ?? 0)
  }
  copyQuestion(bytes, out)
  out.set(size === rendered.body.length ? rendered.body : rendered.body.subarray(0, size), start)
  relocate(out, rendered, size)
  writeHeader(
    out,
    bytes,
    FLAG.QR | (rendered.authoritative ? FLAG.AA : 0),
    rendered.rcode,
    1,
    rendered.answers,
    rendered.authorities,
    additionals + (query.edns ? 1 : 0),
  )
  if (!query.edns) return start + size
  return writeOpt(out, start + size, UDP_PAYLOAD, rendered.rcode, query.dnssecOk, NO_EDE)
}

/** RFC 6891 section 6.2.3: less than 512 counts as 512; section 6.2.5: the responder may have a limit of its own. */
function limit(transport: 'udp' | 'tcp'): number {
  if (transport === 'tcp') return MAX_MESSAGE
  return query.edns ? Math.min(Math.max(query.udpPayload, UDP_MINIMUM), UDP_PAYLOAD) : UDP_MINIMUM
}

/** Octet for octet: a resolver may tell its own query by the case of its letters. */
function copyQuestion(bytes: Uint8Array, out: Uint8Array): void {
  for (let at = HEADER; at < query.questionEnd; at++) out[at] = bytes[at] ?? 0
}

/** The body was written for a QNAME of another length: what stands behind the first labels has moved, and pointers to it with it. */
function relocate(out: Uint8Array, rendered: Rendered, size: number): void {
  const distance = query.nameEnd - HEADER - rendered.qnameOctets
  if (distance === 0) return
  for (const at of rendered.relocations) {
    if (at >= size) break
    const offset = query.questionEnd + at
    const pointer = (((out[offset] ?? 0) << 8) | (out[offset + 1] ?? 0)) + distance
    out[offset] = pointer >> 8
    out[offset + 1] = pointer & 0xff
  }
}
