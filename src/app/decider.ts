import { isDeepStrictEqual } from 'node:util'
import type { Decision } from '../core/decision.ts'
import { PagedMap } from '../core/paged-map.ts'
import type { Verdict } from '../core/verdict.ts'
import { judge } from '../health/verdict.ts'
import { decide, type PolicyState } from '../policy/decide.ts'
import { brokenDependencies } from './dependencies.ts'
import { type Evidence, reservationsOn, vantageOf } from './evidence.ts'
import { type Audience, narrateDecision, narrateVerdicts } from './narrate.ts'
import { earlier } from './reviews.ts'
import type { View } from './roster.ts'

export interface Review {
  /** What answers carry is no longer what it was. */
  readonly moved: boolean
  /** Time alone will change the decision at this moment, in epoch milliseconds. */
  readonly againAtMs?: number
}

/** Judges the targets of a view and decides; keeps the last verdicts, the last decision and the policy's state of each view. */
export class Decider {
  readonly #audience: Audience
  readonly #policy: Map<string, PolicyState>
  readonly #verdicts = new Map<string, readonly Verdict[]>()
  readonly #decisions = new Map<string, Decision>()
  /** As they were told last, and what moved since then. */
  #told: PagedMap<string, Decision> = PagedMap.of(new Map())
  #untold: Map<string, Decision> | 'anew' = 'anew'

  constructor(policy: ReadonlyMap<string, PolicyState>, audience: Audience) {
    this.#policy = new Map(policy)
    this.#audience = audience
  }

  /** As they are now: an immutable map, made of the last one at the cost of what moved. */
  get decisions(): ReadonlyMap<string, Decision> {
    this.#told = this.#untold === 'anew' ? PagedMap.of(this.#decisions) : this.#told.with(this.#untold)
    this.#untold = new Map()
    return this.#told
  }

  decisionOf(viewKey: string): Decision | undefined {
    return this.#decisions.get(viewKey)
  }

  verdictsOf(viewKey: string): readonly Verdict[] {
    return this.#verdicts.get(viewKey) ?? []
  }

  /** Not a copy: it moves on with the decisions. */
  get policyStates(): ReadonlyMap<string, PolicyState> {
    return this.#policy
  }

  /** Forgets the views that a new configuration does not have. */
  keepOnly(views: ReadonlyMap<string, unknown>): void {
    for (const map of [this.#policy, this.#verdicts, this.#decisions]) {
      for (const key of map.keys()) if (!views.has(key)) map.delete(key)
    }
    this.#untold = 'anew'
  }

  hasDecided(views: readonly View[]): boolean {
    return views.every(({ key }) => this.#decisions.has(key))
  }

  /** All views of one pool, the one that depends on all its probes first. */
  reviewAll(views: readonly View[], evidence: Evidence): Review {
    let moved = false
    let againAtMs: number | undefined
    for (const [index, view] of views.entries()) {
      const review = this.#review(view, evidence, index === 0)
      moved ||= review.moved
      againAtMs = earlier(againAtMs, review.againAtMs)
    }
    return againAtMs === undefined ? { moved } : { moved, againAtMs }
  }

  /** `whole`: the view depends on all probes of its pool; its verdicts are those that the log tells. */
  #review(view: View, evidence: Evidence, whole: boolean): Review {
    const verdicts = this.#judge(view, evidence)
    if (whole) narrateVerdicts(this.#audience, view.pool.name, this.#verdicts.get(view.key), verdicts)
    this.#verdicts.set(view.key, verdicts)
    const { nowMs, blind } = evidence
    const previous = this.#policy.get(view.key)
    const { decision, state, reviewAtMs } = decide(view.pool, view.name, verdicts, previous, { nowMs, blind })
    this.#policy.set(view.key, state)
    const before = this.#decisions.get(view.key)
    this.#decisions.set(view.key, decision)
    if (this.#untold !== 'anew') this.#untold.set(view.key, decision)
    const moved = before === undefined || !isDeepStrictEqual(served(before), served(decision))
    if (moved && before !== undefined) narrateDecision(this.#audience, before, decision, whole)
    const againAtMs = earlier(reviewAtMs, overrideEndMs(view, evidence))
    return againAtMs === undefined ? { moved } : { moved, againAtMs }
  }

  #judge(view: View, evidence: Evidence): Verdict[] {
    const { overrides, nowMs } = evidence
    const broken = brokenDependencies(view.pool, evidence)
    return view.pool.targets.map((target) =>
      judge({
        target,
        probes: view.judged,
        vantages: [vantageOf(evidence, target.id)],
        override: overrides.get(target.id),
        broken: broken(target),
        reservations: reservationsOn(target, evidence),
        nowMs,
      }),
    )
  }
}

/** The part of a decision that answers carry. */
function served(decision: Decision): Omit<Decision, 'why'> {
  const { why: _, ...rest } = decision
  return rest
}

function overrideEndMs(view: View, { overrides, nowMs }: Evidence): number | undefined {
  let endMs: number | undefined
  for (const target of view.pool.targets) {
    const untilMs = overrides.get(target.id)?.untilMs
    if (untilMs !== undefined && untilMs > nowMs) endMs = earlier(endMs, untilMs)
  }
  return endMs
}
