import type { Timers } from '../../core/ports.ts'
import type { AskContext } from '../definition.ts'

/** How a question ended without its own doing. */
export type Cut = { readonly kind: 'timeout' | 'aborted' }

/**
 * Runs one question within its budget: the first word counts, be it the question's own, the deadline's or the caller's.
 * `begin` is not called where the question was withdrawn already; it may settle at once. What it opened the caller closes afterwards.
 */
export function withinBudget<End>(
  context: Pick<AskContext, 'timeoutMs' | 'signal'>,
  timers: Timers,
  begin: (settle: (end: End) => void) => void,
): Promise<End | Cut> {
  const { signal, timeoutMs } = context
  if (signal?.aborted === true) return Promise.resolve({ kind: 'aborted' })
  return new Promise((resolve, reject) => {
    const settle = (end: End | Cut) => {
      cancel()
      signal?.removeEventListener('abort', abort)
      resolve(end)
    }
    const abort = () => settle({ kind: 'aborted' })
    const cancel = timers.after(timeoutMs, () => settle({ kind: 'timeout' }))
    signal?.addEventListener('abort', abort)
    try {
      begin(settle)
    } catch (error) {
      cancel()
      signal?.removeEventListener('abort', abort)
      reject(error instanceof Error ? error : new Error(String(error)))
    }
  })
}
