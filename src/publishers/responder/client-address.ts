import { isIPv4 } from 'node:net'

/** A client's address in network order: 4 octets of `octets`, or all 16. One object is filled over and over: no garbage per query. */
export interface ClientAddress {
  readonly octets: Uint8Array
  length: 4 | 16
}

export function emptyClientAddress(): ClientAddress {
  return { octets: new Uint8Array(16), length: 4 }
}

/** Fills `into` from an address as the system writes it: dotted quad, or RFC 5952 with or without a zone index. */
export function readClientAddress(text: string, into: ClientAddress): void {
  if (isIPv4(text)) {
    into.length = 4
    readQuad(text, 0, into.octets, 0)
    return
  }
  into.length = 16
  const { octets } = into
  octets.fill(0)
  let at = 0
  let gapAt = -1
  let group = 0
  let groupStart = 0
  let digits = 0
  for (let i = 0; i <= text.length && at < 16; i++) {
    const code = i < text.length ? text.charCodeAt(i) : END
    const digit = hexDigit(code)
    if (digit >= 0) {
      if (digits === 0) groupStart = i
      group = (group << 4) | digit
      digits++
    } else if (code === DOT) {
      readQuad(text, groupStart, octets, at)
      at += 4
      break
    } else {
      if (digits > 0) {
        octets[at++] = (group >> 8) & 0xff
        octets[at++] = group & 0xff
      }
      group = 0
      digits = 0
      if (code !== COLON) break
      if (text.charCodeAt(i + 1) === COLON) gapAt = at
    }
  }
  if (gapAt < 0) return
  // What stands behind `::` belongs to the end.
  octets.copyWithin(16 - (at - gapAt), gapAt, at)
  octets.fill(0, gapAt, 16 - (at - gapAt))
}

const DOT = 0x2e
const COLON = 0x3a
const END = -1

function readQuad(text: string, start: number, into: Uint8Array, at: number): void {
  let octet = 0
  let index = at
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === DOT) {
      into[index++] = octet
      octet = 0
    } else if (code >= 0x30 && code <= 0x39) octet = octet * 10 + code - 0x30
    else break
  }
  into[index] = octet
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const lower = code | 0x20
  return code > 0 && lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
