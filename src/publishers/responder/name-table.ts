/**
 * Looks names up by their octets as they came off the wire: no string is built for a query, and case does not matter (RFC 4343).
 * Open addressing over a power of two, at most half full. What goes in is configuration, so nobody can flood a chain from outside.
 */
export class NameTable<Value> {
  readonly #mask: number
  readonly #hashes: Int32Array
  readonly #keys: (Uint8Array | undefined)[]
  readonly #values: (Value | undefined)[]

  /** `entries` are canonical names in wire form, each once. */
  constructor(entries: readonly (readonly [name: Uint8Array, value: Value])[]) {
    let capacity = 8
    while (capacity < entries.length * 2) capacity *= 2
    this.#mask = capacity - 1
    this.#hashes = new Int32Array(capacity)
    this.#keys = new Array<Uint8Array | undefined>(capacity).fill(undefined)
    this.#values = new Array<Value | undefined>(capacity).fill(undefined)
    for (const [name, value] of entries) {
      const hash = hashName(name)
      let slot = hash & this.#mask
      while (this.#keys[slot] !== undefined) slot = (slot + 1) & this.#mask
      this.#hashes[slot] = hash
      this.#keys[slot] = name
      this.#values[slot] = value
    }
  }

  /** The value of the name that lies in `bytes` from `start` to `end`, root label included; `hash` is that of `suffixHashes`. */
  find(hash: number, bytes: Uint8Array, start: number, end: number): Value | undefined {
    let slot = hash & this.#mask
    for (;;) {
      const key = this.#keys[slot]
      if (key === undefined) return undefined
      if (this.#hashes[slot] === hash && sameName(key, bytes, start, end)) return this.#values[slot]
      slot = (slot + 1) & this.#mask
    }
  }
}

/** ASCII letters to lower case and nothing else (RFC 4343 section 3). Length octets are below 64 and pass unchanged. */
const FOLD = Uint8Array.from({ length: 256 }, (_, octet) =>
  octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet,
)

const SEED = 0x811c9dc5 | 0

/** One label more on the left of a suffix: FNV-1a over its length octet and its octets. */
function hashLabel(hash: number, bytes: Uint8Array, start: number): number {
  const end = start + (bytes[start] ?? 0)
  let h = hash
  for (let at = start; at <= end; at++) h = Math.imul(h ^ (FOLD[bytes[at] ?? 0] ?? 0), 0x01000193)
  // The low bits choose the slot: let the high ones take part.
  return h ^ (h >>> 15)
}

/**
 * The hashes of a name and all its suffixes, in one pass from the right: `into[i]` is that of the suffix which begins at label `i`,
 * `into[labels]` the root's. Starts are relative to `base`.
 */
export function suffixHashes(
  bytes: Uint8Array,
  base: number,
  starts: Uint8Array,
  labels: number,
  into: Int32Array,
): void {
  let hash = SEED
  into[labels] = hash
  for (let label = labels - 1; label >= 0; label--) {
    hash = hashLabel(hash, bytes, base + (starts[label] ?? 0))
    into[label] = hash
  }
}

function hashName(name: Uint8Array): number {
  const starts: number[] = []
  for (let at = 0; name[at] !== 0 && at < name.length; at += (name[at] ?? 0) + 1) starts.push(at)
  const hashes = new Int32Array(starts.length + 1)
  suffixHashes(name, 0, Uint8Array.from(starts), starts.length, hashes)
  return hashes[0] ?? SEED
}

function sameName(key: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (key.length !== end - start) return false
  for (let i = 0; i < key.length; i++) if (key[i] !== FOLD[bytes[start + i] ?? 0]) return false
  return true
}
