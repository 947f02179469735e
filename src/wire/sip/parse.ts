import { headerName, headers, type SipHeader, type SipMessage } from './message.ts'

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
const HEADER_LINE = /^([A-Za-z0-9\-.!%*_+`'~]+)[ \t]*:(.*)$/

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
  const lines = text.split('\r\n')
  const startLine = lines[0] ?? ''
  const found: { name: string; value: string }[] = []
  for (const [index, line] of lines.entries()) {
    if (line.length > SIP_LIMITS.lineBytes) return fault('line-too-long')
    if (/[\r\n]/.test(line)) return fault('bare-line-break')
    if (index === 0) continue
    if (line.startsWith(' ') || line.startsWith('\t')) {
      const last = found.at(-1)
      if (last === undefined) return fault('header-line')
      last.value = `${last.value} ${line.trim()}`.trim()
      if (last.value.length > SIP_LIMITS.lineBytes) return fault('line-too-long')
      continue
    }
    const parts = HEADER_LINE.exec(line)
    if (parts === null) return fault('header-line')
    if (found.length >= SIP_LIMITS.headers) return fault('too-many-headers')
    found.push({ name: headerName(parts[1] ?? ''), value: (parts[2] ?? '').trim() })
  }
  return { ok: true, value: { startLine, headers: found } }
}

/**
 * The body's length, or undefined where the header is missing. Two that differ are a fault: they are how a message
 * is smuggled past a proxy that believes the other one.
 */
export function contentLength(all: readonly SipHeader[]): Parsed<number | undefined> {
  const values = headers({ headers: all }, 'content-length')
  const first = values[0]
  if (first === undefined) return { ok: true, value: undefined }
  if (values.some((value) => value !== first) || !/^\d{1,9}$/.test(first)) return fault('content-length')
  return { ok: true, value: Number(first) }
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
