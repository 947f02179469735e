import type { DomainName } from '../core/brand.ts'
import type { PoolSettings, Settings, ZoneSettings } from '../core/settings.ts'
import { parseConfigDocument } from './document.ts'
import { type ConfigFault, formatPath, type Path, sortFaults } from './fault.ts'
import { deepFreeze } from './freeze.ts'
import { LATER } from './later.ts'
import { CONFIG_BYTES_MAX } from './read.ts'
import { Report } from './report.ts'
import { readHooks } from './sections/hooks.ts'
import { readAdmin, readDns, readInstance } from './sections/instance.ts'
import { readLb } from './sections/lb.ts'
import { readMonitor } from './sections/monitor.ts'
import { readPools } from './sections/pools.ts'
import { checkMembers, checkQuorums, checkSources, warnOfUnusedProbes } from './sections/probe-references.ts'
import { readProbes } from './sections/probes.ts'
import { checkProviders, readProviders } from './sections/providers.ts'
import { type ReadZone, readZones } from './sections/zones.ts'
import type { Environment } from './substitution.ts'

export { readConfig } from './read.ts'

/** What a zone's own check finds. `line` and `column` are 1-based inside the `records` text; `answer` is an index. */
export interface ZoneFault {
  readonly message: string
  /** Worth a word, no reason to refuse the file. */
  readonly warning?: true
  readonly line?: number
  readonly column?: number
  readonly answer?: number
}

export interface ConfigContext {
  readonly env: Environment
  /** The default of `node`. */
  readonly hostname: string
  /** What relative paths in the configuration are relative to. */
  readonly baseDir: string
  /** Finds what contradicts itself inside one zone; asked only about zones that are sound so far. */
  readonly checkZone?: (zone: ZoneSettings, pools: ReadonlyMap<string, PoolSettings>) => readonly ZoneFault[]
}

export type LoadResult =
  | { readonly ok: true; readonly settings: Settings; readonly warnings: readonly ConfigFault[] }
  | { readonly ok: false; readonly faults: readonly ConfigFault[] }

/** Top-level keys, in the order in which people are told of them. */
export const SECTIONS = [
  'node',
  'state',
  'dns',
  'keys',
  'probes',
  'pools',
  'zones',
  'providers',
  'hooks',
  'monitor',
  'admin',
  'lb',
] as const

/**
 * Turns YAML text into frozen settings, or into everything that is wrong with it, in the order of the file. Pure but for
 * what `context` brings; throws nothing for any text.
 */
export function loadConfig(
  source: { readonly file: string; readonly text: string },
  context: ConfigContext,
): LoadResult {
  const text = source.text.startsWith('\ufeff') ? source.text.slice(1) : source.text
  if (text.length > CONFIG_BYTES_MAX) {
    const message = `${text.length} characters seen; allowed: at most ${CONFIG_BYTES_MAX}`
    return { ok: false, faults: [{ file: source.file, line: 0, column: 0, path: '', message }] }
  }
  const parsed = parseConfigDocument(text, context.env)
  if (!parsed.ok) {
    const faults = parsed.faults.map(({ offset, path, message }) => ({
      file: source.file,
      ...parsed.positionAt(offset),
      path: formatPath(path),
      message,
    }))
    return { ok: false, faults: sortFaults(faults) }
  }
  const report = new Report(source.file, parsed.document)
  for (const { offset, path, message } of parsed.faults) {
    report.fault(path, message, parsed.document.positionAt(offset))
  }
  const settings = readSettings(report, context)
  if (settings === undefined || report.faults.length > 0)
    return { ok: false, faults: sortFaults(report.faults) }
  return { ok: true, settings: deepFreeze(settings), warnings: sortFaults(report.warnings) }
}

function readSettings(report: Report, context: ConfigContext): Settings | undefined {
  const { document } = report
  const sections = document.nodeAt([])?.entries
  if (sections === undefined || sections.size === 0) {
    const seen = document.valueAt([]) === null || sections !== undefined ? 'an empty file' : document.seen([])
    const message = `${seen} seen; allowed: a mapping with the keys ${SECTIONS.join(', ')}`
    report.fault([], message, { line: 1, column: 1 })
    return undefined
  }
  for (const key of sections.keys()) {
    if (!(SECTIONS as readonly string[]).includes(key)) report.refuseKey([key], SECTIONS, LATER.sections)
  }
  const instance = readInstance(report, context)
  const dns = readDns(report)
  const probes = readProbes(report, context.baseDir)
  checkMembers(report, probes)
  const pools = readPools(report)
  const zones = readZones(report)
  const providers = readProviders(report, instance.node)
  const monitor = readMonitor(report, probes)
  const hooks = readHooks(report, pools)
  const admin = readAdmin(report)
  const lb = readLb(report)
  if (!sections.has('pools') && !sections.has('zones')) {
    report.fault([], 'neither pools nor zones seen: there is nothing to do; allowed: one of them at least')
  }
  checkSources(report, pools, probes)
  checkQuorums(report, pools, probes)
  warnOfUnusedProbes(report, pools, probes, monitor?.settings)
  for (const zone of zones) checkZone(report, zone, pools, context)
  checkProviders(report, zones, providers, pools)
  return {
    ...instance,
    ...(dns === undefined ? {} : { dns }),
    probes: new Map([...probes, ...(monitor?.probes ?? []).map((probe) => [probe.name, probe] as const)]),
    pools,
    zones: new Map(zones.map(({ settings }): [DomainName, ZoneSettings] => [settings.origin, settings])),
    providers,
    ...(hooks.size === 0 ? {} : { hooks }),
    ...(admin === undefined ? {} : { admin }),
    ...(lb === undefined ? {} : { lb }),
    ...(monitor === undefined ? {} : { monitor: monitor.settings }),
  }
}

/** A zone's own contradictions. With a pool missing, half of what it said would be the pool's fault over again. */
function checkZone(
  report: Report,
  { settings, path }: ReadZone,
  pools: ReadonlyMap<string, PoolSettings>,
  context: ConfigContext,
): void {
  const { document } = report
  const sound = settings.answers.every(
    ({ pool }) => pools.has(pool) && document.nodeAt(['pools', pool])?.broken === false,
  )
  if (context.checkZone === undefined || !sound || document.nodeAt(path)?.broken !== false) return
  const records: Path = [...path, 'records']
  for (const { message, warning, line, column, answer } of context.checkZone(settings, pools)) {
    const safe = document.withoutSecrets(message, records)
    const tell = warning === true ? report.warn.bind(report) : report.fault.bind(report)
    if (line !== undefined) {
      tell(records, safe, document.positionInText(records, { line, column: column ?? 1 }))
    } else if (answer !== undefined) tell([...path, 'answers', answer], safe)
    else tell(path, safe, document.position(path, 'key'))
  }
}
