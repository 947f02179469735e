import { z } from 'zod'
import { address, parseAddress, port } from '../../core/schemas.ts'
import type { MonitorSettings, ProbeSettings, SentinelSettings } from '../../core/settings.ts'
import { probeDefinitions } from '../../probes/registry.ts'
import type { Path } from '../fault.ts'
import { readFields } from '../fields.ts'
import type { Report } from '../report.ts'

const ALLOWED =
  'allowed: an address (asked by ping), address:port (asked by a TCP connect), or { address, port, probe }'
const SENTINELS_MAX = 64

/** Names that no configuration can give to a probe of its own. */
const BUILT_IN = { icmp: '@ping', tcp: '@tcp' } as const

const place = z.string({ error: ALLOWED }).transform((text, context) => {
  const parsed = parsePlace(text)
  if (parsed !== undefined) return parsed
  context.addIssue({ code: 'custom', message: ALLOWED })
  return z.NEVER
})

const asked = z.strictObject(
  {
    address: address().describe('One IPv4 or IPv6 address.'),
    port: port().optional().describe("Port. Default the transport's usual one."),
    probe: z.string({ error: 'allowed: the name of a probe' }).describe('Name of the probe that asks it.'),
  },
  { error: ALLOWED },
)

export const monitorShape = {
  sentinels: z
    .array(z.union([place, asked], { error: ALLOWED }), { error: 'allowed: a list of addresses' })
    .max(SENTINELS_MAX)
    .default([])
    .describe(
      'Addresses that should always answer: they tell the death of servers from the loss of our own network. Default none.',
    ),
}

export interface ReadMonitor {
  readonly settings: MonitorSettings
  /** The built-in probes that sentinels without one of their own are asked by. */
  readonly probes: readonly ProbeSettings[]
}

/** The section `monitor`; undefined where it is absent or has a fault. */
export function readMonitor(
  report: Report,
  known: ReadonlyMap<string, ProbeSettings>,
): ReadMonitor | undefined {
  if (report.document.nodeAt(['monitor']) === undefined) return undefined
  const before = report.faults.length
  const fields = readFields(report, monitorShape, ['monitor'])
  const sentinels: SentinelSettings[] = []
  for (const [index, given] of (fields?.sentinels ?? []).entries()) {
    const path: Path = ['monitor', 'sentinels', index]
    const { address: where, port: at } = given
    const probe = 'probe' in given ? given.probe : at === undefined ? BUILT_IN.icmp : BUILT_IN.tcp
    if ('probe' in given && !known.has(probe)) {
      report.refuseName([...path, 'probe'], report.document.keysAt(['probes']))
    }
    const name = `${where}${at === undefined ? '' : ` ${at}`}`
    if (sentinels.some((each) => each.name === name)) {
      report.refuse(path, 'it stands before already; allowed: each once')
    }
    sentinels.push({ name, address: where, ...(at === undefined ? {} : { port: at }), probe })
  }
  if (fields === undefined || report.faults.length > before) return undefined
  const names = new Set(sentinels.map(({ probe }) => probe))
  const probes = Object.entries(BUILT_IN).flatMap(([kind, name]) =>
    names.has(name) ? builtIn(kind, name) : [],
  )
  return { settings: { sentinels }, probes }
}

function builtIn(kind: string, name: string): ProbeSettings[] {
  const definition = probeDefinitions.get(kind)
  if (definition === undefined) return []
  return [
    {
      name,
      kind,
      intervalMs: 2_000,
      timeoutMs: 1_000,
      fastIntervalMs: 400,
      rise: 2,
      fall: 3,
      onFail: 'down',
      options: definition.options.parse({}),
    },
  ]
}

/** `192.0.2.1`, `192.0.2.1:53`, `2001:db8::1`, `[2001:db8::1]:53`. */
function parsePlace(text: string): { readonly address: string; readonly port?: number } | undefined {
  const plain = parseAddress(text)
  if (plain.ok) return { address: plain.address }
  const match = /^(?:\[([^\][]+)\]|([^\][:]+)):(\d{1,5})$/.exec(text)
  const parsed = parseAddress(match?.[1] ?? match?.[2] ?? '')
  const at = Number(match?.[3])
  if (!parsed.ok || !(at >= 1 && at <= 65_535)) return undefined
  return (parsed.family === 6) === (match?.[1] !== undefined)
    ? { address: parsed.address, port: at }
    : undefined
}
