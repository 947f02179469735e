import { z } from 'zod'
import { duration } from '../../core/schemas.ts'
import type { PoolSettings } from '../../core/settings.ts'
import type { Target } from '../../core/target.ts'
import { policies } from '../../policy/registry.ts'
import type { Path } from '../fault.ts'
import { entryNames, type Fields, readFields } from '../fields.ts'
import { ENTRY_NAME } from '../names.ts'
import type { Report } from '../report.ts'
import { checkDependencyCycles, dependsOn, readDependencies } from './dependencies.ts'
import { guardrailShape, readGuardrails } from './guardrails.ts'
import { readTargets } from './targets.ts'

const DEFAULT_FAILBACK_DELAY_MS = 60_000

export const poolShape = {
  policy: z.enum([...policies.keys()]).describe('How calls are spread over the targets.'),
  probes: z
    .array(z.string({ error: 'allowed: the name of a probe' }), {
      error: 'allowed: a list of names of probes, like [options]',
    })
    .min(1, { error: 'allowed: at least one probe' })
    .describe('Names of the probes that every target is asked by.'),
  allDown: z
    .enum(['serve-all', 'last-good', 'fallback', 'nodata'])
    .default('serve-all')
    .describe('What is answered when every target is down. Default serve-all.'),
  failback: z
    .strictObject(
      {
        mode: z
          .enum(['auto', 'manual'])
          .default('auto')
          .describe(
            'auto: a returned target takes over by itself; manual: an operator says so. Default auto.',
          ),
        delay: duration()
          .optional()
          .describe(
            'auto: how long a returned target must be up without a break before it takes over. Default 60s.',
          ),
      },
      { error: 'allowed: a mapping like { mode: auto, delay: 60s } or { mode: manual }' },
    )
    .default({ mode: 'auto' })
    .describe('When traffic goes back to a better target that has returned.'),
  slowStart: duration()
    .default(0)
    .describe('Time over which the weight of a returned target ramps up. Default 0s: at once.'),
  ...guardrailShape,
  dependsOn: dependsOn.describe(
    'Pools or targets (pool/target) that every target needs: while one is down, they are degraded. Default none.',
  ),
}

/** Mappings of targets; each entry is read by itself. */
const TARGET_MAPS = ['targets', 'fallback']

/** Pools by name, in the order of the file; those with a fault are left out and reported. */
export function readPools(report: Report): Map<string, PoolSettings> {
  const pools = new Map<string, PoolSettings>()
  const probes = report.document.keysAt(['probes'])
  for (const name of entryNames(report, ['pools'], ENTRY_NAME)) {
    const pool = readPool(report, name, ['pools', name], probes)
    if (pool !== undefined) pools.set(name, pool)
  }
  checkDependencyCycles(report, pools)
  return pools
}

function readPool(
  report: Report,
  name: string,
  path: Path,
  known: readonly string[],
): PoolSettings | undefined {
  const before = report.faults.length
  const fields = readFields(report, poolShape, path, { others: TARGET_MAPS })
  if (fields === undefined) return undefined
  checkProbeNames(report, [...path, 'probes'], fields.probes ?? [], known)
  const targets = readTargets(report, name, [...path, 'targets'])
  checkTargets(report, path)
  const fallback = readFallback(report, name, path, fields.allDown)
  const failback = readFailback(report, path, fields.failback)
  const guardrails = readGuardrails(report, path, fields, targets.length)
  const depends = readDependencies(report, [...path, 'dependsOn'], fields.dependsOn)
  warnOfTargets(report, path, targets)
  const { policy, probes, allDown, slowStart } = fields
  if (policy === undefined || probes === undefined || allDown === undefined || slowStart === undefined)
    return undefined
  if (failback === undefined || report.faults.length > before) return undefined
  return {
    name,
    policy,
    probes,
    allDown,
    fallback,
    failback,
    slowStartMs: slowStart,
    ...guardrails,
    ...(depends === undefined ? {} : { dependsOn: depends }),
    targets,
  }
}

/** Each name once, and each one of `known`. */
export function checkProbeNames(
  report: Report,
  path: Path,
  names: readonly string[],
  known: readonly string[],
): void {
  const allowed = new Set(known)
  const seen = new Set<string>()
  for (const [index, name] of names.entries()) {
    if (!allowed.has(name)) report.refuseName([...path, index], known)
    else if (seen.has(name))
      report.refuse([...path, index], 'it stands before already; allowed: each probe once')
    seen.add(name)
  }
}

function checkTargets(report: Report, path: Path): void {
  const at = [...path, 'targets']
  const node = report.document.nodeAt(at)
  if (node === undefined) report.missing(at, 'allowed: at least one target')
  else if (node.entries?.size === 0) report.fault(at, 'no target seen; allowed: at least one')
}

/** `fallback` and `allDown: fallback` come together: neither means anything alone. */
function readFallback(report: Report, pool: string, path: Path, allDown: string | undefined): Target[] {
  const at = [...path, 'fallback']
  const given = report.document.nodeAt(at) !== undefined
  const targets = readTargets(report, pool, at)
  if (allDown === 'fallback' && !given)
    report.missing(at, 'allowed with allDown: fallback: at least one target')
  if (allDown !== undefined && allDown !== 'fallback' && given) {
    report.fault(
      at,
      'given, but nothing reads it; allowed with allDown: fallback only',
      report.document.position(at, 'key'),
    )
  }
  if (given && report.document.nodeAt(at)?.entries?.size === 0) {
    report.fault(at, 'no target seen; allowed: at least one')
  }
  const names = new Set(report.document.keysAt([...path, 'targets']))
  for (const name of report.document.keysAt(at)) {
    if (!names.has(name)) continue
    const key = [...at, name]
    report.fault(
      key,
      'a target of the pool has this name too; allowed: another name',
      report.document.position(key, 'key'),
    )
  }
  return targets
}

function readFailback(
  report: Report,
  path: Path,
  failback: Fields<typeof poolShape>['failback'],
): PoolSettings['failback'] | undefined {
  if (failback === undefined) return undefined
  if (failback.mode === 'auto') return { mode: 'auto', delayMs: failback.delay ?? DEFAULT_FAILBACK_DELAY_MS }
  if (failback.delay === undefined) return { mode: 'manual' }
  const at = [...path, 'failback', 'delay']
  report.fault(
    at,
    'given, but nothing waits with mode: manual; allowed with mode: auto only',
    report.document.position(at, 'key'),
  )
  return undefined
}

function warnOfTargets(report: Report, path: Path, targets: readonly Target[]): void {
  const at = [...path, 'targets']
  if (report.document.keysAt(at).length === 1)
    report.warn(at, 'a single target: there is nothing to fail over to')
  const owners = new Map<string, string>()
  for (const target of targets) {
    for (const text of target.addresses) {
      const endpoint = `${text} ${Object.values(target.ports).join()}`
      const owner = owners.get(endpoint)
      if (owner !== undefined)
        report.warn([...at, target.name], `has an address and ports of target ${owner}`)
      owners.set(endpoint, target.name)
    }
  }
}
