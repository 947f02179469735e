import type { Mode } from '../core/decision.ts'
import type { Outcome } from '../core/outcome.ts'
import type { ProbeSettings, Settings, SocketAddress } from '../core/settings.ts'
import { viewKey } from '../core/settings.ts'
import type { Override, Status, Verdict } from '../core/verdict.ts'
import type { HookReport } from '../publishers/hooks/runner/runner.ts'
import type { UpdaterReport } from '../publishers/reconcile/report.ts'
import type { ResponderCounters } from '../publishers/responder/counters.ts'
import type { Responder } from '../publishers/responder/responder.ts'
import type { Engine } from './engine.ts'
import type { LatenessReport } from './lateness.ts'
import { type QualityReport, qualityReport } from './quality-report.ts'
import { watchKey } from './roster.ts'

export interface ProbeReport {
  readonly probe: string
  readonly address: string
  readonly status: 'unknown' | 'up' | 'down'
  readonly since: string
  readonly passes: number
  readonly fails: number
  /** Share of requests that went unanswered while the server lived. */
  readonly loss: number
  /** Smoothed round trip in milliseconds, where the kind of probe has one. */
  readonly rttMs?: number
  /** It answers worse than its thresholds allow. */
  readonly impaired?: true
  /** Absent: the probe has no limits of quality, or too little is known. */
  readonly quality?: QualityReport
  /** It asked for no new calls until then. */
  readonly drainUntil?: string
  readonly last?: Outcome & { readonly at: string }
}

export interface TargetReport {
  readonly addresses: readonly string[]
  readonly real: Status
  readonly effective: Status
  readonly since: string
  /** Signalling and media by themselves, as far as somebody asks about them. */
  readonly planes: Verdict['planes']
  /** This monitor may be banned there. */
  readonly probableBan?: true
  readonly override?: Override
  readonly why: readonly string[]
  readonly probes: readonly ProbeReport[]
}

export interface ServedReport {
  readonly target: string
  readonly addresses: readonly string[]
  readonly priority: number
  readonly weight: number
}

export interface DecisionReport {
  readonly probes: string
  readonly mode: Mode
  readonly active: readonly ServedReport[]
  readonly members: readonly ServedReport[]
  readonly suspect: boolean
  readonly why: readonly string[]
}

export interface PoolReport {
  readonly policy: string
  readonly decisions: readonly DecisionReport[]
  readonly targets: Readonly<Record<string, TargetReport>>
}

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

function sentinelReports(engine: Engine): readonly ProbeReport[] {
  return [...engine.roster.watches.values()]
    .filter(({ sentinel }) => sentinel === true)
    .map(({ key, probe, address }) => probeReport(probe, address, engine.healthOf(key)))
}

function poolReport(name: string, settings: Settings, engine: Engine): PoolReport {
  const pool = settings.pools.get(name)
  if (pool === undefined) throw new Error(`unknown pool ${name}`)
  const verdicts = engine.verdictsOf(viewKey(name, pool.probes))
  const views = engine.roster.viewsOfPool.get(name) ?? []
  const decisions = views.flatMap((view): DecisionReport[] => {
    const decision = engine.decisionOf(view.key)
    if (decision === undefined) return []
    const { mode, suspect, why } = decision
    return [
      {
        probes: view.name,
        mode,
        active: decision.active.map(served),
        members: decision.members.map(served),
        suspect,
        why,
      },
    ]
  })
  const targets = verdicts.map((verdict, index) => {
    const target = pool.targets[index]
    const report: TargetReport = {
      addresses: target?.addresses ?? [],
      real: verdict.real,
      effective: verdict.effective,
      since: iso(verdict.sinceMs),
      planes: verdict.planes,
      ...(verdict.probableBan === undefined ? {} : { probableBan: verdict.probableBan }),
      ...(verdict.override === undefined ? {} : { override: verdict.override }),
      why: verdict.why,
      probes: (target?.addresses ?? []).flatMap((address) =>
        pool.probes.map((probe) =>
          probeReport(
            settings.probes.get(probe) ?? { name: probe },
            address,
            engine.healthOf(watchKey(verdict.target, probe, address)),
          ),
        ),
      ),
    }
    return [target?.name ?? verdict.target, report] as const
  })
  return { policy: pool.policy, decisions, targets: Object.fromEntries(targets) }
}

function probeReport(
  asked: Pick<ProbeSettings, 'name' | 'quality' | 'quorum'>,
  address: string,
  state: ReturnType<Engine['healthOf']>,
): ProbeReport {
  const { name: probe } = asked
  if (state === undefined) {
    return { probe, address, status: 'unknown', since: iso(0), passes: 0, fails: 0, loss: 0 }
  }
  const { status, sinceMs, passes, fails, loss, srttMs, impaired, drainUntilMs, last, lastAtMs } = state
  const quality = qualityReport(state, asked)
  return {
    probe,
    address,
    status,
    since: iso(sinceMs),
    passes,
    fails,
    loss: Math.round(loss * 1000) / 1000,
    ...(srttMs === undefined ? {} : { rttMs: Math.round(srttMs * 10) / 10 }),
    ...(impaired === true ? { impaired } : {}),
    ...(quality === undefined ? {} : { quality }),
    ...(drainUntilMs === undefined ? {} : { drainUntil: iso(drainUntilMs) }),
    ...(last === undefined || lastAtMs === undefined ? {} : { last: { ...last, at: iso(lastAtMs) } }),
  }
}

function served(member: {
  name: string
  addresses: readonly string[]
  priority: number
  weight: number
}): ServedReport {
  const { name, addresses, priority, weight } = member
  return { target: name, addresses, priority, weight }
}

function iso(epochMs: number): string {
  return new Date(epochMs).toISOString()
}
