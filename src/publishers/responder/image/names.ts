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

/** The hash of a whole name in wire form, as `suffixHashes` gives it for label 0. */
export function hashName(name: Uint8Array): number {
  const starts: number[] = []
  for (let at = 0; name[at] !== 0 && at < name.length; at += (name[at] ?? 0) + 1) starts.push(at)
  let hash = SEED
  for (let label = starts.length - 1; label >= 0; label--) hash = hashLabel(hash, name, starts[label] ?? 0)
  return hash
}

/** Whether the canonical name stored at word `at` (octets, then the octets) is the one in `bytes` from `start` to `end`, in any case. */
export function sameName(
  words: Int32Array,
  octets: Uint8Array,
  at: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  const length = words[at] ?? 0
  if (length !== end - start) return false
  const from = (at + 1) * 4
  for (let i = 0; i < length; i++) if (octets[from + i] !== FOLD[bytes[start + i] ?? 0]) return false
  return true
}
