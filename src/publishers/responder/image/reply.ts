import { endianness } from 'node:os'
import { NO_EDE } from '../reply-options.ts'
import { AUTHORITATIVE, NO_REMARK, REDIRECTS, REPLY } from './layout.ts'

/**
 * A reply as it lies in an image, but for its header, its question and its OPT: what a query costs is a look-up and a copy of this.
 * One object is pointed at one reply after the other; it is right until the batch of queries that it was found in ends.
 */
export class StoredReply {
  #words: Int32Array = NOTHING
  #octets: Uint8Array = NO_OCTETS
  #firstStep = 0
  #steps = 0
  #glue = 0
  /** The body's first word. */
  #body = 0
  #whole = 0
  #remark = 0
  rcode = 0
  authoritative = false
  /** The body is a DNAME record, and QNAME lies below its owner. */
  redirects = false
  /** Octets of the QNAME that the body was written for. */
  qnameOctets = 0
  answers = 0
  authorities = 0
  /** Octets of body without the optional additional records. */
  required = 0
  /** Octets of body that `fit` chose, and the additional records in them. */
  size = 0
  additionals = 0

  /** `at`: the reply's first word among `words`; `octets` is the same memory. Everything is unpacked here, once, into plain fields. */
  point(words: Int32Array, octets: Uint8Array, at: number): void {
    this.#words = words
    this.#octets = octets
    const code = words[at + REPLY.CODE] ?? 0
    const counts = words[at + REPLY.COUNTS] ?? 0
    const glue = words[at + REPLY.GLUE] ?? 0
    const size = words[at + REPLY.SIZE] ?? 0
    const moves = words[at + REPLY.MOVES] ?? 0
    this.rcode = code & 0xffff & ~(AUTHORITATIVE | REDIRECTS)
    this.authoritative = (code & AUTHORITATIVE) !== 0
    this.redirects = (code & REDIRECTS) !== 0
    this.qnameOctets = code >>> 16
    this.answers = counts & 0xffff
    this.authorities = counts >>> 16
    this.#glue = glue & 0xffff
    this.#steps = glue >>> 16
    this.required = size & 0xffff
    this.#whole = size >>> 16
    this.#remark = words[at + REPLY.REMARK] ?? 0
    this.#firstStep = at + REPLY.HEADER
    this.#body = at + REPLY.HEADER + (glue >>> 16) * 2 + moves
  }

  /** INFO-CODE and extra text of an extended DNS error that EDNS clients are told, or `NO_EDE` (RFC 8914). */
  get ede(): number {
    const code = this.#remark & 0xffff
    return code === NO_REMARK ? NO_EDE : code
  }

  get edeText(): Uint8Array {
    const length = this.#remark >>> 16
    if (length === 0) return NO_OCTETS
    const start = this.#body * 4 + this.#whole
    return this.#octets.subarray(start, start + length)
  }

  /** Chooses as many octets of body as `room` takes; false where even the records that must be there do not fit. */
  fit(room: number): boolean {
    this.size = this.required
    this.additionals = this.#glue
    if (this.required > room) return false
    const words = this.#words
    const end = this.#firstStep + this.#steps * 2
    for (let at = this.#firstStep; at < end; at += 2) {
      const octets = words[at] ?? 0
      if (octets > room) break
      this.size = octets
      this.additionals = this.#glue + (words[at + 1] ?? 0)
    }
    return true
  }

  /** Writes the chosen octets of the body at `start`, for a QNAME of `qnameOctets`. */
  copy(out: Uint8Array, start: number, qnameOctets: number): void {
    const words = this.#words
    const body = this.#body
    const { size } = this
    let to = start
    // Four octets a turn cost one load and half the time of a turn for each.
    const last = LITTLE_ENDIAN ? body + (size >> 2) : body
    for (let word = body; word < last; word++, to += 4) {
      const four = words[word] ?? 0
      out[to] = four
      out[to + 1] = four >> 8
      out[to + 2] = four >> 16
      out[to + 3] = four >> 24
    }
    for (const end = start + size; to < end; to++) out[to] = this.#octets[body * 4 + to - start] ?? 0
    // The body was written for a QNAME of another length: what stands behind the first labels has moved, and pointers to it with it.
    const distance = qnameOctets - this.qnameOctets
    if (distance !== 0) this.#move(out, start, distance)
  }

  #move(out: Uint8Array, start: number, distance: number): void {
    for (let i = this.#firstStep + this.#steps * 2; i < this.#body; i++) {
      const at = this.#words[i] ?? 0
      if (at >= this.size) break
      const offset = start + at
      const pointer = (((out[offset] ?? 0) << 8) | (out[offset + 1] ?? 0)) + distance
      out[offset] = pointer >> 8
      out[offset + 1] = pointer & 0xff
    }
  }
}

const LITTLE_ENDIAN = endianness() === 'LE'
const NOTHING = new Int32Array(REPLY.HEADER)
const NO_OCTETS = new Uint8Array(0)
