import { z } from 'zod'
import { EVENT_TYPES } from '../../core/event.ts'
import { duration, wholeNumber } from '../../core/schemas.ts'
import type { HookSettings, PoolSettings } from '../../core/settings.ts'
import { type HookDefinition, mannerOf, USUAL_RATE } from '../../publishers/hooks/definition.ts'
import { hookDefinitions } from '../../publishers/hooks/registry.ts'
import type { Path } from '../fault.ts'
import { entryNames, readFields } from '../fields.ts'
import { readAs } from '../issues.ts'
import { ENTRY_NAME } from '../names.ts'
import type { Report } from '../report.ts'
import { keysOf } from '../schema-keys.ts'
import { allowedNames } from '../suggest.ts'

const NAMES = (what: string) => ({ error: `allowed: a ${what}, or a list of them` })
const names = (what: string) =>
  z.union([z.string(), z.array(z.string()).min(1).max(1000)], NAMES(what)).transform((one) => [one].flat())

/** The keys that every hook has; a kind's own come beside them. */
export const commonHookShape = {
  on: z
    .array(z.enum(EVENT_TYPES), { error: `allowed: a list of ${EVENT_TYPES.join(', ')}` })
    .min(1)
    .optional()
    .describe(`Events that it acts on: ${EVENT_TYPES.join(', ')}. Default by the type.`),
  pool: names('pool')
    .optional()
    .describe("Pool, or list of pools, whose events it acts on. Default every pool, and what is no pool's."),
  after: names('hook')
    .optional()
    .describe('Hook, or list of hooks, that have to be done with the same event first. Default none.'),
  timeout: duration({ minMs: 100, maxMs: 600_000 })
    .optional()
    .describe('Budget of one attempt. Default 10s to 60s by the type.'),
  retries: wholeNumber(0, 100)
    .default(5)
    .describe('Attempts after the first, with growing pauses. Default 5.'),
  rate: z
    .strictObject({
      max: wholeNumber(1, 10_000).describe('Runs at once.'),
      per: duration({ minMs: 1_000, maxMs: 86_400_000 }).describe('For so many to be allowed anew.'),
    })
    .transform(({ max, per }) => ({ max, perMs: per }))
    .optional()
    .describe(
      'Runs at once, then one each per / max; further events wait. Default 10 in 10s for asterisk-ami, freeswitch-esl and exec, 20 in 1m for others.',
    ),
  dryRun: z.boolean().default(false).describe('Look and say, but change nothing. Default false.'),
}

/** Hooks by name, in the order of the file; those with a fault are left out and reported. */
export function readHooks(
  report: Report,
  pools: ReadonlyMap<string, PoolSettings>,
): Map<string, HookSettings> {
  const hooks = new Map<string, HookSettings>()
  const known = entryNames(report, ['hooks'], ENTRY_NAME)
  for (const name of known) {
    const hook = readHook(report, name, ['hooks', name], known, pools)
    if (hook !== undefined) hooks.set(name, hook)
  }
  refuseCircles(report, hooks)
  return hooks
}

function readHook(
  report: Report,
  name: string,
  path: Path,
  hooks: readonly string[],
  pools: ReadonlyMap<string, PoolSettings>,
): HookSettings | undefined {
  const before = report.faults.length
  const definition = readKind(report, path)
  const common = readFields(report, commonHookShape, path, { others: ['type'], open: true })
  if (common === undefined || definition === undefined) return undefined
  const own = report.document
    .keysAt(path)
    .filter((key) => key !== 'type' && !Object.hasOwn(commonHookShape, key))
    .map((key) => [key, report.document.valueAt([...path, key])])
  const shared = ['type', ...Object.keys(commonHookShape)]
  const options = readAs(report, definition.options, path, Object.fromEntries(own), shared)
  const on = common.on ?? definition.defaultOn
  for (const [index, type] of on.entries())
    if (!definition.events.includes(type)) report.refuseName([...path, 'on', index], definition.events)
  const after = common.after ?? []
  refuseUnknown(
    report,
    [...path, 'after'],
    after,
    hooks.filter((other) => other !== name),
  )
  const poolNames = common.pool ?? []
  refuseUnknown(report, [...path, 'pool'], poolNames, report.document.keysAt(['pools']))
  const { retries, rate = definition.defaultRate ?? USUAL_RATE, dryRun } = common
  if (report.faults.length > before || options === undefined) return undefined
  if (retries === undefined || dryRun === undefined) return undefined
  const known = poolNames.length === 0 ? [...pools.keys()] : poolNames
  const targets = known.flatMap((pool) => pools.get(pool)?.targets ?? [])
  // A pool with a fault has lost its targets: what is missing then is that fault over again.
  if (known.every((pool) => pools.has(pool))) {
    for (const { key, message } of definition.faults?.(options, targets) ?? [])
      report.fault([...path, key], message)
  }
  if (mannerOf(definition, options).takes === 'newest') {
    if (known.length > 1)
      report.fault(
        [...path, 'pool'],
        `${known.length} pools; allowed: one pool, because it keeps one thing in one place`,
      )
    // Another event of the pool would overtake the decision, and that would never be acted on.
    if (on.some((type) => type !== 'decision.changed'))
      report.fault([...path, 'on'], 'allowed: decision.changed alone, because it goes by the newest decision')
  }
  return {
    name,
    kind: definition.kind,
    on,
    pools: poolNames,
    after,
    timeoutMs: common.timeout ?? definition.defaultTimeoutMs,
    retries,
    rate,
    dryRun,
    options,
  }
}

function readKind(report: Report, path: Path): HookDefinition | undefined {
  const at = [...path, 'type']
  const kinds = [...hookDefinitions.keys()]
  const kind = report.document.valueAt(at)
  const definition = typeof kind === 'string' ? hookDefinitions.get(kind) : undefined
  if (definition !== undefined || report.document.nodeAt(path)?.entries === undefined) return definition
  if (report.document.nodeAt(at) === undefined) report.missing(at, `allowed: ${kinds.join(', ')}`)
  else report.refuseName(at, kinds)
  const shared = ['type', ...Object.keys(commonHookShape)]
  const known = new Set([
    ...shared,
    ...[...hookDefinitions.values()].flatMap(({ options }) => keysOf(options)),
  ])
  for (const key of report.document.keysAt(path))
    if (!known.has(key)) report.refuseKey([...path, key], shared)
  return undefined
}

/** References may be one text or a list: the fault stands where the text does. */
function refuseUnknown(report: Report, path: Path, given: readonly string[], known: readonly string[]): void {
  const list = report.document.nodeAt(path)?.items !== undefined
  for (const [index, name] of given.entries()) {
    if (known.includes(name)) continue
    const at = list ? [...path, index] : path
    if (known.length === 0) report.refuse(at, 'there is none that it could be; allowed: leave it out')
    else report.refuse(at, allowedNames(known, report.wordAt(at)))
  }
}

/** Hooks that wait for each other would wait for ever. */
function refuseCircles(report: Report, hooks: ReadonlyMap<string, HookSettings>): void {
  for (const [name, hook] of hooks) {
    const reached = new Set<string>()
    const open = [...hook.after]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (reached.has(next)) continue
      reached.add(next)
      open.push(...(hooks.get(next)?.after ?? []))
    }
    if (reached.has(name)) report.fault(['hooks', name, 'after'], 'the hooks wait for each other in a circle')
  }
}
