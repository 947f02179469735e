import type { Dependency, PoolSettings } from '../core/settings.ts'
import type { Target } from '../core/target.ts'
import { type BrokenDependency, judge } from '../health/verdict.ts'
import { type Evidence, vantageOf } from './evidence.ts'

/**
 * What each target of the pool depends on and is down, now. A dependency is judged by all the probes of its own pool, an operator's word
 * included; what it depends on in its turn makes it degraded at most, so nothing has to be followed further.
 */
export function brokenDependencies(
  pool: PoolSettings,
  evidence: Evidence,
): (target: Target) => readonly BrokenDependency[] {
  const known = new Map<string, BrokenDependency | undefined>()
  const ofPool = brokenOf(pool.dependsOn)
  return (target) => (target.dependsOn === undefined ? ofPool : [...ofPool, ...brokenOf(target.dependsOn)])

  function brokenOf(dependencies: readonly Dependency[] = []): readonly BrokenDependency[] {
    return dependencies.flatMap((dependency) => {
      const name = nameOf(dependency)
      if (!known.has(name)) known.set(name, look(dependency, evidence))
      return known.get(name) ?? []
    })
  }
}

function look(dependency: Dependency, evidence: Evidence): BrokenDependency | undefined {
  const { roster, overrides, nowMs } = evidence
  const view = roster.viewsOfPool.get(dependency.pool)?.[0]
  if (view === undefined) return undefined
  const { target: name } = dependency
  const targets =
    name === undefined ? view.pool.targets : view.pool.targets.filter((each) => each.name === name)
  const verdicts = targets.map((target) =>
    judge({
      target,
      probes: view.judged,
      vantages: [vantageOf(evidence, target.id)],
      override: overrides.get(target.id),
      nowMs,
    }),
  )
  if (verdicts.length === 0 || verdicts.some(({ effective }) => effective !== 'down')) return undefined
  // A pool is down since the last of its targets went.
  return { name: nameOf(dependency), sinceMs: Math.max(...verdicts.map(({ sinceMs }) => sinceMs)) }
}

function nameOf({ pool, target }: Dependency): string {
  return target === undefined ? pool : `${pool}/${target}`
}
