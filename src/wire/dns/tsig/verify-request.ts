import type { DomainName } from '../../../core/brand.ts'
import { RCODE } from '../constants.ts'
import { algorithmName, compareMac, variables } from './digest.ts'
import { beginMac, type TsigKey } from './key.ts'
import { splitTsig, type Tsig, u48 } from './record.ts'
import { appendUnsigned, signMessage } from './sign.ts'

/** A request that is refused for its TSIG: with RCODE NOTAUTH, and by `signRefusal`. */
export interface TsigRefusal {
  readonly kind: 'refused'
  /** BADKEY, BADSIG, BADTIME or BADTRUNC. */
  readonly error: number
  readonly tsig: Tsig
  /** The key, where the request's MAC was right. */
  readonly key?: TsigKey
}

export type RequestCheck =
  | { readonly kind: 'unsigned' }
  /** FORMERR. */
  | { readonly kind: 'malformed'; readonly fault: string }
  | TsigRefusal
  | {
      readonly kind: 'signed'
      readonly key: TsigKey
      /** What the answer is signed over: for `signMessage` or `createSigner`. */
      readonly mac: Uint8Array
      /** Without the TSIG. */
      readonly message: Uint8Array
    }

/**
 * Checks a request as a server does, in the order that RFC 8945 section 5.2 asks for. Never throws for what the octets say.
 *
 * | what came                                     | then                |
 * |-----------------------------------------------|---------------------|
 * | no TSIG                                       | unsigned            |
 * | TSIG out of place, or a MAC of no lawful size | malformed           |
 * | a key or an algorithm not known here          | refused: BADKEY     |
 * | the MAC is wrong                              | refused: BADSIG     |
 * | a time that differs by more than its fudge    | refused: BADTIME    |
 * | a MAC cut short                               | refused: BADTRUNC   |
 */
export function verifyRequest(
  bytes: Uint8Array,
  keys: ReadonlyMap<DomainName, TsigKey>,
  nowMs: number,
): RequestCheck {
  const split = splitTsig(bytes)
  if (split.kind === 'none') return { kind: 'unsigned' }
  if (split.kind === 'malformed') return split
  const { tsig, unsigned: message } = split
  const key = keys.get(tsig.keyName)
  if (key === undefined || tsig.algorithmName !== algorithmName(key.algorithm))
    return { kind: 'refused', error: RCODE.BADKEY, tsig }
  const hmac = beginMac(key).update(message)
  for (const part of variables(tsig)) hmac.update(part)
  const compared = compareMac(tsig.mac, new Uint8Array(hmac.digest()), key.algorithm)
  if (compared === 'malformed') return { kind: 'malformed', fault: 'a MAC of no lawful size' }
  if (compared === 'wrong') return { kind: 'refused', error: RCODE.BADSIG, tsig }
  if (Math.abs(Math.floor(nowMs / 1000) - tsig.timeSignedS) > tsig.fudgeS)
    return { kind: 'refused', error: RCODE.BADTIME, tsig, key }
  if (compared === 'truncated') return { kind: 'refused', error: RCODE.BADTRUNC, tsig, key }
  return { kind: 'signed', key, mac: tsig.mac, message }
}

/**
 * The TSIG of a refusal on `response`, which has RCODE NOTAUTH and the request's id (RFC 8945 section 5.3.2): without MAC where the
 * request's key or MAC was wrong, signed otherwise. BADTIME carries the request's time, and ours in Other Data (section 5.2.3).
 */
export function signRefusal(response: Uint8Array, refusal: TsigRefusal, nowMs: number): Uint8Array {
  const { tsig, key, error } = refusal
  if (key === undefined) return appendUnsigned(response, tsig.keyName, tsig.algorithmName, nowMs, error)
  const clock =
    error === RCODE.BADTIME ? { timeSignedS: tsig.timeSignedS, otherData: u48(Math.floor(nowMs / 1000)) } : {}
  return signMessage(response, key, nowMs, { requestMac: tsig.mac, error, ...clock }).bytes
}
