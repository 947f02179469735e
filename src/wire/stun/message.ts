import type { SocketAddress } from '../../core/settings.ts'
import { decodeMappedAddress, xorMappedAddress } from './address.ts'
import { crc32 } from './crc32.ts'

/** RFC 8489 section 5: in every message, and what XOR-MAPPED-ADDRESS is masked with. */
const MAGIC_COOKIE = 0x2112a442
const HEADER_BYTES = 20
export const TRANSACTION_ID_BYTES = 12
/** Answers to Binding are far below; a larger one is nobody's we asked. */
const MESSAGE_MAX_BYTES = 2048

const BINDING_REQUEST = 0x0001
const BINDING_SUCCESS = 0x0101
const BINDING_ERROR = 0x0111

const ATTRIBUTE = {
  mappedAddress: 0x0001,
  errorCode: 0x0009,
  unknownAttributes: 0x000a,
  xorMappedAddress: 0x0020,
  software: 0x8022,
  alternateServer: 0x8023,
  fingerprint: 0x8028,
} as const

/** RFC 8489 section 14.7. */
const FINGERPRINT_MASK = 0x5354554e
/** Below this an attribute that is not understood makes a response unusable (RFC 8489 section 6.3.3). */
const COMPREHENSION_OPTIONAL = 0x8000

/** What a response to Binding says. */
export type BindingResponse =
  | { readonly kind: 'success'; readonly mapped: SocketAddress; readonly software?: string }
  | {
      readonly kind: 'error'
      /** 300 to 699. */
      readonly code: number
      /** As sent, one character an octet of what may be UTF-8; make it printable before showing it. */
      readonly phrase: string
      readonly software?: string
    }

export type StunFault =
  | 'too-short'
  | 'too-long'
  | 'not-stun'
  | 'not-a-response'
  | 'length'
  | 'attribute'
  | 'fingerprint'
  | 'unknown-attribute'
  | 'no-mapped-address'
  | 'no-error-code'

export type ParsedBinding =
  | { readonly ok: true; readonly response: BindingResponse }
  | { readonly ok: false; readonly fault: StunFault }

/** A Binding request with FINGERPRINT and nothing else (RFC 8489 section 3). `id`: 12 random octets. */
export function bindingRequest(id: Uint8Array): Uint8Array {
  if (id.length !== TRANSACTION_ID_BYTES) throw new RangeError('a transaction ID has 12 octets')
  const bytes = new Uint8Array(HEADER_BYTES + 8)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, BINDING_REQUEST)
  // RFC 8489 section 14.7: the length counts FINGERPRINT already when its checksum is made.
  view.setUint16(2, 8)
  view.setUint32(4, MAGIC_COOKIE)
  bytes.set(id, 8)
  view.setUint16(HEADER_BYTES, ATTRIBUTE.fingerprint)
  view.setUint16(HEADER_BYTES + 2, 4)
  view.setUint32(HEADER_BYTES + 4, fingerprintOf(bytes.subarray(0, HEADER_BYTES)))
  return bytes
}

/** Whether the bytes look like an answer to that request: who cannot see it cannot guess its 96 bits. */
export function carriesTransaction(bytes: Uint8Array, id: Uint8Array): boolean {
  if (bytes.length < HEADER_BYTES) return false
  return id.every((octet, at) => bytes[8 + at] === octet)
}

/** Reads a response to Binding. Any bytes may come; nothing is thrown. */
export function parseBindingResponse(bytes: Uint8Array): ParsedBinding {
  const refuse = (fault: StunFault): ParsedBinding => ({ ok: false, fault })
  if (bytes.length < HEADER_BYTES) return refuse('too-short')
  if (bytes.length > MESSAGE_MAX_BYTES) return refuse('too-long')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const type = view.getUint16(0)
  // RFC 8489 section 5: two zero bits, the cookie.
  if (type > 0x3fff || view.getUint32(4) !== MAGIC_COOKIE) return refuse('not-stun')
  if (type !== BINDING_SUCCESS && type !== BINDING_ERROR) return refuse('not-a-response')
  const length = view.getUint16(2)
  if (length % 4 !== 0 || HEADER_BYTES + length !== bytes.length) return refuse('length')
  const attributes = readAttributes(view)
  if (typeof attributes === 'string') return refuse(attributes)
  const software = attributes.get(ATTRIBUTE.software)
  const rest = software === undefined ? {} : { software: Buffer.from(software).toString('latin1') }
  if (type === BINDING_ERROR) {
    const error = errorOf(attributes.get(ATTRIBUTE.errorCode))
    return error === undefined
      ? refuse('no-error-code')
      : { ok: true, response: { kind: 'error', ...error, ...rest } }
  }
  const mapped = mappedOf(attributes, bytes.subarray(4, HEADER_BYTES))
  return mapped === undefined
    ? refuse('no-mapped-address')
    : { ok: true, response: { kind: 'success', mapped, ...rest } }
}

/** The first of each type (RFC 8489 section 14), or why they cannot be read. */
function readAttributes(view: DataView): ReadonlyMap<number, Uint8Array> | StunFault {
  const found = new Map<number, Uint8Array>()
  let at = HEADER_BYTES
  while (at < view.byteLength) {
    if (view.byteLength - at < 4) return 'attribute'
    const type = view.getUint16(at)
    const length = view.getUint16(at + 2)
    const end = at + 4 + length
    if (end > view.byteLength) return 'attribute'
    const value = new Uint8Array(view.buffer, view.byteOffset + at + 4, length)
    if (type === ATTRIBUTE.fingerprint) {
      const before = new Uint8Array(view.buffer, view.byteOffset, at)
      const last = end === view.byteLength
      // RFC 8489 section 14.7: the last attribute, and it has to be right where it is there.
      if (!last || length !== 4 || view.getUint32(at + 4) !== fingerprintOf(before)) return 'fingerprint'
    }
    if (type < COMPREHENSION_OPTIONAL && !UNDERSTOOD.has(type)) return 'unknown-attribute'
    if (!found.has(type)) found.set(type, value)
    at = end + ((4 - (length % 4)) % 4)
  }
  return found
}

const UNDERSTOOD = new Set<number>(Object.values(ATTRIBUTE))

/** RFC 8489 section 14.2; the plain attribute is what servers of RFC 3489 send. */
function mappedOf(attributes: ReadonlyMap<number, Uint8Array>, mask: Uint8Array): SocketAddress | undefined {
  const masked = attributes.get(ATTRIBUTE.xorMappedAddress)
  if (masked !== undefined) return decodeMappedAddress(xorMappedAddress(masked, mask))
  const plain = attributes.get(ATTRIBUTE.mappedAddress)
  return plain === undefined ? undefined : decodeMappedAddress(plain)
}

/** RFC 8489 section 14.8: class in three bits, number from 0 to 99. */
function errorOf(value: Uint8Array | undefined): { code: number; phrase: string } | undefined {
  if (value === undefined || value.length < 4) return undefined
  const hundreds = (value[2] ?? 0) & 0x07
  const rest = value[3] ?? 0
  if (hundreds < 3 || hundreds > 6 || rest > 99) return undefined
  return { code: hundreds * 100 + rest, phrase: Buffer.from(value.subarray(4)).toString('latin1') }
}

function fingerprintOf(before: Uint8Array): number {
  return (crc32(before) ^ FINGERPRINT_MASK) >>> 0
}
