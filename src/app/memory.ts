import type { DomainName, TargetId } from '../core/brand.ts'
import type { HealthState } from '../core/health.ts'
import type { Override } from '../core/verdict.ts'
import type { PolicyState } from '../policy/decide.ts'

export interface SerialMemory {
  readonly serial: number
  readonly contentHash: string
}

/**
 * What a restart must not forget. Plain JSON. An engine gives its own maps away, not copies: twenty thousand entries would have to be copied
 * for every write, at a stroke. Each entry is of one moment and none is written over; which moment may differ from one to the next, and
 * need not agree: what was written of health later than of policy is what a decision finds at its next review.
 */
export interface Memory {
  /** By watch key. */
  readonly health: ReadonlyMap<string, HealthState>
  /** By view key. */
  readonly policy: ReadonlyMap<string, PolicyState>
  readonly serials: ReadonlyMap<DomainName, SerialMemory>
  readonly overrides: ReadonlyMap<TargetId, Override>
}

export const NO_MEMORY: Memory = {
  health: new Map(),
  policy: new Map(),
  serials: new Map(),
  overrides: new Map(),
}
