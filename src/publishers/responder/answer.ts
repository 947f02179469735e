import { CLASS, EDE, OPCODE, RCODE, TYPE } from '../../wire/dns/constants.ts'
import { FLAG, writeHeader } from '../../wire/dns/message.ts'
import { readWireName } from '../../wire/dns/name.ts'
import { DROP, emptyQuery, HEADER, NO_QUESTION, type Query, readQuery } from '../../wire/dns/query.ts'
import type { AnswerContext } from './context.ts'
import { COOKIE_CLIENT_ONLY, COOKIE_NONE } from './cookies.ts'
import { StoredReply } from './image/reply.ts'
import { lookup, subject } from './lookup.ts'
import { REPLY, SEND, SLIP, WITHHOLD } from './rate-limiter.ts'
import { followed, followRedirect } from './redirect.ts'
import {
  type AskedOptions,
  edeSize,
  forgetOptions,
  NO_EDE,
  noOptions,
  readOptions,
  replyOptSize,
  writeReplyOpt,
} from './reply-options.ts'
import { replyRoom } from './reply-room.ts'
import { addressText } from './signed.ts'

/** Filled anew by every call; one thread runs one at a time, but for `SignedQueries`, which calls again for the query within. */
const query = emptyQuery()
const asked = noOptions()
const stored = new StoredReply()

/** What the last query was found to be; of one that got no answer nothing but that. To be read before the next. */
export const last: { readonly query: Readonly<Query>; readonly asked: Readonly<AskedOptions> } = {
  query,
  asked,
}

/**
 * Answers the query in the first `length` octets of `bytes`, writing to `out`, which is another array of at least `UDP_PAYLOAD` (UDP) or
 * `MAX_MESSAGE` (TCP) octets. Returns how many were written; 0: no answer. No octets make it throw; a snapshot whose values no record can
 * hold does (`RangeError`), for the names that have them. Pure but for `context`, whose counters of the rate limiter move.
 *
 * | in this order                                 | RCODE     | by                                            |
 * |-----------------------------------------------|-----------|-----------------------------------------------|
 * | what `readQuery` finds                        | its own   | see there                                     |
 * | a malformed option                            | FORMERR   | `readOptions`                                 |
 * | NOTIFY: we are nobody's secondary             | REFUSED   | RFC 1996 section 3.10                         |
 * | no question, but a cookie                     | NOERROR, BADCOOKIE | RFC 7873 section 5.4                 |
 * | no question                                   | FORMERR   | RFC 9619 section 4                            |
 * | a class other than IN, ANY among them         | REFUSED   | no data of it is here, but `ChaosAnswers`     |
 * | QTYPE OPT, TSIG, TKEY, NXNAME                 | FORMERR   | RFC 6895 section 3.1, RFC 9824 section 3.5    |
 * | a TSIG, where keys are known                  | its own   | `SignedQueries`                               |
 * | AXFR; IXFR of who may not                     | REFUSED   | RFC 5936 section 2.2.1; over TCP `TransferDesk` has granted it before |
 * | IXFR over UDP                                 | the SOA   | RFC 1995 section 2: to go on by TCP           |
 * | no good cookie where one is required          | BADCOOKIE | RFC 7873 sections 5.2.3 and 5.2.4             |
 * | no snapshot yet                               | SERVFAIL  | RFC 8914 section 4.15                         |
 * | a name of no zone here                        | REFUSED   | no referral upward (RFC 9499 "lame")          |
 * | otherwise                                     | the zone's word                                           |
 */
