import { EDNS_OPTION, TYPE } from './constants.ts'

/** Octets of an OPT without options: root owner, TYPE, CLASS, TTL, RDLENGTH (RFC 6891 section 6.1.2). */
export const OPT_SIZE = 11

/** Octets of an option without its data: code and length (RFC 6891 section 6.1.2). */
export const OPTION_HEAD = 4

/** Far more than any client sends; 64 KB of empty ones are no query but work for nothing. */
const MAX_OPTIONS = 128

/** Octets of an extended DNS error without extra text, as an option (RFC 8914 section 2). */
export const EDE_SIZE = 6

/** What a query's OPT said. */
export interface Edns {
  /** There was an OPT, sound or not: the reply must carry one (RFC 6891 section 6.1.1). */
  edns: boolean
  /** Octets that the client can take over UDP, as it said; below 512 it counts as 512 (RFC 6891 section 6.2.3). */
  udpPayload: number
  ednsVersion: number
  dnssecOk: boolean
  /** Where its options lie; they are sound, each within the RDATA, unless `readOpt` said otherwise. */
  optionsStart: number
  optionsEnd: number
}

export function forgetEdns(edns: Edns): void {
  edns.edns = false
  edns.udpPayload = 0
  edns.ednsVersion = 0
  edns.dnssecOk = false
  edns.optionsStart = 0
  edns.optionsEnd = 0
}

/**
 * Reads an OPT whose TYPE stands at `fixed` and whose RDATA ends at `end`, both within `bytes`; the first one of a message wins. The upper
 * RCODE bits and every flag but DO mean nothing in a query and are not looked at. False where an option overruns the RDATA, or there are
 * more than `MAX_OPTIONS`.
 */
export function readOpt(bytes: Uint8Array, fixed: number, end: number, into: Edns): boolean {
  if (into.edns) return true
  into.edns = true
  into.udpPayload = ((bytes[fixed + 2] ?? 0) << 8) | (bytes[fixed + 3] ?? 0)
  into.ednsVersion = bytes[fixed + 5] ?? 0
  into.dnssecOk = ((bytes[fixed + 6] ?? 0) & 0x80) !== 0
  into.optionsStart = fixed + 10
  into.optionsEnd = end
  let at = fixed + 10
  for (let count = 0; at + OPTION_HEAD <= end; count++) {
    if (count === MAX_OPTIONS) return false
    at += OPTION_HEAD + (((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0))
  }
  return at === end
}

/**
 * Writes the OPT of a reply at `at`, without options: version 0, DO as asked (RFC 3225 section 3), every other flag clear.
 * `rcode` is the whole 12-bit code, of which the upper 8 travel here. Returns the offset behind it, where options may be written;
 * `endOptions` then tells the OPT of them.
 */
export function writeOpt(
  out: Uint8Array,
  at: number,
  udpPayload: number,
  rcode: number,
  dnssecOk: boolean,
): number {
  out[at] = 0
  out[at + 1] = 0
  out[at + 2] = TYPE.OPT
  out[at + 3] = udpPayload >> 8
  out[at + 4] = udpPayload & 0xff
  out[at + 5] = (rcode >> 4) & 0xff
  out[at + 6] = 0
  out[at + 7] = dnssecOk ? 0x80 : 0
  out[at + 8] = 0
  out[at + 9] = 0
  out[at + 10] = 0
  return at + OPT_SIZE
}

/** Writes an option's code and the length of its data; returns where the data belongs. */
export function writeOptionHead(out: Uint8Array, at: number, code: number, octets: number): number {
  out[at] = code >> 8
  out[at + 1] = code & 0xff
  out[at + 2] = octets >> 8
  out[at + 3] = octets & 0xff
  return at + OPTION_HEAD
}

/** An option with these octets as its data; returns the offset behind it. */
export function writeOption(out: Uint8Array, at: number, code: number, data: Uint8Array): number {
  const start = writeOptionHead(out, at, code, data.length)
  for (let i = 0; i < data.length; i++) out[start + i] = data[i] ?? 0
  return start + data.length
}

/** An extended DNS error (RFC 8914 section 2) with its extra text, UTF-8 and possibly empty; returns the offset behind it. */
export function writeEde(out: Uint8Array, at: number, infoCode: number, text: Uint8Array): number {
  const start = writeOptionHead(out, at, EDNS_OPTION.EDE, 2 + text.length)
  out[start] = infoCode >> 8
  out[start + 1] = infoCode & 0xff
  for (let i = 0; i < text.length; i++) out[start + 2 + i] = text[i] ?? 0
  return start + 2 + text.length
}

/** Gives the OPT that `writeOpt` wrote at `at` the options that now stand behind it, up to `end`. */
export function endOptions(out: Uint8Array, at: number, end: number): void {
  const octets = end - at - OPT_SIZE
  out[at + 9] = octets >> 8
  out[at + 10] = octets & 0xff
}
