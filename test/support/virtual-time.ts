import type { Clock, Random, Timers } from '../../src/core/ports.ts'

interface Deadline {
  readonly atMs: number
  readonly order: number
  readonly fire: () => void
}

/** Time that moves only when told to; starts at zero, fires deadlines in order. */
export class VirtualTime implements Clock, Timers {
  #nowMs: number
  #order = 0
  readonly #deadlines = new Set<Deadline>()

  constructor(startMs = 0) {
    this.#nowMs = startMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  after(delayMs: number, fire: () => void): () => void {
    const deadline = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, fire }
    this.#deadlines.add(deadline)
    return () => this.#deadlines.delete(deadline)
  }

  get pending(): number {
    return this.#deadlines.size
  }

  /** Moves on by `ms`, letting promises settle after each deadline. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms
    await settle()
    for (;;) {
      const next = [...this.#deadlines]
        .filter((deadline) => deadline.atMs <= endMs)
        .sort((a, b) => a.atMs - b.atMs || a.order - b.order)[0]
      if (next === undefined) break
      this.#deadlines.delete(next)
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.fire()
      await settle()
    }
    this.#nowMs = endMs
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

/** A small deterministic generator (mulberry32): the same seed gives the same run. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0
      let t = state
      t = Math.imul(t ^ (t >>> 15), t | 1)
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296
    },
  }
}
