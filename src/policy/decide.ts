import type { Decision } from '../core/decision.ts'
import type { PoolSettings } from '../core/settings.ts'
import type { Verdict } from '../core/verdict.ts'
import { lastResort } from './all-down.ts'
import { candidatesOf } from './candidates.ts'
import type { PolicyState, Round, Serving } from './definition.ts'
import { explain, type Grounds } from './explain.ts'
import { freeze } from './frozen.ts'
import { serveLive } from './live.ts'
import { policies } from './registry.ts'
import { updateTenures } from './tenure.ts'
import { tiersOf } from './tiers.ts'

export type { PolicyState } from './definition.ts'

export interface DecideContext {
  /** Epoch milliseconds. */
  readonly nowMs: number
  /** We have lost sight of everything: see `sightOf`. */
  readonly blind: boolean
}

export interface Decided {
  readonly decision: Decision
  /** To be given back with the next call for the same view. */
  readonly state: PolicyState
  /** Epoch milliseconds, after now: the decision may be another then, even if no verdict moves. */
  readonly reviewAtMs?: number
}

/**
 * What a pool's answers should say now. Pure: the same arguments give the same decision.
 *
 * | blind | a live target | decision                                          | mode             |
 * |-------|---------------|---------------------------------------------------|------------------|
 * | yes   | any           | what was answered before (`frozen.ts`)            | frozen           |
 * | no    | yes           | the policy's, with failback and slow start        | normal, failover |
 * | no    | no            | the pool's `allDown` form (`all-down.ts`)         | last-resort      |
 *
 * `verdicts` in the order of the configuration; throws for a policy name that no configuration passes.
 */
export function decide(
  pool: PoolSettings,
  view: string,
  verdicts: readonly Verdict[],
  previous: PolicyState | undefined,
  context: DecideContext,
): Decided {
  const policy = policies.get(pool.policy)
  if (policy === undefined) throw new Error(`unknown policy ${pool.policy}`)
  const { nowMs } = context
  const candidates = candidatesOf(pool, verdicts)
  const round: Round = { pool, policy, tiers: tiersOf(pool.targets), candidates, nowMs }
  const overrideEndMs = earliestOf(candidates.map(({ verdict }) => verdict?.override?.untilMs))

  if (context.blind) {
    // Nothing is learnt while blind: tenures and incumbents stay as they were.
    const state = previous ?? { incumbents: [], tenures: {} }
    const frozen = freeze(round, previous)
    return decided(frozen.serving, state, { frozen }, overrideEndMs)
  }

  const tenures = updateTenures(previous?.tenures ?? {}, candidates, nowMs)
  const good = previous?.good
  if (candidates.every(({ standing }) => standing === 'down')) {
    const resort = lastResort(round, good)
    const state = { incumbents: [], tenures, served: resort.serving, ...(good === undefined ? {} : { good }) }
    return decided(resort.serving, state, { resort }, overrideEndMs)
  }
  const live = serveLive(round, tenures, previous?.incumbents ?? [])
  const { serving } = live
  const incumbents = serving.active.map((member) => member.target)
  return decided(
    serving,
    { incumbents, tenures, served: serving, good: serving },
    { live },
    earliestOf([overrideEndMs, live.nextMs]),
  )

  function decided(
    serving: Serving,
    state: PolicyState,
    grounds: Grounds,
    atMs: number | undefined,
  ): Decided {
    const decision: Decision = {
      pool: pool.name,
      view,
      ...serving,
      pick: round.policy.pick,
      suspect:
        serving.mode === 'frozen' ||
        serving.mode === 'last-resort' ||
        grounds.live?.nextMs !== undefined ||
        candidates.some(({ verdict }) => verdict?.suspect === true && verdict.override === undefined),
      why: explain(round, grounds),
    }
    return { decision, state, ...(atMs === undefined ? {} : { reviewAtMs: atMs }) }
  }

  function earliestOf(times: readonly (number | undefined)[]): number | undefined {
    const ahead = times.filter((atMs) => atMs !== undefined).filter((atMs) => atMs > nowMs)
    return ahead.length > 0 ? Math.min(...ahead) : undefined
  }
}
