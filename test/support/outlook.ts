import { type Outlook, RunningOutlook } from '../../src/health/families.ts'
import { RunningSight } from '../../src/health/running-sight.ts'
import type { Sight, Watched } from '../../src/health/sight.ts'

/** Of these as they are. `nowMs` in epoch milliseconds. */
export function sightOf(watched: readonly Watched[], nowMs: number): Sight {
  const sight = new RunningSight(watched).sight(nowMs)
  return sight.kind === 'unproven' ? { ...sight, ask: [...sight.ask] } : sight
}

/** The same with each family by itself. */
export function outlookOf(watched: readonly Watched[], nowMs: number): Outlook {
  return new RunningOutlook(watched).outlook(nowMs)
}
