import { contentLength, parseHead, SIP_LIMITS, type SipFault } from './parse.ts'

export type FramingFault = SipFault | 'no-content-length'

/** What came out of a stream: a whole message, a line end between messages, or the reason why nothing more can. */
export type Frame =
  | { readonly kind: 'message'; readonly bytes: Uint8Array }
  | { readonly kind: 'keepalive' }
  | { readonly kind: 'fault'; readonly fault: FramingFault }

const CR = 13
const LF = 10

/**
 * Cuts a TCP or TLS stream into messages by Content-Length, which streams must carry (RFC 3261 sections 18.3 and 20.14).
 * Line ends between messages are keep-alives (RFC 5626 section 4.4.1). Holds at most one message; after a fault it
 * gives nothing more, since where the next message begins is unknown.
 */
export class SipFramer {
  #buffer: Uint8Array = new Uint8Array(2048)
  #length = 0
  /** The end of the headers was not found before this offset: bytes are looked at once, however they trickle in. */
  #scanned = 0
  /** Whole length of the message under way, once its headers are in. */
  #messageBytes: number | undefined
  #broken = false

  /** Bytes held that are not a whole message yet. */
  get heldBytes(): number {
    return this.#length
  }

  push(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = []
    // In slices, so that what is held stays bounded whatever the size of a read.
    for (let at = 0; at < chunk.length && !this.#broken; at += SIP_LIMITS.messageBytes) {
      this.#append(chunk.subarray(at, at + SIP_LIMITS.messageBytes))
      this.#drain(frames)
    }
    return frames
  }

  #drain(frames: Frame[]): void {
    let start = 0
    for (;;) {
      if (this.#messageBytes === undefined) {
        const past = this.#pastLineEnds(start)
        if (past > start) frames.push({ kind: 'keepalive' })
        start = past
        const found = this.#measure(start)
        if (found === 'incomplete') break
        if (typeof found === 'string') {
          this.#broken = true
          this.#length = 0
          frames.push({ kind: 'fault', fault: found })
          return
        }
        this.#messageBytes = found
      }
      const end = start + this.#messageBytes
      if (end > this.#length) break
      frames.push({ kind: 'message', bytes: this.#buffer.slice(start, end) })
      this.#messageBytes = undefined
      start = end
      this.#scanned = end
    }
    this.#buffer.copyWithin(0, start, this.#length)
    this.#length -= start
    this.#scanned = Math.max(0, this.#scanned - start)
  }

  /** A lone CR at the end of what is there waits for its LF. */
  #pastLineEnds(start: number): number {
    let at = start
    while (at + 1 < this.#length && this.#buffer[at] === CR && this.#buffer[at + 1] === LF) at += 2
    return at
  }

  /** Length of the message that begins at `start`. */
  #measure(start: number): number | 'incomplete' | FramingFault {
    const from = Math.max(start, this.#scanned - 3)
    const end = this.#endOfHeaders(from)
    this.#scanned = this.#length
    if (end === undefined)
      return this.#length - start >= SIP_LIMITS.messageBytes ? 'message-too-long' : 'incomplete'
    const head = parseHead(Buffer.from(this.#buffer.subarray(start, end)).toString('latin1'))
    if (!head.ok) return head.fault
    const length = contentLength(head.value.headers)
    if (!length.ok) return length.fault
    if (length.value === undefined) return 'no-content-length'
    const total = end + 4 - start + length.value
    return total > SIP_LIMITS.messageBytes ? 'message-too-long' : total
  }

  #endOfHeaders(from: number): number | undefined {
    for (
      let at = this.#buffer.indexOf(CR, from);
      at >= 0 && at + 3 < this.#length;
      at = this.#buffer.indexOf(CR, at + 1)
    ) {
      if (this.#buffer[at + 1] === LF && this.#buffer[at + 2] === CR && this.#buffer[at + 3] === LF) return at
    }
    return undefined
  }

  #append(chunk: Uint8Array): void {
    const needed = this.#length + chunk.length
    if (needed > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2))
      grown.set(this.#buffer.subarray(0, this.#length))
      this.#buffer = grown
    }
    this.#buffer.set(chunk, this.#length)
    this.#length = needed
  }
}
