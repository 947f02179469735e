import { randomFillSync } from 'node:crypto'

const POOL_BYTES = 8192

/**
 * Bytes of the system's cryptographic source, drawn by the page: a call for each question is a tenth of a large monitor's CPU.
 * No byte is given out twice.
 */
export function pooledRandomBytes(): (count: number) => Uint8Array {
  let pool = new Uint8Array(0)
  let used = 0
  return (count) => {
    if (used + count > pool.length) {
      pool = randomFillSync(new Uint8Array(Math.max(POOL_BYTES, count)))
      used = 0
    }
    used += count
    return pool.subarray(used - count, used)
  }
}
