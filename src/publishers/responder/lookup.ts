import type { Random } from '../../core/ports.ts'
import { TYPE } from '../../wire/dns/constants.ts'
import { HEADER, MAX_LABELS, type Query } from '../../wire/dns/query.ts'
import { DRAW_SCALE, IMAGE, NODE, octetOf, segmentOf } from './image/layout.ts'
import { sameName, suffixHashes } from './image/names.ts'
import type { StoredReply } from './image/reply.ts'
import type { ImageView } from './image/view.ts'

/** Filled anew by every look-up; one thread runs one at a time. */
const hashes = new Int32Array(MAX_LABELS + 1)

/**
 * What the last look-up was about, as hashes: its zone, and the closest name in it that exists (all names that a wildcard makes up are
 * one). The rate limiter counts by them.
 */
export const subject = { zone: 0, name: 0 }

/**
 * Points `reply` at what `view` has to say to a query of class IN; false: its name is in no zone served here.
 * Walks only labels that are there: the cost is that of the name's length, whatever the number of zones and names.
 */
export function lookup(
  view: ImageView,
  bytes: Uint8Array,
  query: Query,
  random: Random,
  reply: StoredReply,
): boolean {
  suffixHashes(bytes, HEADER, query.labelStarts, query.labels, hashes)
  let address = zoneFrom(view, bytes, query, 0)
  if (address === 0) return false
  // RFC 4035 section 3.1.4.1: DS of a zone is its parent's to answer, where the parent is served here too.
  if (query.qtype === TYPE.DS && labelsOf(view, address) === query.labels)
    address = zoneFrom(view, bytes, query, 1) || address

  const words = view.wordsOf(segmentOf(address))
  const octets = view.octetsOf(segmentOf(address))
  const base = octetOf(address) >> 2
  const entry = entryIn(words, octets, base, bytes, query)
  if (entry === 0) throw new Error('a zone without its apex')
  reply.point(words, octets, base + draw(words, base + entry, random))
  return true
}

/** The entry, as an offset from `base`, that speaks of the closest name that exists; 0: none does. */
function entryIn(
  words: Int32Array,
  octets: Uint8Array,
  base: number,
  bytes: Uint8Array,
  query: Query,
): number {
  const mask = words[base + IMAGE.MASK] ?? 0
  const slots = base + (words[base + IMAGE.SLOTS] ?? 0)
  const last = query.labels - (words[base + IMAGE.LABELS] ?? 0)
  for (let label = 0; label <= last; label++) {
    const hash = hashes[label] ?? 0
    const start = startOf(query, label)
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const offset = words[slots + slot * 2 + 1] ?? 0
      if (offset === 0) break
      if (words[slots + slot * 2] !== hash) continue
      const node = base + offset
      const name = base + (words[node + NODE.NAME] ?? 0)
      if (!sameName(words, octets, name, bytes, start, query.nameEnd)) continue
      subject.name = hash
      if (label === 0) return typeIn(words, node, query.qtype)
      const source = words[node + NODE.SOURCE] ?? 0
      return source === 0 ? (words[node + NODE.MISSING] ?? 0) : typeIn(words, base + source, query.qtype)
    }
  }
  return 0
}

function typeIn(words: Int32Array, node: number, qtype: number): number {
  const end = node + NODE.HEADER + (words[node + NODE.TYPES] ?? 0) * 2
  for (let at = node + NODE.HEADER; at < end; at += 2) if (words[at] === qtype) return words[at + 1] ?? 0
  return words[node + NODE.OTHERWISE] ?? 0
}

/** The reply that this response carries, as an offset from the image's start. */
function draw(words: Int32Array, entry: number, random: Random): number {
  const choices = words[entry] ?? 0
  if (choices === 0) throw new Error('no record can hold what the zone says here')
  let at = entry + 1
  if (choices > 1) {
    const point = random.next() * DRAW_SCALE
    const last = entry + choices * 2 - 1
    while (at < last && point >= (words[at] ?? 0)) at += 2
  }
  return words[at + 1] ?? 0
}

/** The address of the zone with the longest apex among QNAME's suffixes from label `from` on; 0: none. */
function zoneFrom(view: ImageView, bytes: Uint8Array, query: Query, from: number): number {
  const { directory } = view
  for (let label = from; label <= query.labels; label++) {
    if (!directory.hasDepth(query.labels - label)) continue
    const hash = hashes[label] ?? 0
    for (let slot = directory.firstSlot(hash); ; slot = directory.nextSlot(slot)) {
      const address = directory.at(slot, hash)
      if (address === 0) break
      if (address < 0 || !isApex(view, address, bytes, startOf(query, label), query.nameEnd)) continue
      subject.zone = hash
      return address
    }
  }
  return 0
}

function isApex(view: ImageView, address: number, bytes: Uint8Array, start: number, end: number): boolean {
  const words = view.wordsOf(segmentOf(address))
  const base = octetOf(address) >> 2
  return sameName(
    words,
    view.octetsOf(segmentOf(address)),
    base + (words[base + IMAGE.APEX] ?? 0),
    bytes,
    start,
    end,
  )
}

function labelsOf(view: ImageView, address: number): number {
  return view.wordsOf(segmentOf(address))[(octetOf(address) >> 2) + IMAGE.LABELS] ?? 0
}

/** Offset of the suffix that begins at `label`; past the last one that is the root's. */
function startOf(query: Query, label: number): number {
  return label < query.labels ? HEADER + (query.labelStarts[label] ?? 0) : query.nameEnd - 1
}
