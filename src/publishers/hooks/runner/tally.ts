/** What came of a run: `stopped` by a newer event or by us. */
export type RunResult = 'ran' | 'failed' | 'stopped'

/** What one hook has done since the start of the process; counts only grow. */
export interface HookTally {
  readonly runs: Record<RunResult, number>
  /** Attempts after the first of a run. */
  retries: number
  /** Runs that waited for the rate limit. */
  limited: number
  /** Events overtaken by a newer one of the same pool. */
  passedOver: number
  /** Events that found the queue full. */
  dropped: number
  /** Milliseconds spent in runs, pauses between attempts included. */
  totalMs: number
}

export function emptyTally(): HookTally {
  return {
    runs: { ran: 0, failed: 0, stopped: 0 },
    retries: 0,
    limited: 0,
    passedOver: 0,
    dropped: 0,
    totalMs: 0,
  }
}
