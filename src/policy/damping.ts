import type { DampingSettings, PoolSettings } from '../core/settings.ts'
import type { Status } from '../core/verdict.ts'
import { isLive } from './candidates.ts'
import type { Candidate, Damped, Merit, PolicyState } from './definition.ts'

/** What one flap costs; thresholds are told in the same unit (as routers do). */
const FLAP_PENALTY = 1000

type Merits = NonNullable<PolicyState['merits']>

export interface Dampened {
  readonly candidates: readonly Candidate[]
  readonly merits: Merits
}

/**
 * Route-flap damping (RFC 2439) for addresses: every time one gets worse its penalty grows by 1000; time halves it. Over `suppress` it is
 * held at the worst it came to, until its penalty has sunk to `reuse`; a flap meanwhile counts as well. So an address that keeps flapping
 * stays where it is, whatever its period: with the defaults (half-life 10 min, suppress 2000, reuse 750) a period of ten minutes or more is
 * never damped and makes 6 flaps an hour, and any shorter one is out for good after a few.
 *
 * | measured | suppressed | held at worst | counts as                                                  |
 * |----------|------------|---------------|------------------------------------------------------------|
 * | any      | no         | -             | what it is                                                 |
 * | any      | yes        | down          | left out; the target is down once it has no other address  |
 * | up       | yes        | degraded      | degraded                                                   |
 *
 * An operator's word comes before: an overridden target neither collects penalties nor is held. Nothing is learnt while blind.
 */
export function dampen(
  pool: PoolSettings,
  candidates: readonly Candidate[],
  previous: Merits,
  nowMs: number,
): Dampened {
  const { damping } = pool
  if (damping === undefined) return { candidates, merits: {} }
  const merits: Record<string, Merit> = {}
  const after = candidates.map((candidate) => {
    const { target, verdict } = candidate
    if (verdict === undefined) return candidate
    for (const { address, status } of verdict.addresses) {
      const key = meritKey(target.id, address)
      const before = Object.hasOwn(previous, key) ? previous[key] : undefined
      const rank = verdict.override === undefined ? rankOf(status) : (before?.rank ?? 0)
      const merit = nextMerit(before, rank, damping, nowMs)
      if (merit !== undefined) merits[key] = merit
    }
    return verdict.override === undefined ? hold(candidate, merits, nowMs) : candidate
  })
  return { candidates: after, merits }
}

/** The record after one more look; undefined when there is nothing to remember. */
export function nextMerit(
  kept: Merit | undefined,
  rank: Merit['rank'],
  damping: DampingSettings,
  nowMs: number,
): Merit | undefined {
  const { halfLifeMs, suppress, reuse, maxSuppressMs } = damping
  const before = bounded(kept, maxSuppressMs)
  if (before === undefined && rank === 0) return undefined
  const elapsedMs = Math.max(0, nowMs - (before?.atMs ?? nowMs))
  const decayed = (before?.penalty ?? 0) * 2 ** (-elapsedMs / halfLifeMs)
  const held = before?.untilMs !== undefined && before.untilMs > nowMs
  if (rank > (before?.rank ?? 0)) {
    // RFC 2439's ceiling: it lets the penalty sink to `reuse` within the longest time of suppression.
    const ceiling = reuse * 2 ** (maxSuppressMs / halfLifeMs)
    const penalty = Math.min(ceiling, decayed + FLAP_PENALTY)
    const worst = Math.max(before?.worst ?? 1, rank) as 1 | 2
    const record = { rank, worst, penalty, atMs: nowMs }
    if (!held && penalty <= suppress) return record
    return { ...record, untilMs: Math.ceil(nowMs + halfLifeMs * Math.log2(Math.max(1, penalty / reuse))) }
  }
  if (before === undefined) return undefined
  // Below half of `reuse` routers forget as well.
  if (rank === 0 && !held && decayed < reuse / 2) return undefined
  if (held || before.untilMs === undefined) return before.rank === rank ? before : { ...before, rank }
  const { untilMs: _, ...released } = before
  return { ...released, rank }
}

/** A reload may have made the longest time shorter; the millisecond is the one that `untilMs` was rounded up by. */
function bounded(merit: Merit | undefined, maxSuppressMs: number): Merit | undefined {
  if (merit?.untilMs === undefined || merit.untilMs <= merit.atMs + maxSuppressMs + 1) return merit
  return { ...merit, untilMs: Math.ceil(merit.atMs + maxSuppressMs) }
}

/** Epoch milliseconds of the next release; undefined: nobody is held. */
export function nextReleaseMs(merits: Merits, nowMs: number): number | undefined {
  let nextMs: number | undefined
  for (const { untilMs } of Object.values(merits)) {
    if (untilMs !== undefined && untilMs > nowMs) nextMs = Math.min(nextMs ?? untilMs, untilMs)
  }
  return nextMs
}

function hold(candidate: Candidate, merits: Merits, nowMs: number): Candidate {
  const { target, addresses, standing } = candidate
  const held = target.addresses.flatMap((address) => {
    const merit = merits[meritKey(target.id, address)]
    return merit?.untilMs !== undefined && merit.untilMs > nowMs
      ? [{ address, ...merit, untilMs: merit.untilMs }]
      : []
  })
  if (held.length === 0) return candidate
  const damped: Damped = {
    untilMs: Math.min(...held.map(({ untilMs }) => untilMs)),
    penalty: Math.round(Math.max(...held.map(({ penalty }) => penalty))),
    real: standing,
  }
  // Dead at every address: should it serve all the same (`reserve.ts`), none of them is known to be the better one.
  if (standing === 'down') return { ...candidate, damped }
  const out = new Set(held.filter(({ worst }) => worst === 2).map(({ address }) => address))
  const left = addresses.filter((address) => !out.has(address))
  if (left.length === 0) return { ...candidate, standing: 'down', damped }
  const demoted = isLive(candidate) && left.every((address) => held.some((each) => each.address === address))
  return { ...candidate, standing: demoted ? 'degraded' : standing, addresses: left, damped }
}

function rankOf(status: Status): Merit['rank'] {
  if (status === 'down' || status === 'drain') return 2
  return status === 'degraded' ? 1 : 0
}

function meritKey(target: string, address: string): string {
  return `${target} ${address}`
}
