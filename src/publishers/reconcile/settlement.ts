import { isDeepStrictEqual } from 'node:util'
import { markedSet } from './marks.ts'
import type { Plan, PlannedChange } from './plan.ts'
import { rrsetKey } from './sets.ts'
import type { Wanted } from './wanted.ts'

/** What a provider's zone was last found or made equal to: what a later reading finds otherwise, somebody else changed. */
export class Settlement {
  #wanted: Wanted | undefined
  /** Sets that were refused then: they were not as they shall be, so nobody changed them. */
  #refused: ReadonlySet<string> = new Set()

  /** Nothing of `plan` is left to do. True where other sets are wanted than the last time: news. */
  reached({ refusals }: Pick<Plan, 'refusals'>, wanted: Wanted): boolean {
    const isNews = !isDeepStrictEqual(this.#wanted?.sets, wanted.sets)
    this.#wanted = wanted
    this.#refused = new Set(refusals.map(rrsetKey))
    return isNews
  }

  /** Of the plan that followed a reading: what somebody else's hand made necessary. Told once. */
  takeDrift({ changes }: Pick<Plan, 'changes'>, wanted: Wanted): readonly PlannedChange[] {
    if (this.#wanted !== wanted) return []
    const drift = changes.filter((change) => !this.#refused.has(rrsetKey(aboutOf(change))))
    if (drift.length > 0) this.#wanted = undefined
    return drift
  }
}

/** A mark stands for the set that it speaks of. */
function aboutOf(change: PlannedChange): Pick<PlannedChange, 'name' | 'type'> {
  return change.isMark ? (markedSet(change.name) ?? change) : change
}
