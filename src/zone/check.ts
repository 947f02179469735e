import type { PoolSettings, ZoneSettings } from '../core/settings.ts'
import { answers, basics } from './check/basics.ts'
import { takeCensus } from './check/census.ts'
import { delegations } from './check/delegations.ts'
import { doubled } from './check/doubled.ts'
import type { ZoneFault } from './check/fault.ts'
import { ownership } from './check/ownership.ts'
import { records } from './check/records.ts'
import { redirections } from './check/redirections.ts'
import { sizes } from './check/size.ts'
import { targets } from './check/targets.ts'

export type { ZoneFault } from './check/fault.ts'

const RULES = [basics, answers, records, doubled, ownership, targets, delegations, redirections, sizes]

/**
 * Every reason not to serve the zone; none means that `buildZone` can, whatever the health. Lines are those of the zone's `records` text.
 */
export function checkZone(zone: ZoneSettings, pools: ReadonlyMap<string, PoolSettings>): ZoneFault[] {
  const census = takeCensus(zone, pools)
  return RULES.flatMap((rule) => rule(census)).sort(byPlace)
}

/** The zone's own faults, then the text's from top to bottom, then the answers'. */
function byPlace(a: ZoneFault, b: ZoneFault): number {
  const part = (fault: ZoneFault) => (fault.line !== undefined ? 1 : fault.answer !== undefined ? 2 : 0)
  return (
    part(a) - part(b) ||
    (a.line ?? 0) - (b.line ?? 0) ||
    (a.column ?? 0) - (b.column ?? 0) ||
    (a.answer ?? 0) - (b.answer ?? 0)
  )
}
