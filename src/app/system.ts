import { readFileSync } from 'node:fs'
import type { Clock, Random } from '../core/ports.ts'

const originMs = performance.timeOrigin

/** Wall time that ignores steps of the system clock: a monotonic clock counted from the epoch time of the process's start. */
export const systemClock: Clock = {
  nowMs: () => originMs + performance.now(),
}

/** Picks that need no secrecy: weights, jitter. Identifiers on the wire are drawn from `node:crypto` instead. */
export const systemRandom: Random = {
  next: () => Math.random(),
}

const ASSUMED_FILES = 1024

/**
 * Sockets that probes may hold at once: most of the files that the system lets this process open (Node raises its soft limit to the hard
 * one), the rest is for DNS, logs and state. Linux tells by /proc; elsewhere little is assumed.
 */
export function socketBudget(limits = readLimits()): number {
  const row = /^Max open files\s+(\d+|unlimited)/m.exec(limits)
  const files = row?.[1] === 'unlimited' ? Number.POSITIVE_INFINITY : Number(row?.[1] ?? ASSUMED_FILES)
  return Math.min(1_000_000, Math.max(64, Math.floor(files * 0.8)))
}

function readLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'latin1')
  } catch {
    return ''
  }
}
