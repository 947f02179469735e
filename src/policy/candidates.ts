import type { PoolSettings } from '../core/settings.ts'
import type { Status, Verdict } from '../core/verdict.ts'
import type { Candidate, Standing } from './definition.ts'

/**
 * Pairs the configured targets with their verdicts. A target without a verdict (just configured) is unknown; a verdict without a
 * target (just removed) is passed over.
 */
export function candidatesOf(pool: PoolSettings, verdicts: readonly Verdict[]): readonly Candidate[] {
  const byTarget = new Map(verdicts.map((verdict) => [verdict.target, verdict]))
  return pool.targets.map((target) => {
    const verdict = byTarget.get(target.id)
    const kind = verdict?.override?.kind
    return {
      target,
      standing: standingOf(verdict?.effective ?? 'unknown'),
      addresses: liveAddresses(target.addresses, verdict),
      withdrawn: kind === 'down' || kind === 'drain',
      insisted: kind === 'up',
      verdict,
    }
  })
}

/** Unknown is answered as up (fail open): an unmeasured target is not a dead one. */
function standingOf(effective: Status): Standing {
  return effective === 'unknown' ? 'up' : effective
}

/** Configuration order is kept. None live: the target is down, or an operator insists on it; then all are named. */
function liveAddresses(configured: readonly string[], verdict: Verdict | undefined): readonly string[] {
  const dead = new Set(
    verdict?.addresses.filter(({ status }) => status === 'down').map(({ address }) => address) ?? [],
  )
  const live = configured.filter((address) => !dead.has(address))
  return live.length > 0 ? live : configured
}
