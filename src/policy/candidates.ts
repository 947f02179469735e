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
    const withdrawn = kind === 'down' || kind === 'drain'
    return {
      target,
      standing: withdrawn ? 'down' : standingOf(verdict?.effective ?? 'unknown'),
      addresses: liveAddresses(target.addresses, verdict),
      withdrawn,
      insisted: kind === 'up',
      verdict,
    }
  })
}

/** Unknown is answered as up (fail open): an unmeasured target is not a dead one. */
function standingOf(effective: Status): Standing {
  return effective === 'unknown' ? 'up' : effective
}

/** Gets calls while others do, too. */
export function isLive({ standing }: Pick<Candidate, 'standing'>): boolean {
  return standing === 'up' || standing === 'degraded'
}

/**
 * Configuration order is kept. The addresses that are neither down nor draining; with none of them those that drain, which live; with none
 * of these all: the target is down, or an operator insists on it.
 */
function liveAddresses(configured: readonly string[], verdict: Verdict | undefined): readonly string[] {
  const statuses = new Map(verdict?.addresses.map(({ address, status }) => [address, status]))
  const among = (suits: (status: Status | undefined) => boolean) =>
    configured.filter((address) => suits(statuses.get(address)))
  const live = among((status) => status !== 'down' && status !== 'drain')
  if (live.length > 0) return live
  const draining = among((status) => status === 'drain')
  return draining.length > 0 ? draining : configured
}
