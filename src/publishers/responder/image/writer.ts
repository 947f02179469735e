import { encodeName } from '../../../wire/dns/name.ts'
import type { CompiledNode, CompiledZone } from '../compile-zone.ts'
import type { Entry } from '../entry.ts'
import type { Rendered } from '../render.ts'
import { AUTHORITATIVE, DRAW_SCALE, IMAGE, NO_REMARK, NODE, REDIRECTS, REPLY } from './layout.ts'
import { hashName } from './names.ts'
import { StoredReply } from './reply.ts'

/** Lays zones out as images, one after the other, in an array of its own that grows to the largest. */
export class ImageWriter {
  #words = new Int32Array(4_096)
  #length = 0
  /** What several nodes share is written once. */
  readonly #entries = new Map<Entry, number>()

  /** The image of `zone`; valid until the next one is written. */
  write(zone: CompiledZone): Int32Array {
    this.#length = 0
    this.#entries.clear()
    this.#reserve(IMAGE.HEADER)
    let capacity = 8
    while (capacity < zone.nodes.size * 2) capacity *= 2
    const slots = this.#reserve(capacity * 2)
    this.#words.fill(0, 0, this.#length)

    const placed = new Map<CompiledNode, number>()
    for (const node of zone.nodes.values()) {
      const name = encodeName(node.name)
      const at = this.#node(node, this.#octets(name), placed)
      placed.set(node, at)
      const hash = hashName(name)
      let slot = hash & (capacity - 1)
      while (this.#words[slots + slot * 2 + 1] !== 0) slot = (slot + 1) & (capacity - 1)
      this.#words[slots + slot * 2] = hash
      this.#words[slots + slot * 2 + 1] = at
    }
    const apex = this.#octets(encodeName(zone.zone.origin))
    const header = this.#words
    header[IMAGE.WORDS] = this.#length
    header[IMAGE.LABELS] = zone.labels
    header[IMAGE.MASK] = capacity - 1
    header[IMAGE.SLOTS] = slots
    header[IMAGE.APEX] = apex
    return this.#words.subarray(0, this.#length)
  }

  /** `reply` alone, at the first word. */
  writeReply(reply: Rendered): Int32Array {
    this.#length = 0
    this.#reply(reply)
    return this.#words.slice(0, this.#length)
  }

  #node(node: CompiledNode, name: number, placed: ReadonlyMap<CompiledNode, number>): number {
    // Entries first: what is reserved must not be interleaved with what they write.
    const types = [...node.byType].map(([type, entry]) => [type, this.#entry(entry)] as const)
    const missing = this.#entry(node.missing)
    const otherwise = this.#entry(node.otherwise)
    const source = node.source === undefined ? 0 : placed.get(node.source)
    if (source === undefined) throw new Error('a wildcard stands behind the name that it answers for')
    const at = this.#reserve(NODE.HEADER + types.length * 2)
    const words = this.#words
    words[at + NODE.NAME] = name
    words[at + NODE.SOURCE] = source
    words[at + NODE.MISSING] = missing
    words[at + NODE.OTHERWISE] = otherwise
    words[at + NODE.TYPES] = types.length
    let to = at + NODE.HEADER
    for (const [type, entry] of types) {
      words[to++] = type
      words[to++] = entry
    }
    return at
  }

  #entry(entry: Entry): number {
    const known = this.#entries.get(entry)
    if (known !== undefined) return known
    const replies = rendered(entry).map((reply) => this.#reply(reply))
    const at = this.#reserve(1 + replies.length * 2)
    const total = entry.upTo.at(-1) ?? 1
    this.#words[at] = replies.length
    for (const [i, reply] of replies.entries()) {
      this.#words[at + 1 + i * 2] = Math.round(((entry.upTo[i] ?? total) / total) * DRAW_SCALE)
      this.#words[at + 2 + i * 2] = reply
    }
    this.#entries.set(entry, at)
    return at
  }

  #reply(reply: Rendered): number {
    const { optionalEnds, optionalCounts, relocations, body } = reply
    const at = this.#reserve(REPLY.HEADER + optionalEnds.length * 2 + relocations.length)
    const words = this.#words
    words[at + REPLY.CODE] =
      reply.rcode |
      (reply.authoritative ? AUTHORITATIVE : 0) |
      (reply.redirects ? REDIRECTS : 0) |
      (reply.qnameOctets << 16)
    words[at + REPLY.COUNTS] = reply.answers | (reply.authorities << 16)
    words[at + REPLY.GLUE] = reply.glue | (optionalEnds.length << 16)
    words[at + REPLY.SIZE] = reply.required | (body.length << 16)
    words[at + REPLY.MOVES] = relocations.length
    words[at + REPLY.REMARK] = (reply.ede & NO_REMARK) | (reply.edeText.length << 16)
    let to = at + REPLY.HEADER
    for (const [i, end] of optionalEnds.entries()) {
      words[to++] = end
      words[to++] = optionalCounts[i] ?? 0
    }
    for (const relocation of relocations) words[to++] = relocation
    const start = this.#reserve((body.length + reply.edeText.length + 3) >> 2)
    const octets = new Uint8Array(this.#words.buffer)
    octets.set(body, start * 4)
    octets.set(reply.edeText, start * 4 + body.length)
    return at
  }

  /** A length in octets, and the octets. */
  #octets(octets: Uint8Array): number {
    const at = this.#reserve(1 + ((octets.length + 3) >> 2))
    this.#words[at] = octets.length
    new Uint8Array(this.#words.buffer).set(octets, (at + 1) * 4)
    return at
  }

  /** The first of `words` more words. */
  #reserve(words: number): number {
    const at = this.#length
    this.#length += words
    if (this.#length > this.#words.length) {
      const grown = new Int32Array(Math.max(this.#words.length * 2, this.#length))
      grown.set(this.#words)
      this.#words = grown
    }
    return at
  }
}

/** A reply that stands in no zone. */
export function storedReply(reply: Rendered): StoredReply {
  const words = new ImageWriter().writeReply(reply)
  const stored = new StoredReply()
  stored.point(words, new Uint8Array(words.buffer), 0)
  return stored
}

/** A set with values that no record can hold has no replies: whoever asks for it meets a fault of ours, and nobody else does. */
function rendered(entry: Entry): readonly Rendered[] {
  try {
    return entry.render()
  } catch (error) {
    if (error instanceof RangeError) return []
    throw error
  }
}
