import type { Member } from '../core/decision.ts'
import type { PoolSettings } from '../core/settings.ts'
import type { Target } from '../core/target.ts'
import type { Place, Placed, Serving } from './definition.ts'

export function memberOf(target: Target, addresses: readonly string[], place: Place): Member {
  const { priority, weight } = place
  return { target: target.id, name: target.name, addresses, priority, weight }
}

/** Sorted by priority; within one, the order of the configuration stays (the sort is stable). */
export function membersOf(placed: readonly Placed[]): readonly Member[] {
  return placed
    .map((each) => memberOf(each.target, each.addresses, each))
    .sort((a, b) => a.priority - b.priority)
}

/** The part of `members` that `chosen` names, in the order of `members`. */
export function activeOf(members: readonly Member[], chosen: readonly Placed[]): readonly Member[] {
  const ids = new Set(chosen.map(({ target }) => target.id))
  return members.filter((member) => ids.has(member.target))
}

/**
 * An earlier answer under today's configuration: targets that were removed since are left out, addresses that were
 * removed too. Undefined when nothing of it is left.
 */
export function recall(serving: Serving | undefined, pool: PoolSettings): Serving | undefined {
  if (serving === undefined) return undefined
  const configured = new Map([...pool.fallback, ...pool.targets].map((target) => [target.id, target]))
  const members = serving.members.flatMap((member): Member[] => {
    const target = configured.get(member.target)
    if (target === undefined) return []
    const kept = member.addresses.filter((address) => target.addresses.includes(address))
    return [{ ...member, addresses: kept.length > 0 ? kept : target.addresses }]
  })
  if (members.length === 0) return undefined
  const ids = new Set(serving.active.map((member) => member.target))
  const active = members.filter((member) => ids.has(member.target))
  return { mode: serving.mode, members, active: active.length > 0 ? active : firstTier(members) }
}

function firstTier(members: readonly Member[]): readonly Member[] {
  return members.filter((member) => member.priority === members[0]?.priority)
}

/** Without the members that `out` names, unless that would leave nothing. */
export function without(serving: Serving, out: ReadonlySet<string>): Serving {
  const members = serving.members.filter((member) => !out.has(member.target))
  if (members.length === 0 || members.length === serving.members.length) return serving
  const active = serving.active.filter((member) => !out.has(member.target))
  return { ...serving, members, active: active.length > 0 ? active : firstTier(members) }
}
