import { resolve } from 'node:path'
import { z } from 'zod'
import { address, duration, formatDuration, source, wholeNumber } from '../../core/schemas.ts'
import type { ProbeSettings } from '../../core/settings.ts'
import { PLANES } from '../../core/verdict.ts'
import type { ProbeDefinition } from '../../probes/definition.ts'
import { probeDefinitions } from '../../probes/registry.ts'
import type { Path } from '../fault.ts'
import { entryNames, readFields } from '../fields.ts'
import { readAs } from '../issues.ts'
import { LATER } from '../later.ts'
import { ENTRY_NAME } from '../names.ts'
import type { Report } from '../report.ts'
import { keysOf } from '../schema-keys.ts'
import { qualityOf, qualityShape } from './quality.ts'

const INTERVAL_MIN_MS = 100
const DEFAULT_INTERVAL_MS = 2_000
const DEFAULT_TIMEOUT_MAX_MS = 1_000
const FAST_INTERVAL_MIN_MS = 100
const DESTINATIONS_MAX = 16

/** The keys that every probe has; a kind's own come beside them. */
export const commonProbeShape = {
  interval: duration({ minMs: INTERVAL_MIN_MS })
    .optional()
    .describe(
      'Pause from one question to the next, start to start. Default 2s; 30s for sip-register, 60s for calls.',
    ),
  timeout: duration({ minMs: 10, maxMs: 300_000 })
    .optional()
    .describe(
      'Budget of one question, retransmissions included; at most the interval. Default half the interval, at most 1s.',
    ),
  fastInterval: duration({ minMs: FAST_INTERVAL_MIN_MS })
    .optional()
    .describe(
      'Pause after a first fail, until the verdict is clear. Default a fifth of the interval, at least 100ms.',
    ),
  downInterval: duration({ minMs: INTERVAL_MIN_MS })
    .optional()
    .describe('From one question to the next while a target is confirmed down. Default the interval.'),
  rise: wholeNumber(1, 100).default(2).describe('Passes in a row that make a down target up. Default 2.'),
  fall: wholeNumber(1, 100).default(3).describe('Fails in a row that make an up target down. Default 3.'),
  onFail: z
    .enum(['down', 'degrade'])
    .default('down')
    .describe(
      'What a failing probe makes of its target: down takes it out, degrade puts it one tier down. Default down.',
    ),
  degradeAbove: duration({ minMs: 1 })
    .optional()
    .describe('A pass that took longer than this degrades; shorter than the timeout. Default never.'),
  degrade: z
    .strictObject(
      {
        rise: wholeNumber(1, 100).describe('Passes in a row without impairment that end it.'),
        fall: wholeNumber(1, 100).describe('Impaired passes in a row that degrade a target.'),
      },
      { error: 'allowed: a mapping like { rise: 2, fall: 3 }' },
    )
    .optional()
    .describe(
      'Impaired passes (slow, lossy, a certificate about to end) in a row that degrade a target, and good ones that end it. Default as rise and fall.',
    ),
  quality: qualityShape,
  plane: z
    .enum(PLANES)
    .optional()
    .describe(
      'What it proves: control (signalling) or media; a pool may weigh them (planes). Default control; media for rtp-echo.',
    ),
  destinations: z
    .array(address(), { error: 'allowed: a list of IPv4 or IPv6 addresses' })
    .min(1, { error: 'allowed: at least one address' })
    .max(DESTINATIONS_MAX)
    .optional()
    .describe(
      "Reference hosts to ask instead of the target's address, through its source: what proves a WAN link. Default none.",
    ),
  quorum: wholeNumber(1, DESTINATIONS_MAX)
    .optional()
    .describe('How many of the destinations of a family have to pass. Default 1.'),
  source: source()
    .optional()
    .describe(
      "Local address, or interface like wan0, that its questions leave by. Default the target's, else the system's choice.",
    ),
}

/** Probes by name, in the order of the file; those with a fault are left out and reported. */
export function readProbes(report: Report, baseDir: string): Map<string, ProbeSettings> {
  const probes = new Map<string, ProbeSettings>()
  for (const name of entryNames(report, ['probes'], ENTRY_NAME)) {
    const probe = readProbe(report, name, ['probes', name], baseDir)
    if (probe !== undefined) probes.set(name, probe)
  }
  return probes
}

