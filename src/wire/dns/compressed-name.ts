import { SipvaneError } from '../../core/errors.ts'
import { MAX_LABEL, MAX_NAME } from './name.ts'

/** Octets that are no DNS message; code `message-syntax`. The text never repeats what came. */
export class MessageError extends SipvaneError {
  constructor(message: string) {
    super('message-syntax', message)
  }
}

/** Pointers that one name may follow: with a label between any two there are no more than a name's labels. */
const MAX_JUMPS = 127

/**
 * The name that begins at `start`, its pointers followed (RFC 1035 section 4.1.4), as uncompressed octets in the case they came in,
 * and the offset behind it where it stands. Throws `MessageError`.
 *
 * A pointer must lead before the part of the name that it ends, so no chain of them can loop, and their number is capped, so none
 * can be long: a name costs at most 255 octets and 127 jumps whatever the message says.
 */
export function expandName(bytes: Uint8Array, start: number): { octets: Uint8Array; end: number } {
  const octets = new Uint8Array(MAX_NAME)
  let length = 0
  let at = start
  let end = -1
  let limit = start
  for (let jumps = 0; ; ) {
    const size = bytes[at]
    if (size === undefined) throw new MessageError('a name runs past the message')
    if (size >= 0xc0) {
      const low = bytes[at + 1]
      if (low === undefined) throw new MessageError('a pointer runs past the message')
      const target = ((size & 0x3f) << 8) | low
      if (target >= limit) throw new MessageError('a pointer that does not lead backwards')
      if (++jumps > MAX_JUMPS) throw new MessageError('too many pointers in a name')
      if (end < 0) end = at + 2
      at = target
      limit = target
      continue
    }
    if (size > MAX_LABEL) throw new MessageError('an unknown kind of label')
    if (at + size >= bytes.length) throw new MessageError('a label runs past the message')
    // RFC 1035 section 2.3.4; a root label still has to fit behind any other.
    if (length + size + (size === 0 ? 1 : 2) > MAX_NAME)
      throw new MessageError('a name longer than 255 octets')
    octets.set(bytes.subarray(at, at + size + 1), length)
    length += size + 1
    at += size + 1
    if (size === 0) return { octets: octets.slice(0, length), end: end < 0 ? at : end }
  }
}

/** The offset behind the name that begins at `start`; pointers are stepped over, not followed. Throws `MessageError`. */
export function skipName(bytes: Uint8Array, start: number): number {
  let at = start
  for (;;) {
    const size = bytes[at]
    if (size === undefined) throw new MessageError('a name runs past the message')
    if (size === 0) return at + 1
    if (size >= 0xc0) {
      if (at + 2 > bytes.length) throw new MessageError('a pointer runs past the message')
      return at + 2
    }
    if (size > MAX_LABEL) throw new MessageError('an unknown kind of label')
    at += size + 1
    if (at - start >= MAX_NAME) throw new MessageError('a name longer than 255 octets')
  }
}
