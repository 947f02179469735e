import type { DomainName } from '../../core/brand.ts'
import type { Rdata } from '../../core/records.ts'
import { NameOffsets, suffixesOf } from './compress.ts'
import { CLASS, typeCode } from './constants.ts'
import { encodeName } from './name.ts'
import { HEADER } from './query.ts'
import { encodeRdata } from './rdata/registry.ts'

/** RFC 1035 section 4.2.2: the two length octets of TCP allow no more. */
export const MAX_MESSAGE = 65535

/** Header flags as they stand in octet 2 (RFC 1035 section 4.1.1). */
export const FLAG = { QR: 0x80, AA: 0x04, TC: 0x02, RD: 0x01 } as const

/** The owner that is whatever was asked for: written as a pointer to QNAME. */
export const QNAME = Symbol('QNAME')

/** More records than one message can hold. */
export const OVERFLOW = Symbol('OVERFLOW')

/**
 * Writes what stands behind the question of a reply, with compression pointers into the question and among the records.
 *
 * The question is not known yet: the body is written for a `reference` QNAME and serves every QNAME that ends in it. A longer QNAME moves
 * all that stands behind its first label, by one and the same distance, so every pointer but those of `QNAME` moves by it too:
 * `relocations` tells where they are.
 *
 * With `synthesised`, the reference is a wildcard's own name: only its parent's labels are in every QNAME (RFC 4592 section 2.3.1).
 */
export class BodyWriter {
  /** Where, in the body, pointers stand that move with the length of QNAME. */
  readonly relocations: number[] = []
  readonly #base: number
  readonly #names = new NameOffsets()
  #bytes: Uint8Array
  #length = 0

  /** `scratch`: where to write, for as long as it is large enough; nobody else may write there meanwhile. */
  constructor(reference: DomainName, synthesised = false, scratch: Uint8Array = new Uint8Array(512)) {
    this.#bytes = scratch
    const octets = encodeName(reference)
    this.#base = HEADER + octets.length + 4
    let at = HEADER
    let first = synthesised
    for (const suffix of suffixesOf(reference)) {
      if (!first) this.#names.note(suffix, at)
      first = false
      at += (octets[at - HEADER] ?? 0) + 1
    }
  }

  /** Octets written so far. */
  get length(): number {
    return this.#length
  }

  /** A copy of what was written. */
  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  /**
   * Adds one record of class IN (RFC 1035 section 4.1.3). Returns `OVERFLOW`, with the record left half written, where the body would
   * outgrow a message: the caller gives the whole body up.
   */
  record(owner: DomainName | typeof QNAME, ttl: number, rdata: Rdata): typeof OVERFLOW | undefined {
    if (owner === QNAME) this.#u16(0xc000 | HEADER)
    else this.#name(owner, true)
    this.#u16(typeCode(rdata.type))
    this.#u16(CLASS.IN)
    this.#u16(ttl >>> 16)
    this.#u16(ttl & 0xffff)
    const rdlengthAt = this.#length
    this.#u16(0)
    for (const part of encodeRdata(rdata)) {
      if ('bytes' in part) this.#raw(part.bytes)
      else this.#name(part.name, part.compress)
    }
    const rdlength = this.#length - rdlengthAt - 2
    this.#bytes[rdlengthAt] = rdlength >> 8
    this.#bytes[rdlengthAt + 1] = rdlength & 0xff
    return this.#base + this.#length > MAX_MESSAGE || rdlength > 0xffff ? OVERFLOW : undefined
  }

  /** A name that may not be compressed itself may still be pointed at: it is a prior occurrence like any other. */
  #name(name: DomainName, compress: boolean): void {
    const octets = encodeName(name)
    let from = 0
    for (const suffix of suffixesOf(name)) {
      const known = this.#names.find(suffix)
      if (compress && known !== undefined) {
        this.relocations.push(this.#length)
        this.#u16(0xc000 | known)
        return
      }
      this.#names.note(suffix, this.#base + this.#length)
      const size = (octets[from] ?? 0) + 1
      this.#raw(octets.subarray(from, from + size))
      from += size
    }
    this.#raw(octets.subarray(from))
  }

  #u16(value: number): void {
    this.#reserve(2)
    this.#bytes[this.#length++] = value >> 8
    this.#bytes[this.#length++] = value & 0xff
  }

  #raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more))
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}

/** Writes an answer's 12 octets of header; counts are those of the four sections (RFC 1035 section 4.1.1). RA, Z, AD and CD stay clear. */
export function writeHeader(
  out: Uint8Array,
  query: Uint8Array,
  flags: number,
  rcode: number,
  questions: number,
  answers: number,
  authorities: number,
  additionals: number,
): void {
  out[0] = query[0] ?? 0
  out[1] = query[1] ?? 0
  // Opcode and RD are the query's (RFC 1035 section 4.1.1). CD is cleared: RFC 4035 section 3.1.6.
  out[2] = flags | ((query[2] ?? 0) & (0x78 | FLAG.RD))
  out[3] = rcode & 0x0f
  out[4] = 0
  out[5] = questions
  out[6] = answers >> 8
  out[7] = answers & 0xff
  out[8] = authorities >> 8
  out[9] = authorities & 0xff
  out[10] = additionals >> 8
  out[11] = additionals & 0xff
}
