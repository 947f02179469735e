import { CLASS, RCODE, TYPE } from '../../wire/dns/constants.ts'
import { MAX_MESSAGE } from '../../wire/dns/message.ts'
import { MAX_NAME } from '../../wire/dns/name.ts'
import { emptyQuery, HEADER, type Query, readQuery } from '../../wire/dns/query.ts'
import { MAX_ALIASES } from './alias.ts'
import type { AnswerContext } from './context.ts'
import type { StoredReply } from './image/reply.ts'
import { lookup } from './lookup.ts'
import { type NamePlace, spliceRecords } from './splice.ts'

/** Of a record beside its rdata, its owner a pointer: owner, type, class, TTL, length (RFC 1035 section 4.1.3). */
const FRAME = 12

/** Where the TTL stands in such a record. */
const TTL_AT = 6

/** A name that was come to: the question for it, as if a client had asked. */
interface Stop {
  readonly bytes: Uint8Array
  readonly query: Query
}

/** Filled anew by every call, as all below; one thread runs one at a time. */
const stops: readonly Stop[] = Array.from({ length: MAX_ALIASES - 1 }, () => ({
  bytes: new Uint8Array(HEADER + MAX_NAME + 4),
  query: emptyQuery(),
}))
const place: NamePlace = { at: 0, front: 0, rest: 0 }
let scratch = new Uint8Array(4_096)

/** What `followRedirect` has written. */
export const followed = { end: 0, rcode: 0, answers: 0, authorities: 0, additionals: 0, whole: false }

/**
 * Writes to `out`, behind the question, the answer for a name below the DNAME that `stored` holds (RFC 6672 section 3.2): the record, the
 * alias that follows from it for the present QNAME, and what is said of the name that this leads to, as far as we serve it. It cannot be
 * written in advance, as the rest of a zone is: each QNAME has octets of its own. `followed` tells how much of it there is; no octet is
 * written at `limit` or behind it. False: more belongs to it than fits; what is there is then the answer up to an alias, if `followed.end`
 * is not 0.
 *
 * | the name it leads to                  | then                                             |
 * |---------------------------------------|--------------------------------------------------|
 * | has more than 255 octets              | YXDOMAIN, without an alias (section 2.2)         |
 * | is not asked for: QTYPE CNAME or ANY  | the alias is the answer (RFC 8482 section 4.1)   |
 * | is of no zone here                    | the alias is the answer; the RCODE is NOERROR    |
 * | was come by before, or `MAX_ALIASES`  | the same                                         |
 * | lies below a DNAME                    | that record, its alias, and so on                |
 * | anything else                         | the zone's word on it, its RCODE included (RFC 6604 section 3) |
 */
export function followRedirect(
  bytes: Uint8Array,
  query: Query,
  stored: StoredReply,
  context: AnswerContext,
  out: Uint8Array,
  limit: number,
): boolean {
  forget()
  let asked: Stop = { bytes, query }
  place.at = HEADER
  place.front = query.nameEnd - HEADER
  let end = query.questionEnd
  for (let hop = 0; ; hop++) {
    if (!stored.fit(limit - end)) return false
    const records = stored.answers + stored.authorities + stored.additionals
    const octets = bodyOf(stored, asked.query)
    if (!spliceRecords(octets, asked.query.questionEnd, stored.size, records, place, out, end)) return false
    end += stored.size
    if (!stored.redirects) {
      followed.authorities = stored.authorities
      followed.additionals = stored.additionals
      tell(end, stored.rcode, stored.answers)
      followed.whole = true
      return true
    }
    const target = stored.required - FRAME
    const front = asked.query.nameEnd - HEADER - stored.qnameOctets
    if (front + target > MAX_NAME) {
      tell(end, RCODE.YXDOMAIN, 1)
      return true
    }
    if (end + FRAME + front + 2 > limit) return false
    const next = stops[hop]
    const targetAt = end - target
    end = writeAlias(asked, front, end, target, out)
    tell(end, RCODE.NOERROR, 2)
    if (query.qtype === TYPE.CNAME || query.qtype === TYPE.ANY || next === undefined) return true
    compose(next, asked, front, out, targetAt, target, query.qtype)
    if (isKnown(hop, bytes, query)) return true
    if (context.view === undefined || !lookup(context.view, next.bytes, next.query, context.random, stored))
      return true
    asked = next
  }
}

