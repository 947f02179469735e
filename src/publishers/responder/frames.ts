import { HEADER } from '../../wire/dns/query.ts'

/** More than any query needs, with padding (RFC 8467) and a TSIG; a longer one is not waited for. */
export const MAX_QUERY = 4096

/** A length that no query of ours has: where the next message begins cannot be trusted any more. */
export const FRAMING_ERROR = Symbol('FRAMING_ERROR')

const NOTHING = Buffer.alloc(0)

/** Cuts a TCP stream into messages: two octets of length, then as many (RFC 1035 section 4.2.2), whatever the segments were. */
export class Frames {
  #bytes: Buffer = NOTHING
  #at = 0

  /** Octets that came and are not yet handed out. */
  get pending(): number {
    return this.#bytes.length - this.#at
  }

  push(chunk: Buffer): void {
    this.#bytes = this.pending === 0 ? chunk : Buffer.concat([this.#bytes.subarray(this.#at), chunk])
    this.#at = 0
  }

  /** The next whole message, valid until the next `push`; undefined while it is not all there. */
  next(): Buffer | typeof FRAMING_ERROR | undefined {
    if (this.pending < 2) return undefined
    const size = this.#bytes.readUInt16BE(this.#at)
    if (size < HEADER || size > MAX_QUERY) return FRAMING_ERROR
    if (this.pending < 2 + size) return undefined
    const start = this.#at + 2
    this.#at = start + size
    return this.#bytes.subarray(start, start + size)
  }

  /** Lets go of the chunk that the rest lies in: an idle connection shall not hold 64 KB for three octets. */
  compact(): void {
    this.#bytes = this.pending === 0 ? NOTHING : Buffer.from(this.#bytes.subarray(this.#at))
    this.#at = 0
  }
}
