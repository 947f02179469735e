import type { DomainName } from '../../core/brand.ts'
import { isSubdomain } from '../../wire/dns/name.ts'
import type { Plan } from './plan.ts'
import { rrsetKey } from './sets.ts'
import type { Wanted } from './wanted.ts'

/** Record sets (names and types, variants and marks not counted) of one zone of the configuration. */
export interface ZoneCounts {
  readonly wanted: number
  /** Not yet as they shall be, as of the last plan, held back or not. */
  readonly differing: number
  /** Wanted and left alone. */
  readonly refused: number
}

/** The counts of every zone that is published; `plan`: the last one, absent before the first. */
export function countByZone(wanted: Wanted, plan: Plan | undefined): Readonly<Record<string, ZoneCounts>> {
  const deepestFirst = [...wanted.origins].sort((a, b) => b.length - a.length)
  const homeOf = (name: DomainName) => deepestFirst.find((origin) => isSubdomain(name, origin))
  const keys = new Map(
    wanted.origins.map((origin) => [
      origin,
      { wanted: new Set<string>(), differing: new Set<string>(), refused: new Set<string>() },
    ]),
  )
  const put = (what: keyof ZoneCounts, set: Parameters<typeof rrsetKey>[0]) => {
    const home = homeOf(set.name)
    if (home !== undefined) keys.get(home)?.[what].add(rrsetKey(set))
  }
  for (const set of wanted.sets) put('wanted', set)
  for (const change of plan?.changes ?? []) if (!change.isMark) put('differing', change)
  for (const refusal of plan?.refusals ?? []) put('refused', refusal)
  return Object.fromEntries(
    [...keys].map(([origin, { wanted: all, differing, refused }]) => [
      origin,
      { wanted: all.size, differing: differing.size, refused: refused.size },
    ]),
  )
}
