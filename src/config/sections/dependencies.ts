import { z } from 'zod'
import type { Dependency, PoolSettings } from '../../core/settings.ts'
import type { Path } from '../fault.ts'
import type { Report } from '../report.ts'

const one = z.string({ error: 'allowed: a pool, or a target as pool/target' })

export const dependsOn = z
  .union([one, z.array(one).min(1, { error: 'allowed: at least one pool or target' }).max(64)], {
    error: 'allowed: a pool or a target (pool/target), or a list of them',
  })
  .optional()

/**
 * Turns names into what they mean; what means nothing is reported and left out. `carriers` is a pool, `carriers/a` a target of it; `a`
 * alone is a target where just one pool has one of that name.
 */
export function readDependencies(
  report: Report,
  path: Path,
  given: string | readonly string[] | undefined,
): readonly Dependency[] | undefined {
  if (given === undefined) return undefined
  const texts = typeof given === 'string' ? [given] : given
  const found: Dependency[] = []
  for (const [index, text] of texts.entries()) {
    const at = typeof given === 'string' ? path : [...path, index]
    const meant = meaningOf(report, text)
    if (typeof meant === 'string') report.refuse(at, `allowed: ${meant}`)
    else if (found.some((each) => keyOf(each) === keyOf(meant)))
      report.refuse(at, 'it stands before already; allowed: each once')
    else found.push(meant)
  }
  return found
}

/** The dependency, or what would be right. */
function meaningOf(report: Report, text: string): Dependency | string {
  const { document } = report
  const pools = document.nodeAt(['pools'])?.entries
  const has = (pool: string, target: string) =>
    document.nodeAt(['pools', pool, 'targets'])?.entries?.has(target) === true
  const slash = text.indexOf('/')
  if (slash >= 0) {
    const [pool, target] = [text.slice(0, slash), text.slice(slash + 1)]
    return has(pool, target) ? { pool, target } : 'a target that is configured, as pool/target'
  }
  if (pools?.has(text) === true) return { pool: text }
  const owners = [...(pools?.keys() ?? [])].filter((pool) => has(pool, text))
  const [owner] = owners
  if (owner === undefined) return 'the name of a pool, or of a target'
  return owners.length === 1
    ? { pool: owner, target: text }
    : `a target named by its pool: ${owners.map((pool) => `${pool}/${text}`).join(', ')}`
}

/** Nobody may depend on himself, through others neither: what is degraded then would be anybody's guess. Each cycle is told once. */
export function checkDependencyCycles(report: Report, pools: ReadonlyMap<string, PoolSettings>): void {
  const edges = edgesOf(pools)
  const done = new Set<string>()
  for (const start of edges.keys()) {
    const cycle = cycleFrom(start, edges, done)
    if (cycle === undefined) continue
    const [pool = '', target] = (cycle.find((node) => dependsItself(node, pools)) ?? start).split('/')
    const path: Path = ['pools', pool, ...(target === undefined ? [] : ['targets', target]), 'dependsOn']
    report.fault(path, `a circle: ${[...cycle, cycle[0]].join(' -> ')}; allowed: none`)
  }
}

/** From each target to what it and its pool depend on, from each pool to its targets. */
function edgesOf(pools: ReadonlyMap<string, PoolSettings>): ReadonlyMap<string, readonly string[]> {
  const edges = new Map<string, readonly string[]>()
  const related = [...pools.values()].some(
    (pool) => pool.dependsOn !== undefined || pool.targets.some((target) => target.dependsOn !== undefined),
  )
  if (!related) return edges
  for (const pool of pools.values()) {
    edges.set(
      pool.name,
      pool.targets.map(({ id }) => id),
    )
    for (const { id, dependsOn: own = [] } of pool.targets) {
      edges.set(id, [...own, ...(pool.dependsOn ?? [])].map(keyOf))
    }
  }
  return edges
}

/** Depth first without recursion: a configuration may be a chain of thousands. */
function cycleFrom(
  start: string,
  edges: ReadonlyMap<string, readonly string[]>,
  done: Set<string>,
): readonly string[] | undefined {
  const way: string[] = []
  const onWay = new Set<string>()
  const stack: { readonly node: string; readonly leave: boolean }[] = [{ node: start, leave: false }]
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { node, leave } = top
    if (leave) {
      way.pop()
      onWay.delete(node)
      done.add(node)
    } else if (onWay.has(node)) {
      for (const each of way) done.add(each)
      return way.slice(way.indexOf(node))
    } else if (!done.has(node)) {
      way.push(node)
      onWay.add(node)
      stack.push(
        { node, leave: true },
        ...(edges.get(node) ?? []).map((next) => ({ node: next, leave: false })),
      )
    }
  }
  return undefined
}

function dependsItself(node: string, pools: ReadonlyMap<string, PoolSettings>): boolean {
  const [pool = '', target] = node.split('/')
  const settings = pools.get(pool)
  if (target === undefined) return settings?.dependsOn !== undefined
  return settings?.targets.find(({ name }) => name === target)?.dependsOn !== undefined
}

function keyOf({ pool, target }: Dependency): string {
  return target === undefined ? pool : `${pool}/${target}`
}
