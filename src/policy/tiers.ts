import type { Target } from '../core/target.ts'

/** RFC 2782: priority is an unsigned 16-bit number. */
const PRIORITY_MAX = 65_535
/** What is put behind the last tier goes this far behind it. */
const BEHIND_LAST = 10

/** The distinct configured priorities, ascending. */
export function tiersOf(targets: readonly Target[]): readonly number[] {
  return [...new Set(targets.map((target) => target.priority))].sort((a, b) => a - b)
}

/** The priority one tier behind `priority`; behind the last tier a new one is made. */
export function behind(priority: number, tiers: readonly number[]): number {
  const next = tiers.find((tier) => tier > priority)
  return next ?? Math.min(PRIORITY_MAX, Math.max(priority, tiers.at(-1) ?? priority) + BEHIND_LAST)
}
