import { headerName, type SipHeader, type SipMessage } from './message.ts'

/** Beyond these a message is refused, whoever sent it. Bytes, count, bytes. */
export const SIP_LIMITS = { messageBytes: 65_536, headers: 200, lineBytes: 8_192 } as const

/** Why bytes are not a SIP message. Stable: counters and tests carry these words. */
export type SipFault =
  | 'empty'
  | 'message-too-long'
  | 'no-end-of-headers'
  | 'line-too-long'
  | 'bare-line-break'
  | 'start-line'
  | 'header-line'
  | 'too-many-headers'
  | 'content-length'
  | 'truncated-body'

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: SipFault }

/** Start line and headers, before anything is known of the body. */
export interface Head {
  readonly startLine: string
  readonly headers: readonly SipHeader[]
}

const STATUS_LINE = /^SIP\/2\.0 ([1-6]\d\d)(?: (.*))?$/i
const REQUEST_LINE = /^([A-Za-z0-9\-.!%*_+`'~]+) (\S+) SIP\/2\.0$/i

/**
 * One whole message: a datagram, or what the framer cut from a stream. Never throws.
 * Octets behind Content-Length are dropped, a body that is too short is a fault (RFC 3261 section 18.3).
 */
export function parseMessage(bytes: Uint8Array): Parsed<SipMessage> {
  if (bytes.length > SIP_LIMITS.messageBytes) return fault('message-too-long')
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  let start = 0
  // RFC 3261 section 7.5: line ends before the start line are to be ignored.
  while (text.startsWith('\r\n', start)) start += 2
  if (start === text.length) return fault('empty')
  const end = text.indexOf('\r\n\r\n', start)
  if (end < 0) return fault('no-end-of-headers')
  const head = parseHead(text.slice(start, end))
  if (!head.ok) return head
  const length = contentLength(head.value.headers)
  if (!length.ok) return length
  const rest = bytes.subarray(end + 4)
  const wanted = length.value ?? rest.length
  if (wanted > rest.length) return fault('truncated-body')
  return withStartLine(head.value, rest.subarray(0, wanted))
}

/** Start line and headers from text that ends before the empty line. Folded lines are joined (RFC 3261 section 7.3.1). */
export function parseHead(text: string): Parsed<Head> {
  const found: { name: string; value: string }[] = []
  let startLine: string | undefined
  // By offsets, without a string for each line: ten thousand answers a second come by here.
  for (let at = 0, end = 0; at <= text.length; at = end + 2) {
    end = endOfLine(text, at)
    if (end - at > SIP_LIMITS.lineBytes) return fault('line-too-long')
    if (hasBefore(text, '\n', at, end) || hasBefore(text, '\r', at, end)) return fault('bare-line-break')
    if (startLine === undefined) {
      startLine = text.slice(at, end)
      continue
    }
    const first = text[at]
    if (first === ' ' || first === '\t') {
      const last = found.at(-1)
      if (last === undefined) return fault('header-line')
      last.value = `${last.value} ${text.slice(at, end).trim()}`.trim()
      if (last.value.length > SIP_LIMITS.lineBytes) return fault('line-too-long')
      continue
    }
    const colon = text.indexOf(':', at)
    const name = colon < 0 || colon > end ? undefined : headerName(text.slice(at, endOfName(text, colon)))
    if (name === undefined) return fault('header-line')
    if (found.length >= SIP_LIMITS.headers) return fault('too-many-headers')
    found.push({ name, value: text.slice(text[colon + 1] === ' ' ? colon + 2 : colon + 1, end).trim() })
  }
  return { ok: true, value: { startLine: startLine ?? '', headers: found } }
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\r\n', at)
  return end < 0 ? text.length : end
}

function hasBefore(text: string, char: string, at: number, end: number): boolean {
  const place = text.indexOf(char, at)
  return place >= 0 && place < end
}

/** White space may stand between a name and its colon (RFC 3261 section 7.3.1). */
function endOfName(text: string, colon: number): number {
  let end = colon
  while (text[end - 1] === ' ' || text[end - 1] === '\t') end--
  return end
}

/**
 * The body's length, or undefined where the header is missing. Two that differ are a fault: they are how a message
 * is smuggled past a proxy that believes the other one.
 */
export function contentLength(all: readonly SipHeader[]): Parsed<number | undefined> {
  let first: string | undefined
  for (const { name, value } of all) {
    if (name !== 'content-length') continue
    if ((first ?? value) !== value || !/^\d{1,9}$/.test(value)) return fault('content-length')
    first = value
  }
  return { ok: true, value: first === undefined ? undefined : Number(first) }
}

function withStartLine(head: Head, body: Uint8Array): Parsed<SipMessage> {
  const status = STATUS_LINE.exec(head.startLine)
  if (status !== null) {
    const value = { status: Number(status[1]), phrase: status[2] ?? '', headers: head.headers, body }
    return { ok: true, value: { kind: 'response', ...value } }
  }
  const request = REQUEST_LINE.exec(head.startLine)
  if (request === null) return fault('start-line')
  const value = { method: request[1] ?? '', uri: request[2] ?? '', headers: head.headers, body }
  return { ok: true, value: { kind: 'request', ...value } }
}

function fault(name: SipFault): { readonly ok: false; readonly fault: SipFault } {
  return { ok: false, fault: name }
}
