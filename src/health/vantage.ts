import type { HealthState, HealthStatus } from '../core/health.ts'

/** One monitor's view: its health of an address by a probe, when it has one. */
export interface Vantage {
  readonly node: string
  readonly health: (probe: string, address: string) => HealthState | undefined
}

/** What all vantage points together hold of one address by one probe. */
export interface Poll {
  readonly status: HealthStatus
  /** Epoch milliseconds since when a sufficient part of the vantage points agrees; undefined while nothing is known. */
  readonly sinceMs: number | undefined
  /** Down by the server's own word alone: it asked for no new calls. */
  readonly draining: boolean
  /** Up, and most of those who say so find its answers worse than they may be. */
  readonly impaired: boolean
  /** Epoch milliseconds since most of them find so; undefined while they do not. */
  readonly impairedSinceMs: number | undefined
  /** Down, and nobody who says so has had an answer since: death and blindness look the same. */
  readonly silent: boolean
  /** Somebody's run points away from the status he holds. */
  readonly moving: boolean
  /** The most telling single view of those that hold the common status: the longest run of fails, or else of passes. */
  readonly spokesman: HealthState | undefined
}

/**
 * Votes over one probe of one address. Those that know nothing do not vote.
 *
 * | down votes against up votes | status  | because                                                      |
 * |-----------------------------|---------|--------------------------------------------------------------|
 * | none at all                 | unknown |                                                              |
 * | more                        | down    | a majority sees it                                           |
 * | as many                     | up      | withdrawing a live server costs more than naming a dead one  |
 * | fewer                       | up      | one monitor's trouble is its own                             |
 */
export function poll(vantages: readonly Vantage[], probe: string, address: string): Poll {
  const states: HealthState[] = []
  for (const vantage of vantages) {
    const state = vantage.health(probe, address)
    if (state !== undefined) states.push(state)
  }
  const downs = states.filter((state) => state.status === 'down')
  const ups = states.filter((state) => state.status === 'up')
  const known = downs.length + ups.length
  const status = known === 0 ? 'unknown' : downs.length > ups.length ? 'down' : 'up'
  const agreeing = status === 'down' ? downs : status === 'up' ? ups : states
  // A tie is up, so half of the votes is enough for up, and more than half is needed for down.
  const needed = status === 'down' ? Math.floor(known / 2) + 1 : Math.max(1, Math.ceil(known / 2))
  const sinceMs = agreeing.map((state) => state.sinceMs).sort((a, b) => a - b)[needed - 1]
  const worse = ups.filter(isImpaired)
  const impaired = status === 'up' && 2 * worse.length > ups.length
  const worseSinceMs = worse.map((state) => state.worseSinceMs ?? state.sinceMs).sort((a, b) => a - b)
  return {
    status,
    sinceMs,
    draining: status === 'down' && downs.every((state) => state.drainUntilMs !== undefined),
    impaired,
    impairedSinceMs: impaired ? worseSinceMs[Math.floor(ups.length / 2)] : undefined,
    silent: status === 'down' && downs.every(isSilent),
    moving: states.some(isMoving),
    spokesman: agreeing.reduce(moreTelling, undefined),
  }
}

function isImpaired(state: HealthState): boolean {
  return state.impaired === true || state.poor !== undefined
}

function isSilent(state: HealthState): boolean {
  return state.fails > 0 && state.hardFails === 0
}

function isMoving(state: HealthState): boolean {
  return state.status === 'down' ? state.passes > 0 : state.fails > 0
}

function moreTelling(best: HealthState | undefined, state: HealthState): HealthState {
  if (best === undefined) return state
  if (state.fails !== best.fails) return state.fails > best.fails ? state : best
  return state.passes > best.passes ? state : best
}
