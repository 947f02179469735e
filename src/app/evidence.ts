import type { TargetId } from '../core/brand.ts'
import type { HealthState } from '../core/health.ts'
import type { Target } from '../core/target.ts'
import type { Override } from '../core/verdict.ts'
import type { LostFamily } from '../health/families.ts'
import { forgetBlindness } from '../health/sight.ts'
import type { Vantage } from '../health/vantage.ts'
import { type Roster, watchKey } from './roster.ts'

/** What a decision goes by. */
export interface Evidence {
  readonly node: string
  /** By watch key. */
  readonly health: ReadonlyMap<string, HealthState>
  readonly overrides: ReadonlyMap<TargetId, Override>
  readonly blind: boolean
  /** Their silence is our own. */
  readonly lostFamilies: readonly LostFamily[]
  readonly roster: Roster
  readonly nowMs: number
}

/** Our own view of a target; what a family says whose sight we lost is what it said before. */
export function vantageOf({ node, health, lostFamilies, nowMs }: Evidence, target: TargetId): Vantage {
  return {
    node,
    health(probe, address) {
      const state = health.get(watchKey(target, probe, address))
      if (state === undefined || lostFamilies.length === 0) return state
      const lost = lostFamilies.find(({ family }) => family === familyOf(address))
      return lost === undefined ? state : forgetBlindness(state, lost.lastHeardMs, nowMs)
    },
  }
}

/** In plain words, what of it is not held against the target. */
export function reservationsOn({ addresses }: Target, { lostFamilies }: Evidence): readonly string[] {
  return lostFamilies
    .filter(({ family }) => addresses.some((address) => familyOf(address) === family))
    .map(({ family }) => `nothing at all is heard over IPv${family}: its silence is not counted`)
}

/** Addresses are canonical literals here. */
export function familyOf(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4
}

/** Strikes the silence since `lastHeardMs` out of every health, or of one family's: while we were blind it told nothing. */
export function forgetSince(
  health: Map<string, HealthState>,
  { watches }: Roster,
  lastHeardMs: number,
  nowMs: number,
  family?: 4 | 6,
): void {
  for (const [key, state] of health) {
    if (family !== undefined && familyOf(watches.get(key)?.address ?? '') !== family) continue
    health.set(key, forgetBlindness(state, lastHeardMs, nowMs))
  }
}
