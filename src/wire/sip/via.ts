import { parameters, splitOutsideQuotes } from './header-values.ts'
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
  return value === undefined ? undefined : parseVia(splitOutsideQuotes(value, ',')[0] ?? '')
}

/** One Via value. */
export function parseVia(value: string): Via | undefined {
  const [sent = '', ...rest] = splitOutsideQuotes(value, ';')
  const parts = SENT.exec(sent.trim())
  if (parts === null) return undefined
  const given = parameters(rest)
  const branch = given.get('branch')
  const rport = given.get('rport')
  const received = given.get('received')
  return {
    transport: (parts[1] ?? '').toUpperCase(),
    sentBy: (parts[2] ?? '').trim(),
    ...(branch === undefined || branch === '' ? {} : { branch }),
    ...(isPort(rport) ? { rport: Number(rport) } : {}),
    ...(received === undefined || received === '' ? {} : { received }),
  }
}

function isPort(text: string | undefined): text is string {
  return text !== undefined && /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535
}
