import { TYPE } from '../../wire/dns/constants.ts'
import { HEADER } from '../../wire/dns/query.ts'

/** Pointers have 14 bits (RFC 1035 section 4.1.4). */
const POINTER_MAX = 0x3fff

/** Where the question's name of one message stands in another: its first `front` octets at `at`, the others at `rest`. */
export interface NamePlace {
  at: number
  front: number
  rest: number
}

/**
 * Copies `size` octets of whole records from `from`, where they begin at `start` right behind the question, to `to` in `out`, where that
 * question's name stands at `place`. Their pointers, into the name or among themselves, lead to the same names there. False: one would have
 * to lead further than a pointer can, and what was written is of no use.
 */
export function spliceRecords(
  from: Uint8Array,
  start: number,
  size: number,
  records: number,
  place: NamePlace,
  out: Uint8Array,
  to: number,
): boolean {
  for (let i = 0; i < size; i++) out[to + i] = from[start + i] ?? 0
  let at = to
  for (let i = 0; i < records; i++) {
    const fixed = movePointer(out, at, start, to - start, place)
    if (fixed < 0) return false
    const rdata = fixed + 10
    if (!moveRdata(out, u16(out, fixed), rdata, start, to - start, place)) return false
    at = rdata + u16(out, fixed + 8)
  }
  return true
}

/** Only types of RFC 1035 have names in their rdata that may be compressed (RFC 3597 section 4). */
function moveRdata(
  out: Uint8Array,
  type: number,
  rdata: number,
  start: number,
  distance: number,
  place: NamePlace,
): boolean {
  switch (type) {
    case TYPE.NS:
    case TYPE.CNAME:
    case TYPE.PTR:
      return movePointer(out, rdata, start, distance, place) > 0
    case TYPE.MX:
      return movePointer(out, rdata + 2, start, distance, place) > 0
    case TYPE.SOA: {
      const rname = movePointer(out, rdata, start, distance, place)
      return rname > 0 && movePointer(out, rname, start, distance, place) > 0
    }
    default:
      return true
  }
}

/** Leads the pointer that the name at `name` may end in to where its target went. Returns the offset behind the name; -1: it cannot. */
function movePointer(
  out: Uint8Array,
  name: number,
  start: number,
  distance: number,
  place: NamePlace,
): number {
  let at = name
  for (;;) {
    const size = out[at] ?? 0
    if (size === 0) return at + 1
    if (size >= 0xc0) break
    at += size + 1
  }
  const target = u16(out, at) & POINTER_MAX
  const inName = target - HEADER
  const moved =
    target >= start
      ? target + distance
      : inName < place.front
        ? place.at + inName
        : place.rest + inName - place.front
  if (moved > POINTER_MAX) return -1
  out[at] = 0xc0 | (moved >> 8)
  out[at + 1] = moved & 0xff
  return at + 2
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}
