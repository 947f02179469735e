import { SIPHASH_SIZE, sipHash24 } from './siphash.ts'

/** Octets of a client cookie (RFC 7873 section 4). */
const CLIENT_COOKIE = 8

/** Octets of a server cookie as RFC 9018 section 4 lays it out: version, three reserved ones, time, hash. */
const SERVER_COOKIE = 16

/** Octets of the option's data when both are there. */
export const WHOLE_COOKIE = CLIENT_COOKIE + SERVER_COOKIE

const VERSION = 1

/** RFC 9018 section 4.3: how old a cookie may be, how far ahead its maker's clock may run, and from when on it is renewed; in seconds. */
const MAX_AGE_S = 3600
const MAX_AHEAD_S = 300
const RENEW_AFTER_S = 1800

/** Client cookie, version, reserved, time and an address of at most 16 octets. Filled anew by every call. */
const input = new Uint8Array(WHOLE_COOKIE - SIPHASH_SIZE + 16)
const hash = new Uint8Array(SIPHASH_SIZE)

/** RFC 7873 section 5.2.2: 8 octets, or 16 to 40. */
export function isCookieLength(octets: number): boolean {
  return octets === CLIENT_COOKIE || (octets >= 16 && octets <= 40)
}

/**
 * How old the whole cookie at `at` says it is, in seconds, negative for one from the future; undefined where it is not of version 1 or its
 * time is out of bounds. Serial arithmetic (RFC 9018 section 4.3, RFC 1982): 2106 is no border.
 */
export function cookieAge(bytes: Uint8Array, at: number, nowS: number): number | undefined {
  if (bytes[at + CLIENT_COOKIE] !== VERSION) return undefined
  const time =
    ((bytes[at + 12] ?? 0) << 24) |
    ((bytes[at + 13] ?? 0) << 16) |
    ((bytes[at + 14] ?? 0) << 8) |
    (bytes[at + 15] ?? 0)
  const age = ((nowS | 0) - time) | 0
  return age <= MAX_AGE_S && age >= -MAX_AHEAD_S ? age : undefined
}

/** RFC 9018 section 4.3: an older cookie is answered with a new one; so is one from the future, for it would live too long. */
export function isCookieFresh(ageS: number): boolean {
  return ageS >= 0 && ageS <= RENEW_AFTER_S
}

/** Whether the whole cookie at `at` was made with `secret` for this client; takes the same time wherever it differs. */
export function isCookieOf(
  secret: Uint8Array,
  bytes: Uint8Array,
  at: number,
  address: Uint8Array,
  addressOctets: number,
): boolean {
  for (let i = 0; i < WHOLE_COOKIE - SIPHASH_SIZE; i++) input[i] = bytes[at + i] ?? 0
  hashInput(secret, address, addressOctets, hash, 0)
  let difference = 0
  for (let i = 0; i < SIPHASH_SIZE; i++) difference |= (hash[i] ?? 0) ^ (bytes[at + 16 + i] ?? 0)
  return difference === 0
}

/** Writes the client cookie at `from` of `bytes`, and a server cookie for it made now, to `out` at `at`: `WHOLE_COOKIE` octets. */
export function writeCookie(
  secret: Uint8Array,
  bytes: Uint8Array,
  from: number,
  address: Uint8Array,
  addressOctets: number,
  nowS: number,
  out: Uint8Array,
  at: number,
): void {
  for (let i = 0; i < CLIENT_COOKIE; i++) input[i] = bytes[from + i] ?? 0
  input[8] = VERSION
  input[9] = 0
  input[10] = 0
  input[11] = 0
  input[12] = (nowS >>> 24) & 0xff
  input[13] = (nowS >>> 16) & 0xff
  input[14] = (nowS >>> 8) & 0xff
  input[15] = nowS & 0xff
  for (let i = 0; i < WHOLE_COOKIE - SIPHASH_SIZE; i++) out[at + i] = input[i] ?? 0
  hashInput(secret, address, addressOctets, out, at + 16)
}

/** RFC 9018 section 4.4: Client Cookie | Version | Reserved | Timestamp | Client-IP. */
function hashInput(
  secret: Uint8Array,
  address: Uint8Array,
  addressOctets: number,
  out: Uint8Array,
  at: number,
): void {
  for (let i = 0; i < addressOctets; i++) input[16 + i] = address[i] ?? 0
  sipHash24(secret, input, 16 + addressOctets, out, at)
}
