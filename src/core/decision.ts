import type { TargetId } from './brand.ts'

export type Mode = 'normal' | 'failover' | 'last-resort' | 'frozen'

/** One target that a pool's answers name, with the priority and weight it has now. */
export interface Member {
  readonly target: TargetId
  /** The target's own name within its pool. */
  readonly name: string
  /** The addresses that are published for it, in the order of the configuration; never empty. */
  readonly addresses: readonly string[]
  readonly priority: number
  readonly weight: number
}

/** Who had the last word on a target. `override-ended`: what an operator's word brings about when it ends is still under way. */
export interface Basis {
  readonly by: 'machine' | 'override' | 'override-ended'
  /** How it stands by that word; compared, not shown. */
  readonly as: string
}

/** By target id. */
export type Bases = Readonly<Record<string, Basis>>

/** What a pool's answers should say now, and why. */
export interface Decision {
  readonly pool: string
  /** The probes that the verdicts came from, joined by `+` in the order of the pool; an answer may depend on a subset. */
  readonly view: string
  readonly mode: Mode
  /**
   * SRV and NAPTR: every live target, standby tiers included, sorted by priority, then by configuration. Empty only by `allDown: nodata`.
   */
  readonly members: readonly Member[]
  /** A and AAAA: the part of `members` that gets traffic now. */
  readonly active: readonly Member[]
  /** `one`: a response carries one member, drawn by weight; `all`: it carries every active member. */
  readonly pick: 'one' | 'all'
  /** Something may change soon: a `ttl: { min, max }` answers with its minimum. */
  readonly suspect: boolean
  /** Tells what an operator decided from what the machine did. No part of what is answered. */
  readonly bases?: Bases
  /** In plain words, most telling first. */
  readonly why: readonly string[]
}
