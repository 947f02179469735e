import type { DomainName } from '../../core/brand.ts'
import { SipvaneError } from '../../core/errors.ts'
import type { Rdata } from '../../core/records.ts'
import { NameOffsets, suffixesOf } from './compress.ts'
import { CLASS, TYPE, typeCode } from './constants.ts'
import { MAX_MESSAGE } from './message.ts'
import { encodeName } from './name.ts'
import { HEADER } from './query.ts'
import { encodeRdata } from './rdata/registry.ts'

/** A message that would outgrow its limit; code `message-size`. */
export class MessageSizeError extends SipvaneError {
  constructor(limit: number) {
    super('message-size', `the message would be longer than ${limit} octets`)
  }
}

/** The four sections by the offset of their count in the header (RFC 1035 section 4.1.1; in an update: RFC 2136 section 2.2). */
export const SECTION = { QUESTION: 4, ANSWER: 6, AUTHORITY: 8, ADDITIONAL: 10 } as const
export type Section = (typeof SECTION)[keyof typeof SECTION]

/** Writes a whole message, section by section in their order, with names compressed where a receiver must expand them. */
export class MessageWriter {
  readonly #names = new NameOffsets()
  readonly #limit: number
  #bytes = new Uint8Array(512)
  #length = HEADER

  /** `flags` are octets 2 and 3 of the header; `limitOctets` is the longest that it may become. */
  constructor(id: number, flags: number, limitOctets = MAX_MESSAGE) {
    this.#limit = limitOctets
    this.#put16(0, id)
    this.#put16(2, flags)
  }

  /** Octets written so far, the header included. */
  get length(): number {
    return this.#length
  }

  /** A copy of what was written. */
  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  /** Adds a question; in an update it is the zone (RFC 2136 section 2.3). Throws `MessageSizeError`. */
  question(name: DomainName, type: number, questionClass: number = CLASS.IN): void {
    this.#count(SECTION.QUESTION)
    this.#name(name, true)
    this.#u16(type)
    this.#u16(questionClass)
  }

  /** Adds one record of class IN. Throws `MessageSizeError`. */
  record(section: Section, name: DomainName, ttlSeconds: number, rdata: Rdata): void {
    this.#head(section, name, typeCode(rdata.type), CLASS.IN, ttlSeconds)
    const at = this.#length
    this.#u16(0)
    for (const part of encodeRdata(rdata)) {
      if ('bytes' in part) this.#raw(part.bytes)
      else this.#name(part.name, part.compress)
    }
    this.#put16(at, this.#length - at - 2)
  }

  /** Adds one record of any class, its rdata as octets. Throws `MessageSizeError`. */
  opaque(
    section: Section,
    name: DomainName,
    type: number,
    recordClass: number,
    ttlSeconds: number,
    octets: Uint8Array,
  ): void {
    this.#head(section, name, type, recordClass, ttlSeconds)
    this.#u16(octets.length)
    this.#raw(octets)
  }

  /** Adds an OPT without options or flags (RFC 6891 section 6.1.2). */
  opt(udpPayloadOctets: number): void {
    this.opaque(SECTION.ADDITIONAL, '.' as DomainName, TYPE.OPT, udpPayloadOctets, 0, new Uint8Array())
  }

  #head(section: Section, name: DomainName, type: number, recordClass: number, ttlSeconds: number): void {
    this.#count(section)
    this.#name(name, true)
    this.#u16(type)
    this.#u16(recordClass)
    this.#u16(ttlSeconds >>> 16)
    this.#u16(ttlSeconds & 0xffff)
  }

  #count(section: Section): void {
    this.#put16(section, (((this.#bytes[section] ?? 0) << 8) | (this.#bytes[section + 1] ?? 0)) + 1)
  }

  #name(name: DomainName, compress: boolean): void {
    const octets = encodeName(name)
    let from = 0
    for (const suffix of suffixesOf(name)) {
      const known = this.#names.find(suffix)
      if (compress && known !== undefined) {
        this.#u16(0xc000 | known)
        return
      }
      this.#names.note(suffix, this.#length)
      const size = (octets[from] ?? 0) + 1
      this.#raw(octets.subarray(from, from + size))
      from += size
    }
    this.#raw(octets.subarray(from))
  }

  #u16(value: number): void {
    this.#raw(Uint8Array.of(value >> 8, value & 0xff))
  }

  #put16(at: number, value: number): void {
    this.#bytes[at] = value >> 8
    this.#bytes[at + 1] = value & 0xff
  }

  #raw(bytes: Uint8Array): void {
    const length = this.#length + bytes.length
    if (length > this.#limit) throw new MessageSizeError(this.#limit)
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#bytes.length * 2, length))
      grown.set(this.#bytes)
      this.#bytes = grown
    }
    this.#bytes.set(bytes, this.#length)
    this.#length = length
  }
}
