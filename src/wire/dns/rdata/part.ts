import type { DomainName } from '../../../core/brand.ts'
import { SipvaneError } from '../../../core/errors.ts'
import { NameError, readWireName } from '../name.ts'

/** Rdata on its way to the wire: octets, or a name that the message encoder writes. */
export type RdataPart =
  | { readonly bytes: Uint8Array }
  | {
      readonly name: DomainName
      /** True for the types of RFC 1035 only; SRV forbids it (RFC 2782), and so does every newer type (RFC 3597 section 4). */
      readonly compress: boolean
    }

/** Text or octets that are no rdata of their type; code `rdata-syntax`. */
export class RdataError extends SipvaneError {
  /** Which field of the text is wrong, from 0; absent where it is the whole. */
  readonly field: number | undefined

  constructor(message: string, field?: number) {
    super('rdata-syntax', message)
    this.field = field
  }
}

/** Big-endian numbers, each with its width in bits. A number out of range is a bug of the caller: `RangeError`. */
export function integers(...pairs: readonly (readonly [value: number, bits: 8 | 16 | 32])[]): RdataPart {
  const bytes = new Uint8Array(pairs.reduce((sum, [, bits]) => sum + bits / 8, 0))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const [value, bits] of pairs) {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** bits)
      throw new RangeError(`${value} is not ${bits} bits`)
    if (bits === 8) view.setUint8(at, value)
    else if (bits === 16) view.setUint16(at, value)
    else view.setUint32(at, value)
    at += bits / 8
  }
  return { bytes }
}

/** Walks rdata octets, uncompressed and bounds-checked. Every method throws `RdataError` rather than read past the end. */
export class OctetReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  take(length: number): Uint8Array {
    if (length > this.left) throw new RdataError('the rdata ends too early')
    const part = this.#bytes.subarray(this.#at, this.#at + length)
    this.#at += length
    return part
  }

  integer(bits: 8 | 16 | 32): number {
    let value = 0
    for (const octet of this.take(bits / 8)) value = value * 256 + octet
    return value
  }

  /** A `<character-string>` (RFC 1035 section 3.3): a length octet, then that many; as latin1. */
  string(): string {
    return latin1(this.take(this.integer(8)))
  }

  name(): DomainName {
    try {
      const { name, end } = readWireName(this.#bytes, this.#at)
      this.#at = end
      return name
    } catch (error) {
      if (error instanceof NameError) throw new RdataError(`a bad name: ${error.message}`)
      throw error
    }
  }

  end(): void {
    if (this.left > 0) throw new RdataError(`${this.left} octets too many`)
  }
}

/** Octets to text, one a character. */
export function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (octet) => String.fromCharCode(octet)).join('')
}

/** Text of one octet a character to octets. A wider character is a bug of the caller: `RangeError`. */
export function octetsOf(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => {
    const code = char.charCodeAt(0)
    if (code > 255 || char.length > 1) throw new RangeError('a character that is not one octet')
    return code
  })
}
