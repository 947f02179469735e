import type { DomainName } from '../../../core/brand.ts'
import { expandName, MessageError, skipName } from '../compressed-name.ts'
import { CLASS, TYPE } from '../constants.ts'
import { MAX_MESSAGE } from '../message.ts'
import { encodeName, NameError, nameFromWire, readWireName } from '../name.ts'
import { HEADER } from '../query.ts'
import { MessageSizeError } from '../write-message.ts'

/** A TSIG record's fields (RFC 8945 section 4.2). */
export interface Tsig {
  readonly keyName: DomainName
  /** As a domain name, `hmac-sha256.`; it may be one that we do not know. */
  readonly algorithmName: DomainName
  /** Epoch seconds, 48 bits. */
  readonly timeSignedS: number
  readonly fudgeS: number
  readonly mac: Uint8Array
  readonly originalId: number
  readonly error: number
  readonly otherData: Uint8Array
}

export type TsigSplit =
  | { readonly kind: 'none' }
  | { readonly kind: 'malformed'; readonly fault: string }
  | {
      readonly kind: 'tsig'
      readonly tsig: Tsig
      /**
       * The message as its sender had it before signing: without the record, ARCOUNT less one, the original id (RFC 8945 section 4.3.2).
       */
      readonly unsigned: Uint8Array
    }

/**
 * Takes the TSIG off a message. Never throws for what the octets say.
 * `malformed`: octets that are no message, or a TSIG that is not the very last record of the additional section, of class ANY and TTL 0
 * (RFC 8945 sections 4.2 and 5.2): FORMERR, where it is a request.
 */
export function splitTsig(bytes: Uint8Array): TsigSplit {
  try {
    return split(bytes)
  } catch (error) {
    if (error instanceof MessageError || error instanceof NameError)
      return { kind: 'malformed', fault: error.message }
    throw error
  }
}

/** `message` with the record as the last of its additional section. Throws `MessageSizeError` beyond 65535 octets. */
export function appendTsig(message: Uint8Array, tsig: Tsig): Uint8Array {
  const rdata = Buffer.concat([
    encodeName(tsig.algorithmName),
    u48(tsig.timeSignedS),
    u16(tsig.fudgeS, tsig.mac.length),
    tsig.mac,
    u16(tsig.originalId, tsig.error, tsig.otherData.length),
    tsig.otherData,
  ])
  const owner = encodeName(tsig.keyName)
  const record = Buffer.concat([owner, u16(TYPE.TSIG, CLASS.ANY, 0, 0, rdata.length), rdata])
  const length = message.length + record.length
  if (length > MAX_MESSAGE) throw new MessageSizeError(MAX_MESSAGE)
  const signed = new Uint8Array(length)
  signed.set(message)
  signed.set(record, message.length)
  putCount(signed, count(message, 10) + 1)
  return signed
}

/** Octets that a whole TSIG of `macOctets` adds to a message: what a sender must keep free. */
export function tsigSize(keyName: DomainName, algorithmName: DomainName, macOctets: number): number {
  return encodeName(keyName).length + 10 + encodeName(algorithmName).length + 16 + macOctets
}

/** Big-endian 16-bit numbers. */
export function u16(...values: readonly number[]): Uint8Array {
  return Uint8Array.from(values.flatMap((value) => [value >> 8, value & 0xff]))
}

/** Big-endian, 48 bits. */
export function u48(value: number): Uint8Array {
  const bytes = new Uint8Array(6)
  let rest = value
  for (let i = 5; i >= 0; i--) {
    bytes[i] = rest % 256
    rest = Math.floor(rest / 256)
  }
  return bytes
}

/** 48 bits, high octet first; octets that are missing count as zero. */
export function readU48(bytes: Uint8Array, at: number): number {
  let value = 0
  for (let i = 0; i < 6; i++) value = value * 256 + (bytes[at + i] ?? 0)
  return value
}

function split(bytes: Uint8Array): TsigSplit {
  if (bytes.length < HEADER) throw new MessageError('shorter than a header')
  let at = HEADER
  for (let i = 0; i < count(bytes, 4); i++) at = skipName(bytes, at) + 4
  const before = count(bytes, 6) + count(bytes, 8)
  const total = before + count(bytes, 10)
  for (let i = 0; i < total; i++) {
    const fixed = skipName(bytes, at)
    if (fixed + 10 > bytes.length) throw new MessageError('a record runs past the message')
    const end = fixed + 10 + count(bytes, fixed + 8)
    if (end > bytes.length) throw new MessageError('rdata runs past the message')
    if (count(bytes, fixed) === TYPE.TSIG) {
      if (i !== total - 1 || i < before) throw new MessageError('a TSIG that is not the last record')
      if (end !== bytes.length) throw new MessageError('octets behind the TSIG, covered by no MAC')
      return taken(bytes, at, fixed, end)
    }
    at = end
  }
  if (at > bytes.length) throw new MessageError('a question runs past the message')
  return { kind: 'none' }
}

/** Octets of its own: `slice` of a Buffer would be the same memory, which the caller may write to, or we to his. */
function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}

function taken(bytes: Uint8Array, start: number, fixed: number, end: number): TsigSplit {
  const zeroTtl = count(bytes, fixed + 4) === 0 && count(bytes, fixed + 6) === 0
  if (count(bytes, fixed + 2) !== CLASS.ANY || !zeroTtl)
    throw new MessageError('a TSIG of another class than ANY, or with a TTL')
  const rdata = bytes.subarray(fixed + 10, end)
  // RFC 8945 section 4.2: the algorithm's name must not be compressed.
  const algorithm = readWireName(rdata, 0)
  const macAt = algorithm.end + 10
  const macEnd = macAt + count(rdata, algorithm.end + 8)
  const otherAt = macEnd + 6
  if (otherAt > rdata.length || otherAt + count(rdata, macEnd + 4) !== rdata.length)
    throw new MessageError('the fields of a TSIG do not fill it')
  const tsig: Tsig = {
    keyName: nameFromWire(expandName(bytes, start).octets),
    algorithmName: algorithm.name,
    timeSignedS: readU48(rdata, algorithm.end),
    fudgeS: count(rdata, algorithm.end + 6),
    mac: copyOf(rdata.subarray(macAt, macEnd)),
    originalId: count(rdata, macEnd),
    error: count(rdata, macEnd + 2),
    otherData: copyOf(rdata.subarray(otherAt)),
  }
  const unsigned = copyOf(bytes.subarray(0, start))
  putCount(unsigned, count(bytes, 10) - 1)
  unsigned.set(u16(tsig.originalId))
  return { kind: 'tsig', tsig, unsigned }
}

function count(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}

function putCount(bytes: Uint8Array, additionals: number): void {
  bytes.set(u16(additionals), 10)
}
