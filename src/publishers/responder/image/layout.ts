/**
 * How a zone's answers lie in memory that threads share. All numbers are 32-bit words in the machine's order; offsets count words from
 * the image's first, so an image means the same wherever it is put. Nothing in it changes once it is published.
 *
 * ```text
 * image   WORDS, LABELS, MASK, SLOTS, APEX                      then, in any order:
 * slots   [hash, node] a slot; node 0: empty                    open addressing, at most half full
 * name    octets, then the octets themselves, padded            canonical wire form
 * node    NAME, SOURCE, MISSING, OTHERWISE, TYPES, then [type, entry] a type
 * entry   count, then [up to, reply] a choice
 * reply   six packed words, [end, records] an optional RRset, relocations, the body's octets, a text's octets
 * ```
 */
export const IMAGE = { WORDS: 0, LABELS: 1, MASK: 2, SLOTS: 3, APEX: 4, HEADER: 5 } as const

export const NODE = { NAME: 0, SOURCE: 1, MISSING: 2, OTHERWISE: 3, TYPES: 4, HEADER: 5 } as const

/** The point up to which a choice is drawn, of `DRAW_SCALE` in all. */
export const DRAW_SCALE = 2 ** 30

/**
 * A reply's words, each of two halves (the upper one named second).
 *
 * | word     | lower 16 bits                | upper 16 bits             |
 * |----------|------------------------------|---------------------------|
 * | CODE     | RCODE, AA and `REDIRECTS` as bits 15 and 14 | octets of QNAME |
 * | COUNTS   | answers                      | authorities               |
 * | GLUE     | glue records                 | optional RRsets           |
 * | SIZE     | required octets              | octets of the whole body  |
 * | MOVES    | relocations                  | none                      |
 * | REMARK   | INFO-CODE, or `NO_REMARK`    | octets of its text        |
 */
export const REPLY = { CODE: 0, COUNTS: 1, GLUE: 2, SIZE: 3, MOVES: 4, REMARK: 5, HEADER: 6 } as const

/** There is no extended DNS error. */
export const NO_REMARK = 0xffff

export const AUTHORITATIVE = 0x8000
export const REDIRECTS = 0x4000

/** Images begin at multiples of this many octets, so that one word can say where any of them lies. */
export const GRANULE = 64

/** Bits of an address that count granules; those above choose the segment. */
const GRANULE_BITS = 18

/** The octets that addresses of one segment reach; an image that is larger has a segment to itself and begins at its start. */
export const SEGMENT_OCTETS = GRANULE * 2 ** GRANULE_BITS

/** Segments that an address can name: 128 GB in all. */
export const MAX_SEGMENTS = 2 ** (31 - GRANULE_BITS) - 1

/** Where an image lies, as one positive word. 0 is nowhere, for the first granule of all is never used. */
export function addressOf(segment: number, octet: number): number {
  return (segment << GRANULE_BITS) | (octet / GRANULE)
}

/** Number of the segment that an address lies in. */
export function segmentOf(address: number): number {
  return address >> GRANULE_BITS
}

/** Of the image's first octet in its segment. */
export function octetOf(address: number): number {
  return (address & (2 ** GRANULE_BITS - 1)) * GRANULE
}
