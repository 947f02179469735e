import { validate } from 'node-cron'
import { z } from 'zod'
import { formatDuration, wholeNumber } from '../../core/schemas.ts'
import type { MaxChange, PoolSettings, ProviderSettings } from '../../core/settings.ts'
import type { ProviderDefinition } from '../../publishers/providers/definition.ts'
import { providerDefinitions } from '../../publishers/providers/registry.ts'
import type { Path } from '../fault.ts'
import { entryNames, readFields } from '../fields.ts'
import { readAs } from '../issues.ts'
import { ENTRY_NAME } from '../names.ts'
import type { Report } from '../report.ts'
import { keysOf } from '../schema-keys.ts'
import { outgrows } from './provider-sizes.ts'
import type { ReadZone } from './zones.ts'

const OWNER = {
  pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
  allowed: 'allowed: letters, digits, dots, - and _, 63 at most',
}
const MAX_CHANGE = 'allowed: a number of record sets, or a share like 30%'
const CRON = 'allowed: a cron expression, like "*/5 * * * *"'
const DEFAULT_RESYNC = '*/5 * * * *'

/** The keys that every provider has; a kind's own come beside them. */
export const commonProviderShape = {
  owner: z
    .string({ error: OWNER.allowed })
    .regex(OWNER.pattern, { error: OWNER.allowed })
    .optional()
    .describe(
      'Whose the record sets are, by the marks beside them: the same for all instances that share them, another for any other. Default the node.',
    ),
  adopt: z
    .boolean()
    .default(false)
    .describe(
      'Take over record sets that are there and that nobody marked. Default false: they are left alone.',
    ),
  maxChange: z
    .union(
      [
        wholeNumber(0, 1_000_000).transform((sets): MaxChange => ({ sets })),
        z
          .string({ error: MAX_CHANGE })
          .regex(/^(?:\d{1,2}|100)%$/, { error: MAX_CHANGE })
          .transform((text): MaxChange => ({ percent: Number.parseInt(text, 10) })),
      ],
      { error: MAX_CHANGE },
    )
    .optional()
    .describe(
      'Most record sets of ours that one plan may update or delete, or a share of them like 30%; a larger plan is not carried out. Default: no bound but one on what the configuration no longer has (30%, from 10 sets on).',
    ),
  resync: z
    .string({ error: CRON })
    .max(200, { error: CRON })
    .refine((text) => validate(text), { error: CRON })
    .default(DEFAULT_RESYNC)
    .describe(
      'When to read the zone anew, to find and mend what others changed: a cron expression. Default every five minutes.',
    ),
  dryRun: z.boolean().default(false).describe('Plan and say, but change nothing. Default false.'),
}

/** Providers by name, in the order of the file; those with a fault are left out and reported. */
export function readProviders(report: Report, node: string): Map<string, ProviderSettings> {
  const providers = new Map<string, ProviderSettings>()
  for (const name of entryNames(report, ['providers'], ENTRY_NAME)) {
    const path: Path = ['providers', name]
    if (name === 'dns') {
      const at = report.document.position(path, 'key')
      report.fault(path, '"dns" is the responder of this instance; allowed: another name', at)
    }
    const provider = readProvider(report, name, path, node)
    if (provider !== undefined) providers.set(name, provider)
  }
  return providers
}

function readProvider(report: Report, name: string, path: Path, node: string): ProviderSettings | undefined {
  const before = report.faults.length
  const definition = readKind(report, path)
  const common = readFields(report, commonProviderShape, path, { others: ['type'], open: true })
  if (common === undefined || definition === undefined) return undefined
  const given = Object.fromEntries(
    report.document
      .keysAt(path)
      .filter((key) => key !== 'type' && !Object.hasOwn(commonProviderShape, key))
      .map((key) => [key, report.document.valueAt([...path, key])]),
  )
  const options = readAs(report, definition.options, path, given, [
    'type',
    ...Object.keys(commonProviderShape),
  ])
  const { adopt, maxChange, resync, dryRun } = common
  // A variable that is not set was reported where it stands.
  if (
    report.faults.length > before ||
    options === undefined ||
    adopt === undefined ||
    resync === undefined ||
    dryRun === undefined
  )
    return undefined
  if (common.owner === undefined) checkNodeAsOwner(report, path, node)
  return {
    name,
    kind: definition.kind,
    owner: common.owner ?? node,
    adopt,
    ...(maxChange === undefined ? {} : { maxChange }),
    resync,
    dryRun,
    options,
  }
}

