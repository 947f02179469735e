import type { Clock } from '../core/ports.ts'

/**
 * Wall time as the system has it now, steps included: a far end compares the time of a signature with its own. Our clock elsewhere counts
 * from the start of the process, and a host without a battery may not have known the time yet.
 */
export const timeOfDay: Clock = { nowMs: () => Date.now() }
