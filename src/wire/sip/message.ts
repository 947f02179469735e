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

/** The name a header is kept under: lower case, long form. Names are case-insensitive (RFC 3261 section 7.3.1). */
export function headerName(written: string): string {
  const lower = written.toLowerCase()
  return COMPACT[lower] ?? lower
}

/** The first header of that name (lower case, long form). */
export function header(
  message: { readonly headers: readonly SipHeader[] },
  name: string,
): string | undefined {
  return message.headers.find((entry) => entry.name === name)?.value
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

const TOKEN = /^[A-Za-z0-9\-.!%*_+`'~]+$/
const LINE_BREAK = /[\r\n\0]/

/**
 * Bytes as they go on the wire. Content-Length is always written: streams need it (RFC 3261 section 18.3) and it is
 * harmless elsewhere. Throws RangeError on a line break inside a value: it would let a value smuggle in headers.
 */
export function serialise(draft: Draft): Uint8Array {
  const body = draft.body ?? new Uint8Array(0)
  const lines = [draft.startLine]
  for (const [name, value] of draft.headers) {
    if (!TOKEN.test(name)) throw new RangeError(`not a header name: ${JSON.stringify(name)}`)
    lines.push(`${name}: ${value}`)
  }
  for (const line of lines) {
    if (LINE_BREAK.test(line)) throw new RangeError(`line break inside a SIP line: ${JSON.stringify(line)}`)
  }
  lines.push(`Content-Length: ${body.length}`, '', '')
  return Buffer.concat([Buffer.from(lines.join('\r\n'), 'latin1'), body])
}