function readKind(report: Report, path: Path): ProviderDefinition | undefined {
  const at = [...path, 'type']
  const kinds = [...providerDefinitions.keys()]
  const kind = report.document.valueAt(at)
  const definition = typeof kind === 'string' ? providerDefinitions.get(kind) : undefined
  if (definition !== undefined || report.document.nodeAt(path)?.entries === undefined) return definition
  if (report.document.nodeAt(at) === undefined) report.missing(at, `allowed: ${kinds.join(', ')}`)
  else report.refuseName(at, kinds)
  const known = new Set([
    'type',
    ...Object.keys(commonProviderShape),
    ...[...providerDefinitions.values()].flatMap(({ options }) => keysOf(options)),
  ])
  for (const key of report.document.keysAt(path))
    if (!known.has(key)) report.refuseKey([...path, key], ['type', ...Object.keys(commonProviderShape)])
  return undefined
}

/** A host name changes with the host, in a container with every start: what was marked by the old one would be another's. */
function checkNodeAsOwner(report: Report, path: Path, node: string): void {
  if (!OWNER.pattern.test(node))
    report.missing([...path, 'owner'], `the node's name is too long to mark records; ${OWNER.allowed}`)
  else if (report.document.nodeAt(['node']) === undefined)
    report.warn(
      path,
      'without owner or node the host name marks what is ours: a renamed host would own nothing',
    )
}

/**
 * What a provider cannot take is said here, not at the first failover: TTLs beyond its range, types that it does not have, sets too large.
 * Both ends of a range are published, the lower one while anything is suspect.
 */
export function checkProviders(
  report: Report,
  zones: readonly ReadZone[],
  providers: ReadonlyMap<string, ProviderSettings>,
  pools: ReadonlyMap<string, PoolSettings>,
): void {
  for (const { settings: zone, path } of zones) {
    for (const name of zone.publish) {
      const provider = providers.get(name)
      const definition = provider === undefined ? undefined : providerDefinitions.get(provider.kind)
      if (provider === undefined || definition === undefined) continue
      const limits = definition.limits(provider.options)
      const { ttl, types } = limits
      if (zone.ttl.min < ttl.min || zone.ttl.max > ttl.max) {
        const at = ['min', 'max']
          .map((end) => [...path, 'ttl', end])
          .find((place) => report.document.nodeAt(place) !== undefined)
        const ours =
          zone.ttl.min === zone.ttl.max
            ? seconds(zone.ttl.min)
            : `${seconds(zone.ttl.min)} to ${seconds(zone.ttl.max)}`
        const message = `a TTL of ${ours}; allowed by provider ${name}: ${seconds(ttl.min)} to ${seconds(ttl.max)}`
        report.fault(at ?? [...path, 'ttl'], message)
      }
      for (const [index, answer] of zone.answers.entries()) {
        const { type } = answer
        const needed = type === 'NAPTR' ? ['NAPTR', 'SRV', 'A'] : type === 'SRV' ? ['SRV', 'A'] : [type]
        const lacking = needed.find((one) => !(types as readonly string[]).includes(one))
        if (lacking !== undefined) {
          report.fault(
            [...path, 'answers', index, 'type'],
            `provider ${name} cannot publish ${lacking}; allowed: ${types.join(', ')}`,
          )
          continue
        }
        const pool = pools.get(answer.pool)
        const why = pool === undefined ? undefined : outgrows(answer, pool, zone, limits)
        if (why !== undefined) report.fault([...path, 'answers', index], `provider ${name}: ${why}`)
      }
    }
  }
  const used = new Set(zones.flatMap(({ settings }) => settings.publish))
  for (const name of providers.keys())
    if (!used.has(name)) report.warn(['providers', name], 'no zone publishes to it')
}

function seconds(value: number): string {
  return formatDuration(value * 1_000)
}
