import type { Decision } from '../../src/core/decision.ts'
import type { HealthState } from '../../src/core/health.ts'
import type { PoolSettings, ProbeSettings } from '../../src/core/settings.ts'

export interface FleetOptions {
  readonly pool: PoolSettings
  readonly probes: readonly ProbeSettings[]
  readonly seed?: number
  readonly startMs?: number
  /** What an earlier fleet kept, as it comes from disk. */
  readonly kept?: unknown
  /** Addresses that are asked by the first probe and belong to no target. */
  readonly sentinels?: readonly string[]
}

export interface Entry {
  readonly atMs: number
  readonly decision: Decision
  readonly brief: string
}

/** What a restart would find on disk. */
export interface Kept {
  readonly health: Readonly<Record<string, HealthState>>
  readonly policy: unknown
}

/** What a decision answers; suspicion and words move more often. */
export function answered({ mode, members, active }: Decision): unknown {
  return { mode, members, active }
}
