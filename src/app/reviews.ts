import type { Timers } from '../core/ports.ts'

/** The one review of each pool that time alone will bring: the end of a failback delay, of a slow start, of an override. */
export class Reviews {
  readonly #timers: Timers
  readonly #due: (pool: string) => void
  readonly #cancels = new Map<string, () => void>()

  constructor(timers: Timers, due: (pool: string) => void) {
    this.#timers = timers
    this.#due = due
  }

  /** The pool is due at `atMs` (epoch milliseconds) instead of when it was before; never where that is undefined. */
  plan(pool: string, atMs: number | undefined, nowMs: number): void {
    this.#cancel(pool)
    if (atMs === undefined) return
    // Never at once: a deadline that has passed already must not keep the engine from anything else.
    const cancel = this.#timers.after(Math.max(1, atMs - nowMs), () => this.#due(pool))
    this.#cancels.set(pool, cancel)
  }

  keepOnly(pools: { has(pool: string): boolean }): void {
    for (const pool of [...this.#cancels.keys()]) if (!pools.has(pool)) this.#cancel(pool)
  }

  stop(): void {
    for (const pool of [...this.#cancels.keys()]) this.#cancel(pool)
  }

  #cancel(pool: string): void {
    this.#cancels.get(pool)?.()
    this.#cancels.delete(pool)
  }
}

/** The earlier of two moments, either of which may never come. */
export function earlier(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return Math.min(a, b)
}
