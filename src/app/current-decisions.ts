import type { DecisionChanged, EventFacts, SipvaneEvent } from '../core/event.ts'
import type { Engine } from './engine.ts'
import { servedBy } from './narrate.ts'

/** What every pool serves now, by all of its probes, as the event that would have told it. */
export function currentDecisions(
  engine: Engine,
  stamp: (facts: EventFacts) => SipvaneEvent,
): (SipvaneEvent & DecisionChanged)[] {
  const events: (SipvaneEvent & DecisionChanged)[] = []
  for (const [pool, [whole]] of engine.roster.viewsOfPool) {
    const decision = whole === undefined ? undefined : engine.decisionOf(whole.key)
    if (decision === undefined) continue
    const { view, mode, why } = decision
    const event = stamp({
      type: 'decision.changed',
      pool,
      view,
      whole: true,
      mode,
      active: servedBy(decision),
      why,
    })
    if (event.type === 'decision.changed') events.push(event)
  }
  return events
}
