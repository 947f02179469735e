import type { Decision, Member } from '../core/decision.ts'
import type { Target } from '../core/target.ts'

/** A live target on its way into a decision, in the order of the configuration. */
export interface Seat {
  readonly target: Target
  readonly degraded: boolean
  /** The addresses to publish: the live ones, never empty. */
  readonly addresses: readonly string[]
}

/** Where a policy puts a live target, before failback and slow start have their say. */
export interface Place {
  readonly priority: number
  readonly weight: number
}

export interface Placed extends Seat, Place {}

/**
 * One way to spread calls. Pure. What all policies share (failback, slow start, all down, frozen, overrides) is
 * in `decide`; a policy says only where a live target belongs and who of the serving ones gets A and AAAA.
 */
export interface PolicyDefinition {
  readonly name: string
  /** What it does, in a sentence. */
  readonly summary: string
  readonly pick: Decision['pick']
  /** `tier`: A and AAAA come from one tier at a time, so that failback applies; `every`: from all live targets. */
  readonly serves: 'tier' | 'every'
  /** `tiers`: the distinct configured priorities, ascending. */
  place(seat: Seat, tiers: readonly number[]): Place
  /** Who of the serving tier (or of all, by `serves`) gets A and AAAA; not empty when `front` is not. */
  select(front: readonly Placed[]): readonly Placed[]
}

/** Everything that a pool answers with, without the words around it. */
export interface Serving {
  readonly members: readonly Member[]
  readonly active: readonly Member[]
}
