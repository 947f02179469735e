import type { DomainName } from '../../../core/brand.ts'
import { algorithmName, priorMac, timers, variables } from './digest.ts'
import { beginMac, TSIG_ALGORITHMS, type TsigKey } from './key.ts'
import { appendTsig, type Tsig, tsigSize } from './record.ts'

/** By how many seconds the clocks of both ends may differ (RFC 8945 section 10 recommends it). */
export const FUDGE_S = 300

export interface Signed {
  readonly bytes: Uint8Array
  /** What the digest of the answer begins with. */
  readonly mac: Uint8Array
}

export interface SignOptions {
  /** Of the request that this message answers; absent in a request. */
  readonly requestMac?: Uint8Array
  readonly fudgeS?: number
  /** Only in the reply to a request whose time was wrong (RFC 8945 section 5.2.3): the request's own. */
  readonly timeSignedS?: number
  /** The extended RCODE of a refusal, 0 otherwise. */
  readonly error?: number
  readonly otherData?: Uint8Array
}

/** Signs one request, or the answer to one (RFC 8945 sections 5.1 and 5.3). `nowMs` is epoch milliseconds. Throws `MessageSizeError`. */
export function signMessage(
  message: Uint8Array,
  key: TsigKey,
  nowMs: number,
  options: SignOptions = {},
): Signed {
  const fields = fieldsOf(message, key, nowMs, options)
  const prior = options.requestMac === undefined ? [] : priorMac(options.requestMac)
  return sealed(message, key, fields, [...prior, message, ...variables(fields)])
}

/** Signs the messages of one answer in their order. */
export interface Signer {
  /** Signs the next one; `nowMs` is epoch milliseconds. Throws `MessageSizeError`. */
  sign(message: Uint8Array, nowMs: number): Uint8Array
}

/**
 * Signs an answer of many messages, a transfer: the first as any answer, each later one over the MAC before it and the timers alone
 * (RFC 8945 section 5.3.1). Every message is signed, as the RFC wishes.
 */
export function createSigner(key: TsigKey, requestMac: Uint8Array): Signer {
  let last: Uint8Array | undefined
  return {
    sign(message, nowMs) {
      const fields = fieldsOf(message, key, nowMs, {})
      const signed =
        last === undefined
          ? signMessage(message, key, nowMs, { requestMac })
          : sealed(message, key, fields, [...priorMac(last), message, ...timers(fields)])
      last = signed.mac
      return signed.bytes
    },
  }
}

/** Octets that signing with this key adds to a message. */
export function signatureSize(key: TsigKey): number {
  return tsigSize(key.name, algorithmName(key.algorithm), TSIG_ALGORITHMS[key.algorithm].macOctets)
}

/** A TSIG without MAC, for the reply to a request whose key or MAC was wrong (RFC 8945 section 5.3.2). Throws `MessageSizeError`. */
export function appendUnsigned(
  message: Uint8Array,
  keyName: DomainName,
  algorithm: DomainName,
  nowMs: number,
  error: number,
): Uint8Array {
  return appendTsig(message, {
    keyName,
    algorithmName: algorithm,
    timeSignedS: Math.floor(nowMs / 1000),
    fudgeS: FUDGE_S,
    mac: new Uint8Array(),
    originalId: idOf(message),
    error,
    otherData: new Uint8Array(),
  })
}

function fieldsOf(message: Uint8Array, key: TsigKey, nowMs: number, options: SignOptions): Omit<Tsig, 'mac'> {
  return {
    keyName: key.name,
    algorithmName: algorithmName(key.algorithm),
    timeSignedS: options.timeSignedS ?? Math.floor(nowMs / 1000),
    fudgeS: options.fudgeS ?? FUDGE_S,
    originalId: idOf(message),
    error: options.error ?? 0,
    otherData: options.otherData ?? new Uint8Array(),
  }
}

function sealed(
  message: Uint8Array,
  key: TsigKey,
  fields: Omit<Tsig, 'mac'>,
  digested: readonly Uint8Array[],
): Signed {
  const hmac = beginMac(key)
  for (const part of digested) hmac.update(part)
  const mac = new Uint8Array(hmac.digest())
  return { bytes: appendTsig(message, { ...fields, mac }), mac }
}

function idOf(message: Uint8Array): number {
  return ((message[0] ?? 0) << 8) | (message[1] ?? 0)
}
