import { expandName, MessageError } from './compressed-name.ts'
import { TYPE } from './constants.ts'

/** A step over rdata: so many octets as they are, a `<character-string>`, or a name that may be compressed. */
type Step = number | 'string' | 'name'

/**
 * The types whose names a receiver decompresses: those of RFC 1035, and those that RFC 3597 section 4 lists because old
 * senders compressed them. What follows the last step is octets as they are.
 */
const LAYOUTS: ReadonlyMap<number, readonly Step[]> = new Map<number, readonly Step[]>([
  [TYPE.NS, ['name']],
  [TYPE.CNAME, ['name']],
  [TYPE.PTR, ['name']],
  [TYPE.DNAME, ['name']],
  [TYPE.SOA, ['name', 'name']],
  [TYPE.MX, [2, 'name']],
  [TYPE.RP, ['name', 'name']],
  [TYPE.AFSDB, [2, 'name']],
  [TYPE.SRV, [6, 'name']],
  [TYPE.NAPTR, [4, 'string', 'string', 'string', 'name']],
])

/** The rdata between `start` and `end` of a message, its names uncompressed, in the case they came in. Throws `MessageError`. */
export function expandRdata(bytes: Uint8Array, type: number, start: number, end: number): Uint8Array {
  const layout = LAYOUTS.get(type)
  // Empty rdata stands in updates: "any of that type" (RFC 2136 section 2.4.1).
  if (layout === undefined || start === end) return new Uint8Array(bytes.subarray(start, end))
  const parts: Uint8Array[] = []
  let at = start
  for (const step of layout) {
    if (step === 'name') {
      const name = expandName(bytes, at)
      parts.push(name.octets)
      at = name.end
    } else {
      const length = step === 'string' ? (bytes[at] ?? 0) + 1 : step
      parts.push(bytes.subarray(at, at + length))
      at += length
    }
    if (at > end) throw new MessageError('a field runs past its record')
  }
  parts.push(bytes.subarray(at, end))
  return Uint8Array.from(Buffer.concat(parts))
}
