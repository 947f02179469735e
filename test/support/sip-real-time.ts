import { performance } from 'node:perf_hooks'
import type { Clock, Timers } from '../../src/core/ports.ts'

/** The system's time, for tests that talk to programs which know no other. */
export const realTime: Clock & Timers = {
  nowMs: () => performance.timeOrigin + performance.now(),
  after(delayMs, fire) {
    const handle = setTimeout(fire, delayMs)
    return () => clearTimeout(handle)
  },
}

/** Resolves when `holds` does, looking again at every turn of the event loop; rejects after `limitMs` of real time. */
export async function until(holds: () => boolean, what: string, limitMs = 5000): Promise<void> {
  const endMs = performance.now() + limitMs
  while (!holds()) {
    if (performance.now() > endMs) throw new Error(`did not happen within ${limitMs} ms: ${what}`)
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
}
