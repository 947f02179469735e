import type { Random } from '../../../src/core/ports.ts'
import { DICTIONARY } from './corpus.ts'

/** No query is looked at beyond this: TCP takes no longer ones, and UDP none as long. */
const MAX_OCTETS = 4096

/** Header octets: the id says nothing. */
const FIRST = 2

/** Where the first question begins. */
const QNAME = 12

/** A child of one or two inputs of the corpus. */
export function mutate(random: Random, corpus: readonly Uint8Array[]): Buffer {
  const below = (limit: number) => Math.floor(random.next() * limit)
  const pick = <T>(from: readonly T[]): T | undefined => from[below(from.length)]
  let child: Buffer = Buffer.from(pick(corpus) ?? [])
  for (let steps = 1 + below(4); steps > 0; steps--) child = step(child)
  return child.subarray(0, MAX_OCTETS)

  function step(bytes: Buffer): Buffer {
    const at = FIRST + below(Math.max(1, bytes.length - FIRST))
    switch (below(13)) {
      case 0:
        return poke(bytes, at, (bytes[at] ?? 0) ^ (1 << below(8)))
      case 1:
        return poke(bytes, at, below(256))
      case 2:
        return poke(bytes, at, (bytes[at] ?? 0) + (random.next() < 0.5 ? 1 : -1))
      case 3:
        return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + below(8))])
      case 4:
        return Buffer.concat([bytes.subarray(0, at), pick(DICTIONARY) ?? bytes, bytes.subarray(at)])
      case 5: {
        const word = pick(DICTIONARY) ?? bytes
        return Buffer.concat([bytes.subarray(0, at), word, bytes.subarray(at + word.length)])
      }
      case 6:
        return bytes.subarray(0, at)
      case 7: {
        const other = pick(corpus) ?? bytes
        return Buffer.concat([bytes.subarray(0, at), other.subarray(below(other.length))])
      }
      case 8: {
        const end = at + 1 + below(24)
        return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)])
      }
      case 9: {
        // One label more in front of QNAME: chance alone seldom finds the one place where that makes a name.
        const size = pick([1, 1, 5, 30, 62, 63]) ?? 1
        const label = Buffer.concat([Buffer.from([size]), Buffer.alloc(size, 0x41 + below(26))])
        return Buffer.concat([bytes.subarray(0, QNAME), label, bytes.subarray(QNAME)])
      }
      case 10: {
        const size = bytes[QNAME] ?? 0
        return Buffer.concat([bytes.subarray(0, QNAME), bytes.subarray(QNAME + 1 + size)])
      }
      case 11:
        return Buffer.concat([bytes, pick(DICTIONARY) ?? bytes])
      default:
        // The counts of the sections, octets 4 to 11.
        return poke(bytes, 5 + 2 * below(4), below(4))
    }
  }
}

function poke(bytes: Buffer, at: number, octet: number): Buffer {
  const changed = Buffer.from(bytes)
  if (at < changed.length) changed[at] = octet & 0xff
  return changed
}
