import type { PolicyDefinition } from './definition.ts'
import { behind } from './tiers.ts'

/** Every live target is answered; the client chooses. */
export const all: PolicyDefinition = {
  name: 'all',
  summary: 'A and AAAA name every live target at once; SRV gives their order by priority and weight.',
  pick: 'all',
  serves: 'every',
  place: ({ target, degraded }, tiers) => ({
    priority: degraded ? behind(target.priority, tiers) : target.priority,
    weight: target.weight,
  }),
  select: (front) => front,
}