export function answer(bytes: Uint8Array, length: number, context: AnswerContext, out: Uint8Array): number {
  context.withheld = false
  const status = readQuery(bytes, length, query)
  if (status === DROP) return 0
  forgetOptions(asked)
  if (query.optionsEnd > query.optionsStart && status !== RCODE.FORMERR && query.ednsVersion === 0) {
    if (!readOptions(bytes, query, context, asked)) return refuse(bytes, context, out, RCODE.FORMERR, NO_EDE)
  }
  if (status === NO_QUESTION) return refuse(bytes, context, out, withoutQuestion(bytes), NO_EDE)
  if (status === RCODE.NOTIMP && query.opcode === OPCODE.NOTIFY)
    return refuse(bytes, context, out, RCODE.REFUSED, EDE.PROHIBITED)
  if (status === RCODE.NOTAUTH && context.policy.signed !== undefined)
    return context.policy.signed.answer(bytes.subarray(0, length), context, out, {
      answer: (message) => answer(message, message.length, context, out),
      refuse: (rcode) => refuse(bytes, context, out, rcode, NO_EDE),
    })
  if (status !== RCODE.NOERROR)
    return refuse(bytes, context, out, status, status === RCODE.NOTIMP ? EDE.NOT_SUPPORTED : NO_EDE)
  if (query.qclass !== CLASS.IN) {
    const told = context.policy.chaos?.find(bytes, query)
    if (told !== undefined) return reply(bytes, context, out, told, REPLY.ERROR, 0)
    return refuse(bytes, context, out, RCODE.REFUSED, EDE.NOT_AUTHORITATIVE)
  }
  switch (query.qtype) {
    case TYPE.OPT:
    case TYPE.TSIG:
    case TYPE.TKEY:
    case TYPE.NXNAME:
      return refuse(bytes, context, out, RCODE.FORMERR, EDE.INVALID_QUERY_TYPE)
    case TYPE.AXFR:
      return refuse(bytes, context, out, RCODE.REFUSED, EDE.PROHIBITED)
    case TYPE.IXFR:
      if (context.transport === 'tcp' || !mayTransfer(bytes, context))
        return refuse(bytes, context, out, RCODE.REFUSED, EDE.PROHIBITED)
      query.qtype = TYPE.SOA
  }
  if (context.policy.cookieRequired && asked.cookie === COOKIE_CLIENT_ONLY && context.transport === 'udp')
    return refuse(bytes, context, out, RCODE.BADCOOKIE, NO_EDE)
  if (context.view === undefined) return refuse(bytes, context, out, RCODE.SERVFAIL, EDE.NOT_READY)
  if (!lookup(context.view, bytes, query, context.random, stored))
    return refuse(bytes, context, out, RCODE.REFUSED, EDE.NOT_AUTHORITATIVE)
  if (stored.redirects) return redirect(bytes, context, out)
  if (!stored.authoritative) return reply(bytes, context, out, stored, REPLY.REFERRAL, subject.name)
  const denial = stored.rcode !== RCODE.NOERROR || stored.answers === 0
  if (denial) return reply(bytes, context, out, stored, REPLY.DENIAL, subject.zone)
  return reply(bytes, context, out, stored, REPLY.ANSWER, subject.name + query.qtype)
}

function mayTransfer(bytes: Uint8Array, { policy, client, key }: AnswerContext): boolean {
  const { transfer, refusals } = policy
  if (transfer === undefined) return false
  const { name } = readWireName(bytes, HEADER)
  if (transfer.allows(name, client, key)) return true
  const why = 'no transfer for this address or key'
  refusals?.refused({ client: addressText(client), zone: name, why })
  return false
}

/** RFC 7873 section 5.4: a bare client cookie is answered with NOERROR, a server cookie that does not hold with BADCOOKIE. */
function withoutQuestion(bytes: Uint8Array): number {
  if (asked.cookie === COOKIE_NONE) return RCODE.FORMERR
  const alone = bytes[asked.cookieAt - 1] === 8
  return asked.cookie === COOKIE_CLIENT_ONLY && !alone ? RCODE.BADCOOKIE : RCODE.NOERROR
}

/** An answer without records; never above 512 octets, so it fits everywhere. Without AA: nothing is said of any name. */
function refuse(
  bytes: Uint8Array,
  context: AnswerContext,
  out: Uint8Array,
  rcode: number,
  ede: number,
): number {
  // There is nothing to leave out of it, so what slips is sent as it is: it is no longer than the query and a few octets.
  if (judge(context, REPLY.ERROR, 0) === WITHHOLD) return withhold(context)
  return bare(bytes, context, out, rcode, ede)
}

/** Question and OPT alone. */
function bare(
  bytes: Uint8Array,
  context: AnswerContext,
  out: Uint8Array,
  rcode: number,
  ede: number,
): number {
  context.rcode = rcode
  copyQuestion(bytes, out)
  writeHeader(out, bytes, FLAG.QR, rcode, query.questionEnd > HEADER ? 1 : 0, 0, 0, query.edns ? 1 : 0)
  if (!query.edns) return query.questionEnd
  return writeReplyOpt(bytes, query, context, asked, ede, undefined, out, query.questionEnd)
}

/**
 * What is sent when space is short (RFC 2181 section 9, RFC 6891 section 7, RFC 9471 section 3):
 *
 * | does not fit            | over UDP                                       | over TCP |
 * |-------------------------|------------------------------------------------|----------|
 * | an extended error       | it is left out                                 | the same |
 * | an optional additional  | it and those behind it are left out, without TC | the same |
 * | anything else           | TC, question and OPT alone                     | SERVFAIL |
 */