function forget(): void {
  followed.end = 0
  followed.rcode = RCODE.NOERROR
  followed.answers = 0
  followed.authorities = 0
  followed.additionals = 0
  followed.whole = false
}

/** The answer is sound up to `end`, with so many records more. */
function tell(end: number, rcode: number, answers: number): void {
  followed.end = end
  followed.rcode = rcode
  followed.answers += answers
}

/** The records as they stand in a reply to `query`. */
function bodyOf(stored: StoredReply, query: Query): Uint8Array {
  if (scratch.length < query.questionEnd + stored.size) scratch = new Uint8Array(MAX_MESSAGE)
  stored.copy(scratch, query.questionEnd, query.nameEnd - HEADER)
  return scratch
}

/**
 * Writes the CNAME at `at`, right behind the DNAME with its `target` octets of rdata: owner the name asked for, the DNAME's TTL, and that
 * name's first `front` octets before the DNAME's own target (RFC 6672 sections 2.2 and 3.1). The labels keep their case. Returns the offset
 * behind it, and leaves `place` where the alias's target now stands.
 */
function writeAlias(asked: Stop, front: number, at: number, target: number, out: Uint8Array): number {
  const record = at - target - FRAME
  out[at] = 0xc0 | (place.at >> 8)
  out[at + 1] = place.at & 0xff
  out[at + 2] = 0
  out[at + 3] = TYPE.CNAME
  out[at + 4] = 0
  out[at + 5] = CLASS.IN
  for (let i = 0; i < 4; i++) out[at + TTL_AT + i] = out[record + TTL_AT + i] ?? 0
  let end = at + FRAME
  place.at = end
  place.front = front
  place.rest = at - target
  for (let i = 0; i < front; i++) out[end++] = asked.bytes[HEADER + i] ?? 0
  if (target === 1) {
    out[end++] = 0
    place.front++
  } else {
    // It is the DNAME's rdata, written out in full (RFC 6672 section 2.5), so there is a name to point at.
    out[end++] = 0xc0 | (place.rest >> 8)
    out[end++] = place.rest & 0xff
  }
  const rdlength = end - at - FRAME
  out[at + 10] = rdlength >> 8
  out[at + 11] = rdlength & 0xff
  return end
}

/** Makes the question for the alias's target. */
function compose(
  next: Stop,
  asked: Stop,
  front: number,
  out: Uint8Array,
  targetAt: number,
  target: number,
  qtype: number,
): void {
  const { bytes } = next
  let at = HEADER
  for (let i = 0; i < front; i++) bytes[at++] = asked.bytes[HEADER + i] ?? 0
  for (let i = 0; i < target; i++) bytes[at++] = out[targetAt + i] ?? 0
  bytes[5] = 1
  bytes[at++] = qtype >> 8
  bytes[at++] = qtype & 0xff
  bytes[at++] = 0
  bytes[at++] = CLASS.IN
  if (readQuery(bytes, at, next.query) !== RCODE.NOERROR)
    throw new Error('a DNAME has made a name that is none')
}

/** Whether the last stop is a name that this answer has come by before. */
function isKnown(last: number, bytes: Uint8Array, query: Query): boolean {
  const now = stops[last]
  if (now === undefined) return true
  const length = now.query.nameEnd
  if (query.nameEnd === length && sameOctets(bytes, now.bytes, length)) return true
  for (let i = 0; i < last; i++) {
    const before = stops[i]
    if (before?.query.nameEnd === length && sameOctets(before.bytes, now.bytes, length)) return true
  }
  return false
}

/** Names of one length, ASCII letters folded (RFC 4343 section 3); octets of lengths are no letters. */
function sameOctets(a: Uint8Array, b: Uint8Array, end: number): boolean {
  for (let at = HEADER; at < end; at++) if (folded(a[at] ?? 0) !== folded(b[at] ?? 0)) return false
  return true
}

function folded(octet: number): number {
  return octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet
}
