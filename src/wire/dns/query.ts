import { CLASS, OPCODE, RCODE, TYPE } from './constants.ts'
import { type Edns, forgetEdns, readOpt } from './edns.ts'

/** Octets of a message header (RFC 1035 section 4.1.1). */
export const HEADER = 12

/** What `readQuery` returns for octets that get no answer at all. */
export const DROP = -1

/** What `readQuery` returns for a sound query without a question: FORMERR, unless it asks for a cookie (RFC 7873 section 5.4). */
export const NO_QUESTION = -2

/** A name of 255 octets has at most 127 labels beside the root. */
export const MAX_LABELS = 127

/**
 * What a responder needs to know of a query. One object is filled over and over: the hot path leaves no garbage.
 * Offsets count from the first octet of the message.
 */
export interface Query extends Edns {
  opcode: number
  /** Behind QNAME's root label. */
  nameEnd: number
  /** Behind the question; `HEADER` when none could be read, and then none is echoed. */
  questionEnd: number
  /** Labels of QNAME beside the root. */
  labels: number
  /** Where each label's length octet stands, relative to QNAME's first octet; leftmost first. */
  readonly labelStarts: Uint8Array
  qtype: number
  qclass: number
  /** The additional section ends in a TSIG record (RFC 8945). */
  tsig: boolean
}

export function emptyQuery(): Query {
  return {
    opcode: 0,
    nameEnd: HEADER,
    questionEnd: HEADER,
    labels: 0,
    labelStarts: new Uint8Array(MAX_LABELS),
    qtype: 0,
    qclass: 0,
    tsig: false,
    edns: false,
    udpPayload: 0,
    ednsVersion: 0,
    dnssecOk: false,
    optionsStart: 0,
    optionsEnd: 0,
  }
}

/**
 * Walks the first `length` octets of `bytes` once, forward, and fills `query`.
 *
 * Returns `DROP`, `NO_QUESTION`, `RCODE.NOERROR`, or the RCODE that the reply must carry; never throws. After an error `query` still holds
 * whatever was read before it: the question to echo, and whether the reply owes an OPT.
 *
 * | what came                                      | returned | by                                     |
 * |------------------------------------------------|----------|----------------------------------------|
 * | shorter than a header, or a response           | DROP     | nobody to answer; a reply could loop   |
 * | a name, record or option beyond the octets     | FORMERR  | RFC 1035 section 4.1.1                 |
 * | two OPTs, one elsewhere or with an owner       | FORMERR  | RFC 6891 section 6.1.1                 |
 * | a TSIG that is not the last record             | FORMERR  | RFC 8945 section 5.2                   |
 * | OPT version above 0                            | BADVERS  | RFC 6891 section 6.1.3                 |
 * | any opcode but QUERY                           | NOTIMP   | RFC 1035 section 4.1.1, RFC 8906       |
 * | QDCOUNT above 1                                | FORMERR  | RFC 9619 section 4                     |
 * | QDCOUNT 0                                      | NO_QUESTION | RFC 7873 section 5.4                |
 * | a TSIG in its place: no key is known here      | NOTAUTH  | RFC 8945 section 5.2.1                 |
 *
 * Octets behind the last counted record are ignored, as are AA, TC, RA, Z, AD, CD, RCODE and the records that a query has no use for.
 */
export function readQuery(bytes: Uint8Array, length: number, query: Query): number {
  if (length < HEADER || length > bytes.length || ((bytes[2] ?? 0) & 0x80) !== 0) return DROP
  query.opcode = ((bytes[2] ?? 0) >> 3) & 0x0f
  query.nameEnd = HEADER
  query.questionEnd = HEADER
  query.labels = 0
  query.qtype = 0
  query.qclass = 0
  query.tsig = false
  forgetEdns(query)

  const questions = u16(bytes, 4)
  const readable =
    questions === 1 ? readQuestion(bytes, length, query) : skipQuestions(bytes, length, questions)
  const fault = readable < 0 || !readRecords(bytes, length, readable, query)
  // Another opcode may lay its sections out otherwise (DSO does, RFC 8490), so what cannot be read there is no format error.
  if (query.opcode !== OPCODE.QUERY) return !fault && query.ednsVersion > 0 ? RCODE.BADVERS : RCODE.NOTIMP
  if (fault) return RCODE.FORMERR
  if (query.ednsVersion > 0) return RCODE.BADVERS
  if (questions !== 1) return questions === 0 ? NO_QUESTION : RCODE.FORMERR
  return query.tsig ? RCODE.NOTAUTH : RCODE.NOERROR
}

/** Returns the offset behind the question, or -1. */
function readQuestion(bytes: Uint8Array, length: number, query: Query): number {
  let at = HEADER
  for (;;) {
    if (at >= length) return -1
    const size = bytes[at] ?? 0
    if (size === 0) break
    // Nothing precedes QNAME but the header, so a pointer in it can only be a loop or a trick; 0x40 and 0x80 are dead label types.
    if (size > 63) return -1
    // RFC 1035 section 2.3.4: 255 octets in all, the root label counted.
    if (at + size + 2 - HEADER > 255) return -1
    query.labelStarts[query.labels++] = at - HEADER
    at += size + 1
  }
  if (at + 5 > length) return -1
  query.nameEnd = at + 1
  query.qtype = u16(bytes, at + 1)
  query.qclass = u16(bytes, at + 3)
  query.questionEnd = at + 5
  return at + 5
}

function skipQuestions(bytes: Uint8Array, length: number, count: number): number {
  let at = HEADER
  for (let i = 0; i < count; i++) {
    at = skipName(bytes, length, at)
    if (at < 0 || at + 4 > length) return -1
    at += 4
  }
  return at
}

/** Behind the name that begins at `at`, or -1. Pointers are stepped over, not followed: no name here is ever looked at. */
function skipName(bytes: Uint8Array, length: number, start: number): number {
  let at = start
  for (;;) {
    if (at >= length) return -1
    const size = bytes[at] ?? 0
    if (size === 0) return at + 1
    if (size >= 0xc0) return at + 2 <= length ? at + 2 : -1
    if (size > 63 || at + size + 2 - start > 255) return -1
    at += size + 1
  }
}

/** Steps over the three record sections, reading OPT and TSIG; false where the message is malformed. */
function readRecords(bytes: Uint8Array, length: number, start: number, query: Query): boolean {
  const before = u16(bytes, 6) + u16(bytes, 8)
  const total = before + u16(bytes, 10)
  let sound = true
  let at = start
  // The counts may lie: every turn consumes at least 11 octets that are really there.
  for (let i = 0; i < total; i++) {
    const fixed = skipName(bytes, length, at)
    if (fixed < 0 || fixed + 10 > length) return false
    const end = fixed + 10 + u16(bytes, fixed + 8)
    if (end > length) return false
    const type = u16(bytes, fixed)
    if (type === TYPE.OPT) {
      // RFC 6891 section 6.1.1: at most one, in the additional section, its owner the root. Its error reply carries an OPT too.
      if (query.edns || i < before || fixed !== at + 1) sound = false
      if (!readOpt(bytes, fixed, end, query)) sound = false
    } else if (type === TYPE.TSIG) {
      // RFC 8945 sections 4.2 and 5.2: once, last of all, class ANY, TTL 0.
      if (i !== total - 1 || i < before || u16(bytes, fixed + 2) !== CLASS.ANY || !zero32(bytes, fixed + 4))
        sound = false
      query.tsig = true
    }
    at = end
  }
  return sound
}

function zero32(bytes: Uint8Array, at: number): boolean {
  return u16(bytes, at) === 0 && u16(bytes, at + 2) === 0
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}