function reply(
  bytes: Uint8Array,
  context: AnswerContext,
  out: Uint8Array,
  rendered: StoredReply,
  kind: number,
  about: number,
): number {
  const verdict = judge(context, kind, about)
  if (verdict !== SEND) return verdict === SLIP ? slip(bytes, context, out, rendered) : withhold(context)
  const start = query.questionEnd
  let room = replyRoom(query, context) - start - (query.edns ? replyOptSize(context, asked) : 0)
  if (rendered.required > room) {
    if (context.transport === 'tcp') return bare(bytes, context, out, RCODE.SERVFAIL, NO_EDE)
    return truncated(bytes, context, out, rendered)
  }
  const text = query.edns && rendered.ede !== NO_EDE ? rendered.edeText : undefined
  const explained = text !== undefined && rendered.required + edeSize(text) <= room
  if (explained) room -= edeSize(text)
  rendered.fit(room)
  context.rcode = rendered.rcode
  copyQuestion(bytes, out)
  rendered.copy(out, start, query.nameEnd - HEADER)
  writeHeader(
    out,
    bytes,
    FLAG.QR | (rendered.authoritative ? FLAG.AA : 0),
    rendered.rcode,
    1,
    rendered.answers,
    rendered.authorities,
    rendered.additionals + (query.edns ? 1 : 0),
  )
  const end = start + rendered.size
  if (!query.edns) return end
  const ede = explained ? rendered.ede : NO_EDE
  return writeReplyOpt(bytes, query, context, asked, ede, text, out, end)
}

/**
 * A name below a DNAME; see `followRedirect`. Over UDP what does not fit is TC; over TCP it goes as far as an alias, and the client on from
 * there.
 */
function redirect(bytes: Uint8Array, context: AnswerContext, out: Uint8Array): number {
  const verdict = judge(context, REPLY.ANSWER, subject.name)
  if (verdict !== SEND) return verdict === SLIP ? slip(bytes, context, out, stored) : withhold(context)
  const limit = replyRoom(query, context) - (query.edns ? replyOptSize(context, asked) : 0)
  copyQuestion(bytes, out)
  if (!followRedirect(bytes, query, stored, context, out, limit)) {
    if (context.transport === 'udp') return truncated(bytes, context, out, stored)
  }
  const { end, rcode, answers, authorities, additionals, whole } = followed
  context.rcode = rcode
  const opt = query.edns ? 1 : 0
  writeHeader(out, bytes, FLAG.QR | FLAG.AA, rcode, 1, answers, authorities, additionals + opt)
  if (!query.edns) return end
  const text = whole && stored.ede !== NO_EDE ? stored.edeText : undefined
  const explained = text !== undefined && end + edeSize(text) <= limit
  return writeReplyOpt(bytes, query, context, asked, explained ? stored.ede : NO_EDE, text, out, end)
}

/** Too long for UDP: a part of an answer is of no use, and a small reply amplifies nothing. */
function truncated(
  bytes: Uint8Array,
  context: AnswerContext,
  out: Uint8Array,
  rendered: StoredReply,
): number {
  const end = bare(bytes, context, out, rendered.rcode, NO_EDE)
  out[2] = (out[2] ?? 0) | FLAG.TC | (rendered.authoritative ? FLAG.AA : 0)
  return end
}

/**
 * Over the limit. A real client goes on from TC by TCP, and from BADCOOKIE with the cookie that comes with it; a forged one gains neither.
 */
function slip(bytes: Uint8Array, context: AnswerContext, out: Uint8Array, rendered: StoredReply): number {
  if (asked.cookie !== COOKIE_NONE) return bare(bytes, context, out, RCODE.BADCOOKIE, NO_EDE)
  return truncated(bytes, context, out, rendered)
}

function withhold(context: AnswerContext): number {
  context.withheld = true
  return 0
}

/** TCP, a good cookie and a good signature prove that the client is where it says. */
function judge(context: AnswerContext, kind: number, about: number): number {
  const { limiter } = context.policy
  if (limiter === undefined || context.transport === 'tcp' || asked.cookie > COOKIE_CLIENT_ONLY) return SEND
  if (context.key !== undefined) return SEND
  return limiter.judge(context.client, kind, about, context.nowMs)
}

/** Octet for octet: a resolver may tell its own query by the case of its letters. */
function copyQuestion(bytes: Uint8Array, out: Uint8Array): void {
  const end = query.questionEnd
  for (let at = HEADER; at < end; at++) out[at] = bytes[at] ?? 0
}
