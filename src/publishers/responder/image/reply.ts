import { NO_EDE } from '../reply-options.ts'
import { AUTHORITATIVE, NO_REMARK, REDIRECTS, REPLY } from './layout.ts'

/**
 * A reply as it lies in an image, but for its header, its question and its OPT: what a query costs is a look-up and a copy of this.
 * One object is pointed at one reply after the other; it is right until the batch of queries that it was found in ends.
 */
export class StoredReply {
  #words: Int32Array = NOTHING
  #octets: Uint8Array = NO_OCTETS
  #at = 0
  /** Octets of body that `fit` chose, and the additional records in them. */
  size = 0
  additionals = 0

  /** `at`: the reply's first word among `words`; `octets` is the same memory. */
  point(words: Int32Array, octets: Uint8Array, at: number): void {
    this.#words = words
    this.#octets = octets
    this.#at = at
  }

  get rcode(): number {
    return this.#low(REPLY.CODE) & ~(AUTHORITATIVE | REDIRECTS)
  }

  get authoritative(): boolean {
    return (this.#low(REPLY.CODE) & AUTHORITATIVE) !== 0
  }

  /** The body is a DNAME record, and QNAME lies below its owner. */
  get redirects(): boolean {
    return (this.#low(REPLY.CODE) & REDIRECTS) !== 0
  }

  /** Octets of the QNAME that the body was written for. */
  get qnameOctets(): number {
    return this.#high(REPLY.CODE)
  }

  get answers(): number {
    return this.#low(REPLY.COUNTS)
  }

  get authorities(): number {
    return this.#high(REPLY.COUNTS)
  }

  /** Octets of body without the optional additional records. */
  get required(): number {
    return this.#low(REPLY.SIZE)
  }

  /** INFO-CODE and extra text of an extended DNS error that EDNS clients are told, or `NO_EDE` (RFC 8914). */
  get ede(): number {
    const code = this.#low(REPLY.REMARK)
    return code === NO_REMARK ? NO_EDE : code
  }

  get edeText(): Uint8Array {
    const length = this.#high(REPLY.REMARK)
    if (length === 0) return NO_OCTETS
    const start = this.#bodyAt() + this.#high(REPLY.SIZE)
    return this.#octets.subarray(start, start + length)
  }

  /** Chooses as many octets of body as `room` takes; false where even the records that must be there do not fit. */
  fit(room: number): boolean {
    const { required } = this
    const glue = this.#low(REPLY.GLUE)
    this.size = required
    this.additionals = glue
    if (required > room) return false
    const steps = this.#high(REPLY.GLUE)
    const first = this.#at + REPLY.HEADER
    for (let i = 0; i < steps; i++) {
      const end = this.#words[first + i * 2] ?? 0
      if (end > room) break
      this.size = end
      this.additionals = glue + (this.#words[first + i * 2 + 1] ?? 0)
    }
    return true
  }

  /** Writes the chosen octets of the body at `start`, for a QNAME of `qnameOctets`. */
  copy(out: Uint8Array, start: number, qnameOctets: number): void {
    const { size } = this
    const octets = this.#octets
    const moves = this.#words[this.#at + REPLY.MOVES] ?? 0
    const firstMove = this.#at + REPLY.HEADER + this.#high(REPLY.GLUE) * 2
    const from = this.#bodyAt()
    for (let i = 0; i < size; i++) out[start + i] = octets[from + i] ?? 0
    // The body was written for a QNAME of another length: what stands behind the first labels has moved, and pointers to it with it.
    const distance = qnameOctets - this.#high(REPLY.CODE)
    if (distance === 0) return
    for (let i = 0; i < moves; i++) {
      const at = this.#words[firstMove + i] ?? 0
      if (at >= size) break
      const offset = start + at
      const pointer = (((out[offset] ?? 0) << 8) | (out[offset + 1] ?? 0)) + distance
      out[offset] = pointer >> 8
      out[offset + 1] = pointer & 0xff
    }
  }

  #bodyAt(): number {
    const moves = this.#words[this.#at + REPLY.MOVES] ?? 0
    return (this.#at + REPLY.HEADER + this.#high(REPLY.GLUE) * 2 + moves) * 4
  }

  #low(field: number): number {
    return (this.#words[this.#at + field] ?? 0) & 0xffff
  }

  #high(field: number): number {
    return (this.#words[this.#at + field] ?? 0) >>> 16
  }
}

const NOTHING = new Int32Array(REPLY.HEADER)
const NO_OCTETS = new Uint8Array(0)
