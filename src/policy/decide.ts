import type { Decision } from '../core/decision.ts'
import type { PoolSettings } from '../core/settings.ts'
import type { Target } from '../core/target.ts'
import type { Verdict } from '../core/verdict.ts'
import { lastResort, serveAll } from './all-down.ts'
import { basesOf, frozenBases } from './bases.ts'
import { candidatesOf, isLive } from './candidates.ts'
import { dampen, nextReleaseMs } from './damping.ts'
import type { PolicyState, Round, Serving } from './definition.ts'
import { explain, type Grounds } from './explain.ts'
import { freeze } from './frozen.ts'
import { holdDown } from './hold-down.ts'
import { serveLive } from './live.ts'
import { panicOf } from './panic.ts'
import { policies } from './registry.ts'
import { reservesOf } from './reserve.ts'
import { limitShift } from './shift.ts'
import { updateTenures } from './tenure.ts'
import { tiersOf } from './tiers.ts'

export type { PolicyState } from './definition.ts'

export interface DecideContext {
  /** Epoch milliseconds. */
  readonly nowMs: number
  /** We have lost sight of everything: see `sightFrom`. */
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
 * What a pool's answers should say now. Pure: the same arguments give the same decision. First damping and `maxShift` say who of the
 * targets counts as live, then:
 *
 * | blind | live targets          | decision                                                       | mode             |
 * |-------|-----------------------|----------------------------------------------------------------|------------------|
 * | yes   | any                   | what was answered before (`frozen.ts`)                         | frozen           |
 * | no    | fewer than `minLive`  | every configured one (`panic.ts`)                              | last-resort      |
 * | no    | any                   | the policy's, with failback, slow start, handover and hold-down | normal, failover |
 * | no    | none, but a reserve   | who drains or was left out for flapping (`reserve.ts`)         | last-resort      |
 * | no    | none                  | the pool's `allDown` form (`all-down.ts`)                      | last-resort      |
 *
 * `verdicts` in the order of the configuration; throws for a policy name that no configuration passes.
 */
export function decide(
  configured: PoolSettings,
  view: string,
  verdicts: readonly Verdict[],
  previous: PolicyState | undefined,
  context: DecideContext,
): Decided {
  const pool = addressed(configured)
  const policy = policies.get(pool.policy)
  if (policy === undefined) throw new Error(`unknown policy ${pool.policy}`)
  const { nowMs } = context
  const measured = candidatesOf(pool, verdicts)
  const tiers = tiersOf(pool.targets)
  const overrideEndMs = earliestOf(measured.map(({ verdict }) => verdict?.override?.untilMs))

  if (context.blind) {
    // Nothing is learnt while blind: tenures, merits and incumbents stay as they were.
    const round: Round = { pool, policy, tiers, candidates: measured, nowMs }
    const state = previous ?? { incumbents: [], tenures: {} }
    const frozen = freeze(round, previous)
    return decided(round, frozen.serving, state, { frozen }, overrideEndMs)
  }

  const { candidates: dampened, merits } = dampen(pool, measured, previous?.merits ?? {}, nowMs)
  const { candidates, shifts, admitted, nextMs } = limitShift(pool, dampened, previous, nowMs)
  const round: Round = { pool, policy, tiers, candidates, nowMs }
  const tenures = updateTenures(previous?.tenures ?? {}, candidates, nowMs)
  const good = previous?.good
  const learnt = {
    tenures,
    ...(good === undefined ? {} : { good }),
    ...(pool.damping === undefined ? {} : { merits }),
    ...(pool.maxShiftPercent === undefined ? {} : { shifts, admitted }),
  }
  const laterMs = earliestOf([overrideEndMs, nextReleaseMs(merits, nowMs), nextMs])
  const incumbents = previous?.incumbents ?? []

  if (candidates.some(isLive)) {
    const panic = panicOf(pool, candidates)
    if (panic !== undefined) {
      const serving = serveAll(round)
      return decided(round, serving, stateOf(incumbents, serving, nowMs), { panic }, laterMs)
    }
    const live = serveLive(round, tenures, incumbents)
    const held = holdDown(round, live.serving, previous)
    const { serving, untilMs, movedAtMs } = held
    const active = serving.active.map((member) => member.target)
    const state = { ...stateOf(active, serving, movedAtMs), good: serving }
    return decided(round, serving, state, { live, held }, earliestOf([laterMs, live.nextMs, untilMs]))
  }
  const reserves = reservesOf(candidates)
  if (reserves !== undefined) {
    const live = serveLive({ ...round, candidates: reserves.candidates }, tenures, incumbents)
    const serving: Serving = { ...live.serving, mode: 'last-resort' }
    const active = serving.active.map((member) => member.target)
    const state = stateOf(active, serving, nowMs)
    return decided(
      round,
      serving,
      state,
      { live, reserve: reserves.reserve },
      earliestOf([laterMs, live.nextMs]),
    )
  }
  const resort = lastResort(round, good)
  return decided(round, resort.serving, stateOf([], resort.serving, nowMs), { resort }, laterMs)

  function stateOf(ids: readonly string[], served: Serving, movedAtMs: number | undefined): PolicyState {
    const moved = pool.holdDownMs === undefined || movedAtMs === undefined ? {} : { movedAtMs }
    return { incumbents: ids, ...learnt, served, ...moved }
  }

  function decided(
    round: Round,
    serving: Serving,
    state: PolicyState,
    grounds: Grounds,
    atMs: number | undefined,
  ): Decided {
    const bases =
      grounds.frozen === undefined
        ? basesOf(round, previous?.bases, grounds.live, grounds.held)
        : frozenBases(round, previous?.bases)
    const decision: Decision = {
      pool: pool.name,
      view,
      ...serving,
      pick: round.policy.pick,
      suspect:
        serving.mode === 'frozen' ||
        serving.mode === 'last-resort' ||
        grounds.live?.nextMs !== undefined ||
        grounds.held?.untilMs !== undefined ||
        round.candidates.some(({ deferred }) => deferred !== undefined) ||
        round.candidates.some(({ verdict }) => verdict?.suspect === true && verdict.override === undefined),
      bases,
      why: explain(round, grounds),
    }
    // Blind, we also forget nothing: who had the last word before still has it when we see again.
    const kept = grounds.frozen === undefined ? { ...state, bases } : state
    return { decision, state: kept, ...(atMs === undefined ? {} : { reviewAtMs: atMs }) }
  }

  function earliestOf(times: readonly (number | undefined)[]): number | undefined {
    const ahead = times.filter((atMs) => atMs !== undefined).filter((atMs) => atMs > nowMs)
    return ahead.length > 0 ? Math.min(...ahead) : undefined
  }
}

/** Without the targets whose address is not found yet: nobody can be sent there, so they are neither live nor dead. */
function addressed(pool: PoolSettings): PoolSettings {
  const known = ({ addresses }: Target) => addresses.length > 0
  return pool.targets.every(known) ? pool : { ...pool, targets: pool.targets.filter(known) }
}
