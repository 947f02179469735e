import type { Placed, PolicyState, Round } from './definition.ts'
import { rampedWeight } from './slow-start.ts'
import { recordOf } from './tenure.ts'

/** A dead target keeps nine tenths of its weight at first, and loses a tenth with each step. */
const STEPS = 10

export interface Leaving {
  readonly placed: Placed
  /** 0.1 to 0.9 of its weight. */
  readonly share: number
  /** Epoch milliseconds of the next step. */
  readonly nextStepMs: number
}

/**
 * `handover`: the share of a target that died goes to the survivors of its tier over this time, not at once, so that ten thousand phones
 * that register anew cannot take the next server down as well. Whoever draws the dead one meanwhile fails and comes again later: that is
 * the brake, and why it is off unless asked for. Only within a tier: where the whole tier died there is nobody to share with.
 */
export function leavingOf(round: Round, tenures: PolicyState['tenures'], front: number): readonly Leaving[] {
  const { pool, candidates, nowMs } = round
  const { handoverMs } = pool
  if (handoverMs === undefined || handoverMs <= 0) return []
  return candidates.flatMap((candidate): Leaving[] => {
    const { target, standing, withdrawn, addresses } = candidate
    const leftAtMs = recordOf(tenures, target.id)?.leftAtMs
    if (standing !== 'down' || withdrawn || leftAtMs === undefined || target.priority !== front) return []
    const stepMs = handoverMs / (STEPS - 1)
    const taken = Math.floor(Math.max(0, nowMs - leftAtMs) / stepMs)
    if (taken >= STEPS - 1) return []
    const share = (STEPS - 1 - taken) / STEPS
    const weight = rampedWeight(target.weight, share)
    const placed = { target, addresses, degraded: false, priority: target.priority, weight }
    // Rounded up, so that at the time named the step is taken.
    return [{ placed, share, nextStepMs: Math.ceil(leftAtMs + (taken + 1) * stepMs) }]
  })
}
