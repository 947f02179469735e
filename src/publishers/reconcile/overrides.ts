import type { Bases, Basis } from '../../core/decision.ts'

/** What a set goes by: the bases of each decision behind it, in a fixed order. */
export type SetBases = readonly Bases[]

/** Where it is not known what a set went by before, the machine alone would have had nothing to say. */
const CALM: Basis = { by: 'machine', as: 'up' }

/**
 * Whether what moved since `before` was an operator's word alone; `before` is undefined where the set was never seen to be right.
 *
 * | a target whose word stayed the machine's | a target with an operator's word, now or before | the change is       |
 * |------------------------------------------|-------------------------------------------------|---------------------|
 * | one stands otherwise                     | any                                             | the machine's       |
 * | none does                                | one moved, or its end is still under way        | the operator's      |
 * | none does                                | none, or it stays as it was                     | the machine's: time |
 *
 * Targets that came or went are the configuration's doing, which counts as the machine's.
 */
export function isByOverride(before: SetBases | undefined, after: SetBases | undefined): boolean {
  if (after === undefined || (before !== undefined && before.length !== after.length)) return false
  let spoken = false
  for (const [index, now] of after.entries()) {
    const was = before?.[index]
    if (was !== undefined && Object.keys(was).length !== Object.keys(now).length) return false
    for (const [id, is] of Object.entries(now)) {
      const old = was === undefined ? CALM : Object.hasOwn(was, id) ? was[id] : undefined
      if (old === undefined) return false
      const isWord = old.by === 'override' || is.by === 'override'
      if (!isWord && old.as !== is.as) return false
      if (isWord ? old.by !== is.by || old.as !== is.as : old.by === 'override-ended') spoken = true
    }
  }
  return spoken
}
