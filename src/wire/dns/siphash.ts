/** Octets of a key, and of the hash. */
export const SIPHASH_KEY = 16
export const SIPHASH_SIZE = 8

/** The four 64-bit words of state as halves: `v0` low, `v0` high, `v1` low … Filled anew by every call; one thread runs one at a time. */
const v = new Uint32Array(8)

/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012) of the first `length` octets of `message`, written to `out` at `at` as eight octets, least
 * significant first, which is how RFC 9018 section 4.4 wants it. `key` has sixteen octets. Leaves no garbage.
 */
export function sipHash24(
  key: Uint8Array,
  message: Uint8Array,
  length: number,
  out: Uint8Array,
  at: number,
): void {
  const k0 = word(key, 0)
  const k1 = word(key, 4)
  const k2 = word(key, 8)
  const k3 = word(key, 12)
  v[0] = k0 ^ 0x70736575
  v[1] = k1 ^ 0x736f6d65
  v[2] = k2 ^ 0x6e646f6d
  v[3] = k3 ^ 0x646f7261
  v[4] = k0 ^ 0x6e657261
  v[5] = k1 ^ 0x6c796765
  v[6] = k2 ^ 0x79746573
  v[7] = k3 ^ 0x74656462
  const whole = length - (length & 7)
  for (let from = 0; from < whole; from += 8) compress(word(message, from), word(message, from + 4))
  let low = 0
  let high = length << 24
  for (let i = 0; i < (length & 7); i++) {
    const octet = message[whole + i] ?? 0
    if (i < 4) low |= octet << (8 * i)
    else high |= octet << (8 * (i - 4))
  }
  compress(low, high)
  v[4] = (v[4] ?? 0) ^ 0xff
  for (let i = 0; i < 4; i++) round()
  put(out, at, (v[0] ?? 0) ^ (v[2] ?? 0) ^ (v[4] ?? 0) ^ (v[6] ?? 0))
  put(out, at + 4, (v[1] ?? 0) ^ (v[3] ?? 0) ^ (v[5] ?? 0) ^ (v[7] ?? 0))
}

function compress(low: number, high: number): void {
  v[6] = (v[6] ?? 0) ^ low
  v[7] = (v[7] ?? 0) ^ high
  round()
  round()
  v[0] = (v[0] ?? 0) ^ low
  v[1] = (v[1] ?? 0) ^ high
}

function round(): void {
  add(0, 2)
  turn(2, 13, 0)
  swap(0)
  add(4, 6)
  turn(6, 16, 4)
  add(0, 6)
  turn(6, 21, 0)
  add(4, 2)
  turn(2, 17, 4)
  swap(4)
}

/** Word `a` plus word `b`, modulo 2^64. */
function add(a: number, b: number): void {
  const low = (v[a] ?? 0) + (v[b] ?? 0)
  v[a] = low
  v[a + 1] = (v[a + 1] ?? 0) + (v[b + 1] ?? 0) + (low > 0xffffffff ? 1 : 0)
}

/** Word `a` turned left by fewer than 32 bits, then xor word `b`. */
function turn(a: number, bits: number, b: number): void {
  const low = v[a] ?? 0
  const high = v[a + 1] ?? 0
  v[a] = ((low << bits) | (high >>> (32 - bits))) ^ (v[b] ?? 0)
  v[a + 1] = ((high << bits) | (low >>> (32 - bits))) ^ (v[b + 1] ?? 0)
}

/** Word `a` turned left by 32 bits. */
function swap(a: number): void {
  const low = v[a] ?? 0
  v[a] = v[a + 1] ?? 0
  v[a + 1] = low
}

function word(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24)
  )
}

function put(out: Uint8Array, at: number, value: number): void {
  out[at] = value & 0xff
  out[at + 1] = (value >>> 8) & 0xff
  out[at + 2] = (value >>> 16) & 0xff
  out[at + 3] = value >>> 24
}
