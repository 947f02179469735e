import { randomBytes } from 'node:crypto'
import type { Clock, Random } from '../core/ports.ts'

/** Wall time that ignores steps of the system clock: a monotonic clock counted from the epoch time of the process's start. */
export const systemClock: Clock = {
  nowMs: () => performance.timeOrigin + performance.now(),
}

/** Picks that need no secrecy: weights, jitter. Identifiers on the wire are drawn from `node:crypto` instead. */
export const systemRandom: Random = {
  next: () => Math.random(),
}

/** A seed that differs on each start and each node, so that instances do not probe in step. */
export function startSeed(): number {
  return randomBytes(4).readUInt32LE()
}
