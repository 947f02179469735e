import type { Member } from '../core/decision.ts'
import { serveAll, withdrawnIn } from './all-down.ts'
import type { PolicyState, Round, Serving } from './definition.ts'
import { memberOf, recall, without } from './members.ts'

export interface Frozen {
  readonly serving: Serving
  /** It is an earlier answer; false: there was none to keep. */
  readonly kept: boolean
}

/**
 * What is answered while we are blind: what was answered before, since nothing learnt now can be trusted.
 *
 * | answered before           | answered now                                                  |
 * |---------------------------|---------------------------------------------------------------|
 * | anything with members     | the same                                                      |
 * | nothing, by `nodata`      | the last good answer; else all: we do not know that they died |
 * | never anything            | all                                                           |
 *
 * An operator's word does not come from our network, so it still counts: whom he withdraws leaves, unless nobody
 * would be left; whom he puts up joins in its configured place.
 */
export function freeze(round: Round, previous: PolicyState | undefined): Frozen {
  const { pool } = round
  const before = recall(previous?.served, pool) ?? recall(previous?.good, pool)
  const serving = insist(without(before ?? serveAll(round), withdrawnIn(round)), round)
  return { serving: { ...serving, mode: 'frozen' }, kept: before !== undefined }
}

/** An insisted target takes A and AAAA over from a tier behind its own, as it would when we see. */
function insist(serving: Serving, { candidates, policy }: Round): Serving {
  const added = candidates
    .filter((candidate) => candidate.insisted)
    .map(({ target, addresses }) => {
      const known = serving.members.find((member) => member.target === target.id)
      return memberOf(target, known?.addresses ?? addresses, target)
    })
  if (added.length === 0) return serving
  const ids = new Set(added.map((member) => member.target))
  const members = [...serving.members.filter((member) => !ids.has(member.target)), ...added].sort(
    (a, b) => a.priority - b.priority || orderOf(a.target) - orderOf(b.target),
  )
  const active = new Set(serving.active.map((member) => member.target))
  const front = Math.min(
    ...members.filter((member) => active.has(member.target)).map((member) => member.priority),
  )
  const first = Math.min(front, ...added.map((member) => member.priority))
  const serves = ({ target, priority }: Member): boolean => {
    if (policy.serves === 'every') return active.has(target) || ids.has(target)
    if (first < front) return ids.has(target) && priority === first
    return active.has(target) || (ids.has(target) && priority === front)
  }
  return { ...serving, members, active: members.filter(serves) }

  function orderOf(id: string): number {
    return candidates.findIndex(({ target }) => target.id === id)
  }
}
