import { RCODE } from '../constants.ts'
import { algorithmName, compareMac, priorMac, timers, variables } from './digest.ts'
import { beginMac, type TsigKey } from './key.ts'
import { readU48, splitTsig, type Tsig } from './record.ts'

export type TsigFaultKind = 'unsigned' | 'malformed' | 'badkey' | 'badsig' | 'badtime' | 'badtrunc'

/** Why a message is not to be believed, or what its sender would not believe. */
export interface TsigFault {
  readonly ok: false
  readonly fault: TsigFaultKind
  /** `us`: the message failed our check. `peer`: our request failed the peer's. */
  readonly by: 'us' | 'peer'
  /** The message itself is signed rightly; otherwise anybody may have sent it, so it is a hint at most (RFC 8945 section 5.4). */
  readonly authentic: boolean
  /** `badtime`: the peer's clock, in epoch seconds. */
  readonly peerTimeS?: number
}

export type Verified =
  | {
      readonly ok: true
      /** Without the TSIG, and with the original id. */
      readonly message: Uint8Array
      /** False: one of several that carries no TSIG; nothing of it counts before a later one is signed. */
      readonly signed: boolean
    }
  | TsigFault

/** Checks the messages of one answer in their order. After a fault the whole answer is to be thrown away. */
export interface Verifier {
  verify(bytes: Uint8Array, nowMs: number): Verified
  /** Call at the end: a fault where the last messages were not signed (RFC 8945 section 5.3.1). */
  finish(): TsigFault | undefined
}

/** RFC 8945 section 5.3.1: of 100 messages in a row at least one is signed. */
const MAX_UNSIGNED = 99

/** Checks the answer of one message to a request that we signed (RFC 8945 section 5.4). `nowMs` is epoch milliseconds. */
export function verifyResponse(
  bytes: Uint8Array,
  key: TsigKey,
  requestMac: Uint8Array,
  nowMs: number,
): Verified {
  return createVerifier(key, requestMac).verify(bytes, nowMs)
}

/** Checks an answer of one message or many, a transfer, to a request that we signed (RFC 8945 section 5.3.1). */
export function createVerifier(key: TsigKey, requestMac: Uint8Array): Verifier {
  let hmac = digestAfter(key, requestMac)
  let first = true
  let unsigned = 0
  let dead: TsigFault | undefined
  const fail = (fault: TsigFault): TsigFault => {
    dead = fault
    return fault
  }

  return {
    verify(bytes, nowMs) {
      if (dead !== undefined) return dead
      const split = splitTsig(bytes)
      if (split.kind === 'malformed') return fail(ours('malformed'))
      if (split.kind === 'none') {
        if (first || ++unsigned > MAX_UNSIGNED) return fail(ours('unsigned'))
        hmac.update(bytes)
        return { ok: true, message: bytes, signed: false }
      }
      const { tsig, unsigned: message } = split
      if (tsig.mac.length === 0) return fail(bareRefusal(tsig))
      if (tsig.keyName !== key.name || tsig.algorithmName !== algorithmName(key.algorithm))
        return fail(ours('badkey'))
      hmac.update(message)
      for (const part of first ? variables(tsig) : timers(tsig)) hmac.update(part)
      const compared = compareMac(tsig.mac, new Uint8Array(hmac.digest()), key.algorithm)
      const fault = judge(tsig, compared, nowMs)
      if (fault !== undefined) return fail(fault)
      hmac = digestAfter(key, tsig.mac)
      first = false
      unsigned = 0
      return { ok: true, message, signed: true }
    },
    finish: () => dead ?? (first || unsigned > 0 ? ours('unsigned') : undefined),
  }
}

/**
 * In the order of RFC 8945 section 5.2: key (before), MAC, time, truncation.
 *
 * | MAC       | error  | time within fudge | then                                                  |
 * |-----------|--------|-------------------|-------------------------------------------------------|
 * | malformed | -      | -                 | malformed                                             |
 * | wrong     | -      | -                 | badsig                                                |
 * | fits      | BADTIME| -                 | the peer's badtime; its clock is in Other Data        |
 * | fits      | -      | no                | badtime: an old message, or one clock is wrong        |
 * | truncated | -      | yes               | badtrunc                                              |
 * | right     | other  | yes               | the peer's fault                                      |
 * | right     | none   | yes               | fine                                                  |
 */
function judge(tsig: Tsig, compared: ReturnType<typeof compareMac>, nowMs: number): TsigFault | undefined {
  if (compared === 'malformed') return ours('malformed')
  if (compared === 'wrong') return ours('badsig')
  if (tsig.error === RCODE.BADTIME) return theirs(tsig, true)
  if (Math.abs(Math.floor(nowMs / 1000) - tsig.timeSignedS) > tsig.fudgeS)
    return { ...ours('badtime'), authentic: true, peerTimeS: tsig.timeSignedS }
  if (compared === 'truncated') return { ...ours('badtrunc'), authentic: true }
  return tsig.error === 0 ? undefined : theirs(tsig, true)
}

/** A TSIG without MAC is how a server says that it could not check ours (RFC 8945 section 5.3.2). */
function bareRefusal(tsig: Tsig): TsigFault {
  return tsig.error === 0 ? ours('malformed') : theirs(tsig, false)
}

const PEER_FAULTS: ReadonlyMap<number, TsigFaultKind> = new Map<number, TsigFaultKind>([
  [RCODE.BADSIG, 'badsig'],
  [RCODE.BADKEY, 'badkey'],
  [RCODE.BADTIME, 'badtime'],
  [RCODE.BADTRUNC, 'badtrunc'],
])

function theirs(tsig: Tsig, authentic: boolean): TsigFault {
  const fault = PEER_FAULTS.get(tsig.error) ?? 'malformed'
  const clock =
    fault === 'badtime' && tsig.otherData.length === 6 ? { peerTimeS: readU48(tsig.otherData, 0) } : {}
  return { ok: false, fault, by: 'peer', authentic, ...clock }
}

function ours(fault: TsigFaultKind): TsigFault {
  return { ok: false, fault, by: 'us', authentic: false }
}

function digestAfter(key: TsigKey, mac: Uint8Array): ReturnType<typeof beginMac> {
  const hmac = beginMac(key)
  for (const part of priorMac(mac)) hmac.update(part)
  return hmac
}
