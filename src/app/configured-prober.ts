import type { Outcome } from '../core/outcome.ts'
import type { ProbeSettings } from '../core/settings.ts'
import type { Prober } from '../probes/definition.ts'
import { DestinationsProber } from '../probes/destinations/destinations-prober.ts'

/** A prober that keeps to what every kind of probe can be told: whom to ask, the address to leave by, and how slow is too slow. */
export function configuredProber(kind: Prober, probe: ProbeSettings): Prober {
  const { source, degradeAboveMs, destinations, quorum = 1 } = probe
  const prober: Prober =
    destinations === undefined ? kind : new DestinationsProber(kind, destinations, quorum)
  if (source === undefined && degradeAboveMs === undefined) return prober
  const { roundTrips, tellsSpurious } = prober
  return {
    get requests() {
      return prober.requests ?? 1
    },
    ...(roundTrips === undefined ? {} : { roundTrips }),
    ...(tellsSpurious === undefined ? {} : { tellsSpurious }),
    start: () => prober.start(),
    close: () => prober.close(),
    async ask(target, address, context) {
      const seen = await prober.ask(source === undefined ? target : { ...target, source }, address, context)
      return degradeAboveMs === undefined ? seen : impairedAbove(seen, degradeAboveMs)
    },
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

/** A pass that took longer than `limitMs` milliseconds is impaired, beside whatever else impairs it. */
export function impairedAbove(seen: Outcome, limitMs: number): Outcome {
  if (seen.result !== 'pass' || seen.rttMs === undefined || seen.rttMs <= limitMs) return seen
  const slow = `took ${Math.round(seen.rttMs)} ms, more than ${limitMs} ms`
  return { ...seen, impaired: seen.impaired === undefined ? slow : `${seen.impaired}; ${slow}` }
}
