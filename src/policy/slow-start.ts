import type { PolicyState } from './definition.ts'
import { recordOf } from './tenure.ts'

/** A returned target begins with a tenth of its weight and gains a tenth with each step. */
const STEPS = 10

export interface Ramp {
  /** 0.1 to 1. */
  readonly share: number
  /** Epoch milliseconds of the next step; absent when the weight is whole. */
  readonly nextStepMs?: number
}

const WHOLE: Ramp = { share: 1 }

/**
 * The share of its weight that a target has now. A server that comes back meets every phone that wants to register at
 * once; so it is let in by steps of 10 %, the first at its return, the last when `slowStartMs` (0: none) is over.
 */
export function rampOf(
  tenures: PolicyState['tenures'],
  id: string,
  slowStartMs: number,
  nowMs: number,
): Ramp {
  const returnedAtMs = recordOf(tenures, id)?.returnedAtMs
  if (returnedAtMs === undefined || slowStartMs <= 0) return WHOLE
  const stepMs = slowStartMs / (STEPS - 1)
  const taken = Math.floor(Math.max(0, nowMs - returnedAtMs) / stepMs)
  if (taken >= STEPS - 1) return WHOLE
  // Rounded up, so that at the time named the step is taken.
  return { share: (taken + 1) / STEPS, nextStepMs: Math.ceil(returnedAtMs + (taken + 1) * stepMs) }
}

/** Integers (RFC 2782); a weight that was not 0 does not become it, since 0 means next to nothing beside others. */
export function rampedWeight(weight: number, share: number): number {
  return weight === 0 ? 0 : Math.max(1, Math.round(weight * share))
}
