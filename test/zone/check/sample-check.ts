import type { PoolSettings, ZoneSettings } from '../../../src/core/settings.ts'
import { checkZone, type ZoneFault } from '../../../src/zone/check.ts'
import { EDGE, NAMESERVER_RECORDS, poolsOf, zoneOf } from '../sample.ts'

/** The faults of the sample zone with these settings instead. */
export function check(rest: Partial<ZoneSettings>, ...pools: readonly PoolSettings[]): ZoneFault[] {
  return checkZone(zoneOf(rest), poolsOf(EDGE, ...pools))
}

/** Lines 1 and 2 are the name servers' addresses, so `extra` begins on line 3. */
export function withRecords(extra: string, rest: Partial<ZoneSettings> = {}): ZoneFault[] {
  return check({ ...rest, records: NAMESERVER_RECORDS + extra })
}
