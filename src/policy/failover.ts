import type { PolicyDefinition } from './definition.ts'
import { behind } from './tiers.ts'

/** The best tier with a live target serves; the others stand by behind it. */
export const failover: PolicyDefinition = {
  name: 'failover',
  summary:
    'A and AAAA name the best tier with a live target; SRV lists every live target, standby tiers behind.',
  pick: 'all',
  serves: 'tier',
  // A degraded target still takes calls, so it is demoted, never left out.
  place: ({ target, degraded }, tiers) => ({
    priority: degraded ? behind(target.priority, tiers) : target.priority,
    weight: target.weight,
  }),
  // A demoted target shares the tier of its standby in SRV; in A, which has no priorities, the sound ones go alone.
  select: (front) => {
    const sound = front.filter((placed) => !placed.degraded)
    return sound.length > 0 ? sound : front
  },
}
