/** Octets of a key, and of the hash. */
export const SIPHASH_KEY = 16
export const SIPHASH_SIZE = 8

/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012) of the first `length` octets of `message`, written to `out` at `at` as eight octets, least
 * significant first, which is how RFC 9018 section 4.4 wants it. `key` has sixteen octets. Leaves no garbage.
 *
 * A 64-bit word is two numbers of 32 bits, `l` the lower: most resolvers send cookies, so this stands in the way of every other query, and
 * BigInt or an array of words would make it five times as slow.
 */
export function sipHash24(
  key: Uint8Array,
  message: Uint8Array,
  length: number,
  out: Uint8Array,
  at: number,
): void {
  let v0l = word(key, 0) ^ 0x70736575
  let v0h = word(key, 4) ^ 0x736f6d65
  let v1l = word(key, 8) ^ 0x6e646f6d
  let v1h = word(key, 12) ^ 0x646f7261
  let v2l = word(key, 0) ^ 0x6e657261
  let v2h = word(key, 4) ^ 0x6c796765
  let v3l = word(key, 8) ^ 0x79746573
  let v3h = word(key, 12) ^ 0x74656462
  const last = length >> 3
  // One turn a whole word of the message, one for its rest and length, one to end with.
  for (let turn = 0; turn <= last + 1; turn++) {
    let ml = 0
    let mh = 0
    let rounds = 2
    if (turn < last) {
      ml = word(message, turn * 8)
      mh = word(message, turn * 8 + 4)
    } else if (turn === last) {
      mh = length << 24
      for (let i = 0; i < (length & 7); i++) {
        const octet = message[last * 8 + i] ?? 0
        if (i < 4) ml |= octet << (8 * i)
        else mh |= octet << (8 * (i - 4))
      }
    } else {
      v2l ^= 0xff
      rounds = 4
    }
    v3l ^= ml
    v3h ^= mh
    for (; rounds > 0; rounds--) {
      let sum = (v0l >>> 0) + (v1l >>> 0)
      v0h = (v0h + v1h + (sum > 0xffffffff ? 1 : 0)) | 0
      v0l = sum | 0
      let high = v1h
      v1h = ((v1h << 13) | (v1l >>> 19)) ^ v0h
      v1l = ((v1l << 13) | (high >>> 19)) ^ v0l
      high = v0h
      v0h = v0l
      v0l = high
      sum = (v2l >>> 0) + (v3l >>> 0)
      v2h = (v2h + v3h + (sum > 0xffffffff ? 1 : 0)) | 0
      v2l = sum | 0
      high = v3h
      v3h = ((v3h << 16) | (v3l >>> 16)) ^ v2h
      v3l = ((v3l << 16) | (high >>> 16)) ^ v2l
      sum = (v0l >>> 0) + (v3l >>> 0)
      v0h = (v0h + v3h + (sum > 0xffffffff ? 1 : 0)) | 0
      v0l = sum | 0
      high = v3h
      v3h = ((v3h << 21) | (v3l >>> 11)) ^ v0h
      v3l = ((v3l << 21) | (high >>> 11)) ^ v0l
      sum = (v2l >>> 0) + (v1l >>> 0)
      v2h = (v2h + v1h + (sum > 0xffffffff ? 1 : 0)) | 0
      v2l = sum | 0
      high = v1h
      v1h = ((v1h << 17) | (v1l >>> 15)) ^ v2h
      v1l = ((v1l << 17) | (high >>> 15)) ^ v2l
      high = v2h
      v2h = v2l
      v2l = high
    }
    v0l ^= ml
    v0h ^= mh
  }
  put(out, at, v0l ^ v1l ^ v2l ^ v3l)
  put(out, at + 4, v0h ^ v1h ^ v2h ^ v3h)
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
