/** A header with its name in lower case and long form (`via`, never `v`); the value unfolded and trimmed. */
export interface SipHeader {
  readonly name: string
  readonly value: string
}

/** Text is kept one character an octet (latin1): nothing is lost, and lengths in characters are lengths in bytes. */
export interface SipResponse {
  readonly kind: 'response'
  /** 100 to 699. */
  readonly status: number
  readonly phrase: string
  readonly headers: readonly SipHeader[]
  readonly body: Uint8Array
}

export interface SipRequest {
  readonly kind: 'request'
  readonly method: string
  readonly uri: string
  readonly headers: readonly SipHeader[]
  readonly body: Uint8Array
}

export type SipMessage = SipResponse | SipRequest

const TOKEN = /^[A-Za-z0-9\-.!%*_+`'~]+$/

/** Compact forms, RFC 3261 section 7.3.3 and the IANA registry. */
const COMPACT: Readonly<Record<string, string>> = {
  a: 'accept-contact',
  b: 'referred-by',
  c: 'content-type',
  d: 'request-disposition',
  e: 'content-encoding',
  f: 'from',
  i: 'call-id',
  j: 'reject-contact',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  n: 'identity-info',
  o: 'event',
  r: 'refer-to',
  s: 'subject',
  t: 'to',
  u: 'allow-events',
  v: 'via',
  x: 'session-expires',
  y: 'identity',
}

/** As nearly everybody writes them: found without making a string. */
const USUAL = [
  'Via',
  'From',
  'To',
  'Call-ID',
  'CSeq',
  'Contact',
  'Content-Length',
  'Content-Type',
  'Accept',
  'Accept-Encoding',
  'Accept-Language',
  'Allow',
  'Allow-Events',
  'Max-Forwards',
  'Record-Route',
  'Retry-After',
  'Server',
  'Supported',
  'User-Agent',
  'Warning',
]
const KNOWN: ReadonlyMap<string, string> = new Map([
  ...USUAL.map((name) => [name, name.toLowerCase()] as const),
  ...Object.entries(COMPACT),
])

/**
 * The name a header is kept under: lower case, long form; undefined for what is no name. Names are case-insensitive (RFC 3261
 * section 7.3.1).
 */
export function headerName(written: string): string | undefined {
  const known = KNOWN.get(written)
  if (known !== undefined) return known
  if (!TOKEN.test(written)) return undefined
  const lower = written.toLowerCase()
  return KNOWN.get(lower) ?? lower
}

/** The first header of that name (lower case, long form). */
export function header(
  message: { readonly headers: readonly SipHeader[] },
  name: string,
): string | undefined {
  for (const entry of message.headers) if (entry.name === name) return entry.value
  return undefined
}

/** Every value of that name, in order. */
export function headers(
  message: { readonly headers: readonly SipHeader[] },
  name: string,
): readonly string[] {
  return message.headers.filter((entry) => entry.name === name).map((entry) => entry.value)
}

/** A request or response to be written; header names as they shall appear. Content-Length is added. */
export interface Draft {
  readonly startLine: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body?: Uint8Array
}

const LINE_BREAK = /[\r\n\0]/

/**
 * Bytes as they go on the wire. Content-Length is always written: streams need it (RFC 3261 section 18.3) and it is
 * harmless elsewhere. Throws RangeError on a line break inside a value: it would let a value smuggle in headers.
 */
export function serialise(draft: Draft): Uint8Array {
  let head = line(draft.startLine)
  for (const [name, value] of draft.headers) {
    if (!TOKEN.test(name)) throw new RangeError(`not a header name: ${JSON.stringify(name)}`)
    head += line(`${name}: ${value}`)
  }
  const body = draft.body
  head += `Content-Length: ${body?.length ?? 0}\r\n\r\n`
  const bytes = Buffer.from(head, 'latin1')
  return body === undefined ? bytes : Buffer.concat([bytes, body])
}

function line(text: string): string {
  if (LINE_BREAK.test(text)) throw new RangeError(`line break inside a SIP line: ${JSON.stringify(text)}`)
  return `${text}\r\n`
}
