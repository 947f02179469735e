import type { PolicyDefinition } from './definition.ts'

/** Calls are spread over the best live tier by weight, one target a response. */
export const weighted: PolicyDefinition = {
  name: 'weighted',
  summary:
    'Each A or AAAA response names one target of the best live tier, drawn by weight; SRV lists them all.',
  pick: 'one',
  serves: 'tier',
  // Rounded up: a share of one would become none.
  place: ({ target, degraded }) => ({
    priority: target.priority,
    weight: degraded ? Math.ceil(target.weight / 2) : target.weight,
  }),
  // RFC 2782: weight 0 is for targets that get next to nothing beside others.
  select: (front) => {
    const drawn = front.filter((placed) => placed.weight > 0)
    return drawn.length > 0 ? drawn : front
  },
}
