import type { Mode } from '../core/decision.ts'
import type { Outcome } from '../core/outcome.ts'
import { type ProbeSettings, type Settings, viewKey } from '../core/settings.ts'
import type { Override, Status, Verdict } from '../core/verdict.ts'
import type { Engine } from './engine.ts'
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

/** How those do who should always answer. */
export function sentinelReports(engine: Engine): readonly ProbeReport[] {
  return [...engine.roster.watches.values()]
    .filter(({ sentinel }) => sentinel === true)
    .map(({ key, probe, address }) => probeReport(probe, address, engine.healthOf(key)))
}

/** A pool as its decisions, verdicts and probes stand now. */
export function poolReport(name: string, settings: Settings, engine: Engine): PoolReport {
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

/** ISO 8601, UTC. */
export function iso(epochMs: number): string {
  return new Date(epochMs).toISOString()
}
