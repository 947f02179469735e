import { parameter, splitOutsideQuotes } from './header-values.ts'
import { header, type SipHeader } from './message.ts'

/** One Via value (RFC 3261 section 20.42). Values are as written, but for quotes taken off. */
export interface Via {
  /** Upper case: `UDP`, `TCP`, `TLS`. */
  readonly transport: string
  /** Host and port as the sender wrote them. */
  readonly sentBy: string
  readonly branch?: string
  /** RFC 3581: the port that the far end saw us come from. */
  readonly rport?: number
  /** The address that the far end saw us come from, where it differs from what we wrote (RFC 3261 section 18.2.1). */
  readonly received?: string
}

const SENT = /^SIP[ \t]*\/[ \t]*2\.0[ \t]*\/[ \t]*([A-Za-z0-9\-.!%*_+`'~]+)[ \t]+(\S.*)$/i

/** The first of the (perhaps several) Via values of the first Via header; undefined where there is none or it is malformed. */
export function topVia(message: { readonly headers: readonly SipHeader[] }): Via | undefined {
  const value = header(message, 'via')
  // RFC 3261 section 7.3.1: several values may share one line, parted by commas; the first is the topmost.
  if (value === undefined) return undefined
  return parseVia(value.includes(',') ? (splitOutsideQuotes(value, ',')[0] ?? '') : value)
}

/** One Via value. */
export function parseVia(value: string): Via | undefined {
  const parts = splitOutsideQuotes(value, ';')
  const sent = SENT.exec((parts[0] ?? '').trim())
  if (sent === null) return undefined
  const via: { -readonly [Key in keyof Via]: Via[Key] } = {
    transport: (sent[1] ?? '').toUpperCase(),
    sentBy: (sent[2] ?? '').trim(),
  }
  const branch = parameter(parts, 'branch')
  const rport = parameter(parts, 'rport')
  const received = parameter(parts, 'received')
  if (branch !== undefined && branch !== '') via.branch = branch
  if (isPort(rport)) via.rport = Number(rport)
  if (received !== undefined && received !== '') via.received = received
  return via
}

function isPort(text: string | undefined): text is string {
  return text !== undefined && /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535
}
