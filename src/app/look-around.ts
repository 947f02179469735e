import type { HealthState } from '../core/health.ts'
import { forgetSince } from './evidence.ts'
import type { Look, Lookout } from './lookout.ts'
import { type Audience, narrateFamilies, narrateSight } from './narrate.ts'
import type { Roster } from './roster.ts'

export interface Around {
  readonly roster: Roster
  /** By watch key; what fell silent while we were blind is struck out of it, for it is not held against anybody. */
  readonly health: Map<string, HealthState>
  readonly audience: Audience
  readonly nowMs: number
}

/** Has the lookout look, tells what moved, and strikes out what was silence of our own. */
export function lookAround(lookout: Lookout, { roster, health, audience, nowMs }: Around): Look {
  const before = { blind: lookout.blind, families: lookout.lostFamilies }
  const look = lookout.look(roster.watches, health, nowMs)
  if (look.lostSince !== undefined) forgetSince(health, roster, look.lostSince, nowMs)
  for (const { family, lastHeardMs } of look.regained) forgetSince(health, roster, lastHeardMs, nowMs, family)
  if (!look.changed) return look
  if (before.blind !== lookout.blind) narrateSight(audience, lookout.blind, roster.watches.size)
  narrateFamilies(audience.logger, before.families, lookout.lostFamilies)
  return look
}
