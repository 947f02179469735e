import type { PoolSettings, ZoneSettings } from '../core/settings.ts'
import { answers, basics } from './check/basics.ts'
import { takeCensus } from './check/census.ts'
import { delegations } from './check/delegations.ts'
import type { ZoneFault } from './check/fault.ts'
import { ownership } from './check/ownership.ts'
import { records } from './check/records.ts'
import { targets } from './check/targets.ts'

export type { ZoneFault } from './check/fault.ts'

const RULES = [basics, answers, records, ownership, targets, delegations]

/** Every reason not to serve the zone; none means that `buildZone` can, whatever the health. Lines are those of the zone's `records` text. */
export function checkZone(zone: ZoneSettings, pools: ReadonlyMap<string, PoolSettings>): ZoneFault[] {
  const census = takeCensus(zone, pools)
  return RULES.flatMap((rule) => rule(census))
}
