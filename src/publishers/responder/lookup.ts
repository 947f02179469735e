import { TYPE } from '../../wire/dns/constants.ts'
import { HEADER, MAX_LABELS, type Query } from '../../wire/dns/query.ts'
import type { CompiledSnapshot } from './compile.ts'
import type { CompiledZone } from './compile-zone.ts'
import type { Entry } from './entry.ts'
import { suffixHashes } from './name-table.ts'

/** Filled anew by every look-up; one thread runs one at a time. */
const hashes = new Int32Array(MAX_LABELS + 1)

/**
 * What the last look-up was about, as hashes: its zone, and the closest name in it that exists (all names that a wildcard makes up are one).
 * The rate limiter counts by them.
 */
export const subject = { zone: 0, name: 0 }

/**
 * What `view` has to say to a query of class IN; undefined: its name is in no zone served here.
 * Walks only labels that are there: the cost is that of the name's length, whatever the number of zones and names.
 */
export function lookup(view: CompiledSnapshot, bytes: Uint8Array, query: Query): Entry | undefined {
  suffixHashes(bytes, HEADER, query.labelStarts, query.labels, hashes)
  let zone = zoneFrom(view, bytes, query, 0)
  if (zone === undefined) return undefined
  // RFC 4035 section 3.1.4.1: DS of a zone is its parent's to answer, where the parent is served here too.
  if (query.qtype === TYPE.DS && zone.labels === query.labels) zone = zoneFrom(view, bytes, query, 1) ?? zone

  const last = query.labels - zone.labels
  for (let label = 0; label <= last; label++) {
    const node = zone.names.find(hashes[label] ?? 0, bytes, startOf(query, label), query.nameEnd)
    if (node === undefined) continue
    subject.zone = hashes[last] ?? 0
    subject.name = hashes[label] ?? 0
    const speaker = label === 0 ? node : node.source
    if (speaker === undefined) return node.missing
    const whole = speaker.leaves ? (view.linked.get(speaker) ?? speaker) : speaker
    return whole.byType.get(query.qtype) ?? whole.otherwise
  }
  return undefined
}

/** The zone with the longest apex among QNAME's suffixes from label `from` on. */
function zoneFrom(
  view: CompiledSnapshot,
  bytes: Uint8Array,
  query: Query,
  from: number,
): CompiledZone | undefined {
  for (let label = from; label <= query.labels; label++) {
    if (view.apexDepths[query.labels - label] !== 1) continue
    const zone = view.apexes.find(hashes[label] ?? 0, bytes, startOf(query, label), query.nameEnd)
    if (zone !== undefined) return zone
  }
  return undefined
}

/** Offset of the suffix that begins at `label`; past the last one that is the root's. */
function startOf(query: Query, label: number): number {
  return label < query.labels ? HEADER + (query.labelStarts[label] ?? 0) : query.nameEnd - 1
}
