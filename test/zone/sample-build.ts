import { expect } from 'vitest'
import type { Decision } from '../../src/core/decision.ts'
import type { PoolSettings, ZoneSettings } from '../../src/core/settings.ts'
import { buildZone } from '../../src/zone/build.ts'
import { checkZone } from '../../src/zone/check.ts'
import { decisionOf, decisionsOf, EDGE, poolsOf, zoneOf } from './sample.ts'

export const NOW = 1_700_000_000_000

/** Builds a zone that `checkZone` has nothing against. */
export function build(
  rest: Partial<ZoneSettings> = {},
  decisions: readonly Decision[] = [decisionOf(EDGE)],
  pools: readonly PoolSettings[] = [EDGE],
) {
  const settings = zoneOf(rest)
  expect(checkZone(settings, poolsOf(...pools))).toEqual([])
  return buildZone({ settings, pools: poolsOf(...pools), decisions: decisionsOf(...decisions), nowMs: NOW })
}
