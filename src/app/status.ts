import type { Settings, SocketAddress } from '../core/settings.ts'
import type { HookReport } from '../publishers/hooks/runner/runner.ts'
import type { UpdaterReport } from '../publishers/reconcile/report.ts'
import type { ResponderCounters } from '../publishers/responder/counters.ts'
import type { Responder } from '../publishers/responder/responder.ts'
import type { Engine } from './engine.ts'
import type { LatenessReport } from './lateness.ts'
import { iso, type PoolReport, type ProbeReport, poolReport, sentinelReports } from './pool-report.ts'

/** The whole of an instance as `/v1/status` and `sipvane status` give it; times are ISO 8601. */
export interface StatusReport {
  readonly node: string
  readonly version: string
  readonly now: string
  readonly started: string
  readonly ready: boolean
  readonly notReady: readonly string[]
  /** Nothing answers: answers are frozen. */
  readonly blind: boolean
  /** Address families that nothing is heard from while the other one is: their addresses stay as they were. */
  readonly lostFamilies: readonly (4 | 6)[]
  /** Who should always answer, where somebody is configured. */
  readonly sentinels?: readonly ProbeReport[]
  readonly generation: number
  /** How the monitor itself keeps up. */
  readonly questions: LatenessReport
  readonly zones: Readonly<
    Record<string, { readonly serial: number; readonly sets: number; readonly publish: readonly string[] }>
  >
  readonly pools: Readonly<Record<string, PoolReport>>
  readonly providers: Readonly<Record<string, ProviderReport>>
  /** Absent: there are none. */
  readonly hooks?: Readonly<Record<string, HookReport>>
  readonly dns?: { readonly listen: readonly SocketAddress[]; readonly counters: ResponderCounters }
}

/** How an updater is getting on; times are ISO 8601, spans milliseconds. */
export type ProviderReport = ReturnType<typeof providerReport>

export interface StatusInput {
  readonly settings: Settings
  readonly engine: Engine
  readonly lateness: LatenessReport
  readonly responder?: Responder
  readonly version: string
  readonly nowMs: number
  readonly startedMs: number
  readonly notReady: readonly string[]
  readonly providers: Readonly<Record<string, UpdaterReport & { readonly kind: string }>>
  readonly hooks?: Readonly<Record<string, HookReport>>
}

export function statusReport(input: StatusInput): StatusReport {
  const { settings, engine, responder, version, nowMs, startedMs, notReady } = input
  const zones = [...(engine.snapshot?.zones.values() ?? [])]
  return {
    node: settings.node,
    version,
    now: iso(nowMs),
    started: iso(startedMs),
    ready: notReady.length === 0,
    notReady,
    blind: engine.blind,
    lostFamilies: engine.lostFamilies.map(({ family }) => family),
    ...(settings.monitor === undefined ? {} : { sentinels: sentinelReports(engine) }),
    generation: engine.snapshot?.generation ?? 0,
    questions: input.lateness,
    zones: Object.fromEntries(
      zones.map((zone) => [
        zone.origin,
        { serial: zone.serial, sets: zone.sets.length, publish: zone.publish },
      ]),
    ),
    pools: Object.fromEntries(
      [...settings.pools.keys()].map((pool) => [pool, poolReport(pool, settings, engine)]),
    ),
    providers: Object.fromEntries(
      Object.entries(input.providers).map(([name, report]) => [name, providerReport(report)]),
    ),
    ...(input.hooks === undefined || Object.keys(input.hooks).length === 0 ? {} : { hooks: input.hooks }),
    ...(responder === undefined
      ? {}
      : { dns: { listen: responder.addresses(), counters: responder.counters() } }),
  }
}

function providerReport(report: UpdaterReport & { readonly kind: string }) {
  const { lastReadAtMs, lastAppliedAtMs, lastConvergedAtMs, contended, failure, ...rest } = report
  return {
    ...rest,
    ...(lastReadAtMs === undefined ? {} : { lastRead: iso(lastReadAtMs) }),
    ...(lastAppliedAtMs === undefined ? {} : { lastApplied: iso(lastAppliedAtMs) }),
    ...(contended === undefined
      ? {}
      : { contended: { times: contended.times, until: iso(contended.untilMs) } }),
    ...(lastConvergedAtMs === undefined ? {} : { lastConverged: iso(lastConvergedAtMs) }),
    ...(failure === undefined
      ? {}
      : {
          failure: {
            code: failure.code,
            message: failure.message,
            attempts: failure.attempts,
            since: iso(failure.sinceMs),
            next: iso(failure.nextAtMs),
          },
        }),
  }
}
