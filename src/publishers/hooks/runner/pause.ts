import type { Timers } from '../../../core/ports.ts'

/** Waits `delayMs` milliseconds. True when they passed, false as soon as `signal` is aborted. Leaves no timer behind. */
export function pause(timers: Timers, delayMs: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false)
  return new Promise((resolve) => {
    const leave = () => {
      cancel()
      resolve(false)
    }
    const cancel = timers.after(delayMs, () => {
      signal.removeEventListener('abort', leave)
      resolve(true)
    })
    signal.addEventListener('abort', leave, { once: true })
  })
}
