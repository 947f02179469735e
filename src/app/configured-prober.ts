import type { Clock } from '../core/ports.ts'
import type { ProbeSettings } from '../core/settings.ts'
import type { Prober } from '../probes/definition.ts'
import { DestinationsProber } from '../probes/destinations/destinations-prober.ts'
import { slownessOf } from './slow-answers.ts'

/** A prober that keeps to what every kind of probe can be told: whom to ask, the address to leave by, and how slow is too slow. */
export function configuredProber(kind: Prober, probe: ProbeSettings, clock: Clock): Prober {
  const { source, degradeAboveMs, destinations, quorum = 1 } = probe
  const prober: Prober =
    destinations === undefined ? kind : new DestinationsProber(kind, destinations, quorum)
  if (source === undefined && degradeAboveMs === undefined) return prober
  const { roundTrips, tellsSpurious } = prober
  const ask: Prober['ask'] =
    degradeAboveMs === undefined
      ? (target, address, context) => prober.ask(target, address, context)
      : slownessOf(prober, degradeAboveMs, clock)
  return {
    get requests() {
      return prober.requests ?? 1
    },
    ...(roundTrips === undefined ? {} : { roundTrips }),
    ...(tellsSpurious === undefined ? {} : { tellsSpurious }),
    start: () => prober.start(),
    close: () => prober.close(),
    ask: (target, address, context) =>
      ask(source === undefined ? target : { ...target, source }, address, context),
  }
}

/** The same prober as a member of another question: it spends no more of that one's budget than its own time-out. */
export function memberProber(prober: Prober, timeoutMs: number): Prober {
  const { tellsSpurious } = prober
  return {
    get requests() {
      return prober.requests ?? 1
    },
    ...(tellsSpurious === undefined ? {} : { tellsSpurious }),
    start: async () => {},
    close: async () => {},
    ask: (target, address, context) =>
      prober.ask(target, address, { ...context, timeoutMs: Math.min(context.timeoutMs, timeoutMs) }),
  }
}
