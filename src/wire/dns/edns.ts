import { EDNS_OPTION, TYPE } from './constants.ts'

/** Octets of an OPT without options: root owner, TYPE, CLASS, TTL, RDLENGTH (RFC 6891 section 6.1.2). */
export const OPT_SIZE = 11

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
  /** Where its options lie. Cookies and the like are read from here by `findOption`; unknown ones are passed over. */
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
 * Reads an OPT whose TYPE stands at `fixed` and whose RDATA ends at `end`, both within `bytes`; the first one of a message wins.
 * The upper RCODE bits and every flag but DO mean nothing in a query and are not looked at. False where an option overruns the RDATA.
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
  while (at + 4 <= end) at += 4 + (((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0))
  return at === end
}

/** Offset of the first option with this code, or -1: its length stands 2 behind, its data 4 behind. */
export function findOption(bytes: Uint8Array, edns: Edns, code: number): number {
  let at = edns.optionsStart
  while (at + 4 <= edns.optionsEnd) {
    if ((((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)) === code) return at
    at += 4 + (((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0))
  }
  return -1
}

/**
 * Writes the OPT of a reply at `at`: version 0, DO as asked (RFC 3225 section 3), every other flag clear.
 * `rcode` is the whole 12-bit code, of which the upper 8 travel here; `ede` is an extended error's INFO-CODE, or -1.
 * Returns the offset behind it; the caller has kept `OPT_SIZE` and, with `ede`, `EDE_SIZE` octets free.
 */
export function writeOpt(
  out: Uint8Array,
  at: number,
  udpPayload: number,
  rcode: number,
  dnssecOk: boolean,
  ede: number,
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
  if (ede < 0) {
    out[at + 10] = 0
    return at + OPT_SIZE
  }
  out[at + 10] = EDE_SIZE
  out[at + 11] = 0
  out[at + 12] = EDNS_OPTION.EDE
  out[at + 13] = 0
  out[at + 14] = 2
  out[at + 15] = ede >> 8
  out[at + 16] = ede & 0xff
  return at + OPT_SIZE + EDE_SIZE
}