function readProbe(report: Report, name: string, path: Path, baseDir: string): ProbeSettings | undefined {
  const before = report.faults.length
  const definition = readKind(report, path)
  const common = readFields(report, commonProbeShape, path, { others: ['type'], open: true })
  if (common === undefined) return undefined
  const options = besideConfig(readOptions(report, definition, path), definition, baseDir)
  const { defaults } = definition ?? {}
  const intervalMs = common.interval ?? defaults?.intervalMs ?? DEFAULT_INTERVAL_MS
  const timeoutMs =
    common.timeout ?? Math.min(Math.round(intervalMs / 2), defaults?.timeoutMs ?? DEFAULT_TIMEOUT_MAX_MS)
  const fastIntervalMs =
    common.fastInterval ?? Math.max(Math.round(intervalMs / 5), Math.min(FAST_INTERVAL_MIN_MS, intervalMs))
  // The interval may be a value from the environment: its figure is shown only where the file itself shows it.
  const shown = report.document.isSecret([...path, 'interval']) ? '' : ` (${formatDuration(intervalMs)})`
  // A question that outlives its interval would overlap the next one.
  if (timeoutMs > intervalMs) {
    report.refuse([...path, 'timeout'], `allowed: at most the interval${shown}`)
  } else if (timeoutMs === intervalMs) {
    report.warn([...path, 'timeout'], 'is as long as the interval: a silent server is asked without a pause')
  }
  if (fastIntervalMs > intervalMs) {
    report.refuse([...path, 'fastInterval'], `allowed: at most the interval${shown}`)
  }
  const { destinations, quorum } = common
  checkDestinations(report, path, destinations, quorum)
  const { rise, fall, onFail, downInterval, degradeAbove, degrade, source } = common
  const plane = common.plane ?? definition?.plane
  if (degradeAbove !== undefined && degradeAbove >= timeoutMs) {
    report.refuse(
      [...path, 'degradeAbove'],
      'allowed: less than the timeout, or no pass would ever take so long',
    )
  }
  const quality = qualityOf(report, [...path, 'quality'], common.quality, { intervalMs, timeoutMs })
  if (definition === undefined || report.faults.length > before) return undefined
  if (rise === undefined || fall === undefined || onFail === undefined) return undefined
  return {
    name,
    kind: definition.kind,
    intervalMs,
    timeoutMs,
    fastIntervalMs,
    ...(downInterval === undefined ? {} : { downIntervalMs: downInterval }),
    ...(source === undefined ? {} : { source }),
    ...(destinations === undefined ? {} : { destinations }),
    ...(quorum === undefined ? {} : { quorum }),
    ...(degradeAbove === undefined ? {} : { degradeAboveMs: degradeAbove }),
    ...(quality === undefined ? {} : { quality }),
    rise,
    fall,
    onFail,
    ...(plane === undefined ? {} : { plane }),
    ...(degrade === undefined ? {} : { degrade }),
    options,
  }
}

function checkDestinations(
  report: Report,
  path: Path,
  destinations: readonly string[] | undefined,
  quorum: number | undefined,
): void {
  for (const [index, each] of (destinations ?? []).entries()) {
    if (destinations?.indexOf(each) !== index)
      report.refuse([...path, 'destinations', index], 'it stands before already; allowed: each once')
  }
  if (quorum !== undefined && report.document.nodeAt([...path, 'destinations']) === undefined) {
    const at = [...path, 'quorum']
    report.fault(
      at,
      'given, but nothing is counted; allowed with destinations only',
      report.document.position(at, 'key'),
    )
  }
}

function readKind(report: Report, path: Path): ProbeDefinition | undefined {
  const at = [...path, 'type']
  const kinds = [...probeDefinitions.keys()]
  const kind = report.document.valueAt(at)
  const definition = typeof kind === 'string' ? probeDefinitions.get(kind) : undefined
  if (definition !== undefined) return definition
  if (report.document.nodeAt(path)?.entries === undefined) return undefined
  if (report.document.nodeAt(at) === undefined) report.missing(at, `allowed: ${kinds.join(', ')}`)
  else if (isLater(kind)) {
    report.refuse(at, `not supported yet; allowed: ${kinds.join(', ')}`)
  } else report.refuseName(at, kinds)
  return undefined
}

/** The keys beside the common ones, by the kind's own schema. */
function readOptions(report: Report, definition: ProbeDefinition | undefined, path: Path): unknown {
  if (definition === undefined) {
    refuseStrangeKeys(report, path)
    return undefined
  }
  const options: Record<string, unknown> = {}
  for (const key of report.document.keysAt(path)) {
    if (key === 'type' || Object.hasOwn(commonProbeShape, key)) continue
    const own = keysOf(definition.options).includes(key)
    if (!own && (LATER.probeKeys as readonly string[]).includes(key)) {
      report.refuseKey([...path, key], [], LATER.probeKeys)
    } else options[key] = report.document.valueAt([...path, key])
  }
  return readAs(report, definition.options, path, options, ['type', ...Object.keys(commonProbeShape)])
}

/** A file that the configuration names is found wherever the process was started. */
function besideConfig(options: unknown, definition: ProbeDefinition | undefined, baseDir: string): unknown {
  if (typeof options !== 'object' || options === null) return options
  const resolved: Record<string, unknown> = { ...options }
  for (const key of definition?.files ?? []) {
    const value = resolved[key]
    if (typeof value === 'string') resolved[key] = resolve(baseDir, value)
  }
  return resolved
}

/** With the kind mistyped or left out: keys that no kind has. A kind of a later version may have any. */
function refuseStrangeKeys(report: Report, path: Path): void {
  if (isLater(report.document.valueAt([...path, 'type']))) return
  const common = ['type', ...Object.keys(commonProbeShape)]
  const known = new Set([
    ...common,
    ...[...probeDefinitions.values()].flatMap(({ options }) => keysOf(options)),
  ])
  for (const key of report.document.keysAt(path)) {
    if (!known.has(key)) report.refuseKey([...path, key], common, LATER.probeKeys)
  }
}

function isLater(kind: unknown): boolean {
  return (LATER.probeKinds as readonly unknown[]).includes(kind)
}
