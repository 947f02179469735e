import type { Bases, Decision, Member, Mode } from '../core/decision.ts'
import type { PoolSettings } from '../core/settings.ts'
import type { Target } from '../core/target.ts'
import type { Verdict } from '../core/verdict.ts'

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

/** What a pool answers with. `active` is a part of `members`. */
export interface Serving {
  readonly mode: Mode
  readonly members: readonly Member[]
  readonly active: readonly Member[]
}

/** How a target stands to the policy; unknown counts as up. `drain`: alive by its own word, and to be sent nothing new. */
export type Standing = 'up' | 'degraded' | 'drain' | 'down'

export interface Tenure {
  readonly standing: Standing
  /** Epoch milliseconds since the standing is what it is. */
  readonly sinceMs: number
  /** Epoch milliseconds of the return from down whose slow start is under way. */
  readonly returnedAtMs?: number
  /** Epoch milliseconds of the death whose handover is under way. */
  readonly leftAtMs?: number
}

/** How an address has behaved (RFC 2439's figure of merit). */
export interface Merit {
  /** 0: up; 1: degraded; 2: down or draining. As last measured. */
  readonly rank: 0 | 1 | 2
  /** The worst of it since the record began. */
  readonly worst: 1 | 2
  /** At `atMs`; halves with each half-life since. */
  readonly penalty: number
  /** Epoch milliseconds. */
  readonly atMs: number
  /** Epoch milliseconds until which it is held at `worst`; absent: it is not. */
  readonly untilMs?: number
}

/** A part of the pool that left or came back. */
export interface Shift {
  readonly atMs: number
  /** Of the pool's weight. */
  readonly percent: number
}

/** What a policy must remember from one decision to the next, over a restart too. Plain JSON. */
export interface PolicyState {
  /** Ids of the targets that A and AAAA named last, while any was live. */
  readonly incumbents: readonly string[]
  readonly tenures: Readonly<Record<string, Tenure>>
  /** What was answered last while we could see. */
  readonly served?: Serving
  /** What was answered last while any target was live. */
  readonly good?: Serving
  /** By target id and address; who never flapped has none. */
  readonly merits?: Readonly<Record<string, Merit>>
  /** Within the last minute; with `maxShift` only. */
  readonly shifts?: readonly Shift[]
  /** Who takes part in the answers, by target id, as far as `maxShift` let it come. */
  readonly admitted?: Readonly<Record<string, boolean>>
  /** Epoch milliseconds of the last change of whom A and AAAA name; with `holdDown` only. */
  readonly movedAtMs?: number
  readonly bases?: Bases
}

/** A configured target beside its verdict, in the order of the configuration. */
export interface Candidate {
  readonly target: Target
  readonly standing: Standing
  /** The addresses to publish while it is live: its live ones; all of them when an operator put it up against all evidence. */
  readonly addresses: readonly string[]
  /** An operator put it down or drains it. */
  readonly withdrawn: boolean
  /** An operator put it up. */
  readonly insisted: boolean
  /** Left out, or held to be degraded, for flapping. */
  readonly damped?: Damped
  /** `maxShift` keeps it where it was against what it stands for now. */
  readonly deferred?: 'in' | 'out'
  /** Absent where none was given yet. */
  readonly verdict: Verdict | undefined
}

export interface Damped {
  /** Epoch milliseconds: at least one of its addresses comes back then. */
  readonly untilMs: number
  readonly penalty: number
  /** How it stands as measured. */
  readonly real: Standing
}

/** What every part of a decision works on. */
export interface Round {
  readonly pool: PoolSettings
  readonly policy: PolicyDefinition
  readonly tiers: readonly number[]
  readonly candidates: readonly Candidate[]
  readonly nowMs: number
}
