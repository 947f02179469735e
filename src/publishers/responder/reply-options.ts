import { EDNS_OPTION } from '../../wire/dns/constants.ts'
import {
  EDE_SIZE,
  endOptions,
  OPT_SIZE,
  OPTION_HEAD,
  writeEde,
  writeOpt,
  writeOption,
  writeOptionHead,
} from '../../wire/dns/edns.ts'
import type { Query } from '../../wire/dns/query.ts'
import { isCookieLength, WHOLE_COOKIE } from '../../wire/dns/server-cookie.ts'
import type { AnswerContext } from './context.ts'
import { COOKIE_NONE } from './cookies.ts'

/** What crosses the Internet without fragments (RFC 9715 section 3, DNS flag day 2020); we offer it and never send more over UDP. */
export const UDP_PAYLOAD = 1232

/** No extended error. */
export const NO_EDE = -1

const NO_TEXT = new Uint8Array(0)

/** What the options of a query ask of its reply. One object is filled over and over. */
export interface AskedOptions {
  /** One of the `COOKIE_` words. */
  cookie: number
  /** Where the query's cookie lies. */
  cookieAt: number
  nsid: boolean
  keepalive: boolean
}

export function noOptions(): AskedOptions {
  return { cookie: COOKIE_NONE, cookieAt: 0, nsid: false, keepalive: false }
}

export function forgetOptions(asked: AskedOptions): void {
  asked.cookie = COOKIE_NONE
  asked.cookieAt = 0
  asked.nsid = false
  asked.keepalive = false
}

/**
 * Reads the options of a sound OPT of version 0. False: FORMERR.
 *
 * | option             | where                | what is done                                                              |
 * |--------------------|----------------------|---------------------------------------------------------------------------|
 * | COOKIE, the first  | cookies are on       | judged; FORMERR where its length is none of a cookie (RFC 7873 section 5.2.2) |
 * | NSID               | one is configured    | answered, its data ignored (RFC 5001 section 2.2)                          |
 * | edns-tcp-keepalive | TCP                  | answered; FORMERR where it brings a time (RFC 7828 section 3.2.1)          |
 * | edns-tcp-keepalive | UDP                  | ignored (RFC 7828 section 3.3.1)                                           |
 * | Padding            |                      | ignored: no transport here is encrypted (RFC 7830 section 6)               |
 * | Client Subnet      |                      | ignored, and never sent (RFC 7871 section 7.2.1)                           |
 * | any other          |                      | ignored (RFC 6891 section 6.1.2)                                           |
 */
export function readOptions(
  bytes: Uint8Array,
  query: Query,
  context: AnswerContext,
  asked: AskedOptions,
): boolean {
  let at = query.optionsStart
  while (at + OPTION_HEAD <= query.optionsEnd) {
    const code = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
    const octets = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)
    at += OPTION_HEAD
    if (code === EDNS_OPTION.COOKIE) {
      if (!readCookie(bytes, at, octets, context, asked)) return false
    } else if (code === EDNS_OPTION.NSID) asked.nsid = context.policy.nsid !== undefined
    else if (code === EDNS_OPTION.TCP_KEEPALIVE && context.transport === 'tcp') {
      if (octets !== 0) return false
      asked.keepalive = true
    }
    at += octets
  }
  return true
}

function readCookie(
  bytes: Uint8Array,
  at: number,
  octets: number,
  context: AnswerContext,
  asked: AskedOptions,
): boolean {
  const { cookies } = context.policy
  // RFC 7873 section 5.2: of several only the first counts.
  if (cookies === undefined || asked.cookie !== COOKIE_NONE) return true
  if (!isCookieLength(octets)) return false
  asked.cookie = cookies.judge(bytes, at, octets, context.client, Math.floor(context.nowMs / 1000))
  asked.cookieAt = at
  return true
}

/** Octets of the OPT that `writeReplyOpt` writes, without an extended error. */
export function replyOptSize(context: AnswerContext, asked: AskedOptions): number {
  let size = OPT_SIZE
  if (asked.cookie !== COOKIE_NONE) size += OPTION_HEAD + WHOLE_COOKIE
  if (asked.nsid) size += OPTION_HEAD + (context.policy.nsid?.length ?? 0)
  if (asked.keepalive) size += OPTION_HEAD + 2
  return size
}

/** Octets of an extended error in the OPT, its extra text included. */
export function edeSize(text: Uint8Array = NO_TEXT): number {
  return EDE_SIZE + text.length
}

/** Writes the reply's OPT with what was asked for, and with an extended error unless it is `NO_EDE`. Returns the offset behind it. */
export function writeReplyOpt(
  bytes: Uint8Array,
  query: Query,
  context: AnswerContext,
  asked: AskedOptions,
  ede: number,
  edeText: Uint8Array | undefined,
  out: Uint8Array,
  at: number,
): number {
  const { policy } = context
  let end = writeOpt(out, at, UDP_PAYLOAD, context.rcode, query.dnssecOk)
  if (asked.cookie !== COOKIE_NONE && policy.cookies !== undefined) {
    end = writeOptionHead(out, end, EDNS_OPTION.COOKIE, WHOLE_COOKIE)
    const nowS = Math.floor(context.nowMs / 1000)
    policy.cookies.write(bytes, asked.cookieAt, asked.cookie, context.client, nowS, out, end)
    end += WHOLE_COOKIE
  }
  if (asked.nsid && policy.nsid !== undefined) end = writeOption(out, end, EDNS_OPTION.NSID, policy.nsid)
  if (asked.keepalive) {
    // RFC 7828 section 3.1: in units of 100 milliseconds.
    const units = Math.min(0xffff, Math.floor(context.idleTimeoutMs / 100))
    end = writeOptionHead(out, end, EDNS_OPTION.TCP_KEEPALIVE, 2)
    out[end++] = units >> 8
    out[end++] = units & 0xff
  }
  if (ede !== NO_EDE) end = writeEde(out, end, ede, edeText ?? NO_TEXT)
  if (end > at + OPT_SIZE) endOptions(out, at, end)
  return end
}
