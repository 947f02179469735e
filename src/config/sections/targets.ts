import { z } from 'zod'
import { targetId } from '../../core/brand.ts'
import { address, parseAddress, port, source, wholeNumber } from '../../core/schemas.ts'
import { type Target, TRANSPORTS, type Transport } from '../../core/target.ts'
import type { Path } from '../fault.ts'
import { entryNames, readFields } from '../fields.ts'
import { domainName, TARGET_NAME } from '../names.ts'
import type { Report } from '../report.ts'
import { dependsOn, readDependencies } from './dependencies.ts'
import { discoveredAddress, discoveryOf } from './discovery.ts'

/** RFC 3261 section 19.1.2 (5060, 5061) and RFC 7118, whose WebSockets use HTTP's ports. */
const DEFAULT_PORTS: Readonly<Record<Transport, number>> = {
  udp: 5060,
  tcp: 5060,
  tls: 5061,
  ws: 80,
  wss: 443,
}

const ADDRESSES_MAX = 16
const TARGETS_MAX = 100_000

const atLeastOne = { error: 'allowed: at least one address' }

const hostName = z
  .string({ error: 'allowed: an absolute host name, like sip1.example.com.' })
  .transform((text, context) => {
    const result = domainName(text)
    if (result.ok && !/[*_]/.test(result.name)) return result.name
    const why = result.ok ? 'a host name has no * and no _' : result.why
    context.addIssue({
      code: 'custom',
      message: `allowed: an absolute host name, like sip1.example.com. (${why})`,
    })
    return z.NEVER
  })

const serverName = z
  .string({ error: 'allowed: a host name without a dot at the end' })
  .regex(
    /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*$/,
    {
      error: 'allowed: a host name without a dot at the end',
    },
  )

export const targetShape = {
  address: z
    .union([address(), z.array(address()).min(1, atLeastOne).max(ADDRESSES_MAX), discoveredAddress], {
      error: 'allowed: an IPv4 or IPv6 address, or a list of them',
    })
    .describe(
      'One IPv4 or IPv6 address, or a list: each is probed and published by itself; or, for a WAN link, how it is discovered.',
    ),
  port: port()
    .optional()
    .describe('UDP and TCP port; TLS stays at 5061, WS at 80, WSS at 443. Default 5060.'),
  ports: z
    .strictObject(
      {
        udp: port().optional().describe('Default 5060.'),
        tcp: port().optional().describe('Default 5060.'),
        tls: port().optional().describe('Default 5061.'),
        ws: port().optional().describe('Default 80.'),
        wss: port().optional().describe('Default 443.'),
      },
      { error: `allowed: a mapping of ${TRANSPORTS.join(', ')} to ports` },
    )
    .optional()
    .describe('Ports by transport; instead of port.'),
  priority: wholeNumber(0, 65_535)
    .default(10)
    .describe('Tier: the lowest is asked first (RFC 2782). Default 10.'),
  weight: wholeNumber(0, 65_535).default(100).describe('Share within a tier (RFC 2782). Default 100.'),
  host: hostName
    .optional()
    .describe(
      'Host name that SRV answers give, absolute. Default <target>.<zone>, which sipvane publishes itself.',
    ),
  serverName: serverName
    .optional()
    .describe('Name that TLS asks for and checks, where the probe gives none.'),
  source: source()
    .optional()
    .describe('Local address, or interface like wan0, that probes of this target leave by.'),
  dependsOn: dependsOn.describe(
    'Pools or targets (pool/target) that it needs: while one is down, it is degraded. Default none.',
  ),
}

/** The targets of `targets` or `fallback`, in the order of the file; those with a fault are left out and reported. */
export function readTargets(report: Report, pool: string, path: Path): Target[] {
  const names = entryNames(report, path, TARGET_NAME)
  if (names.length > TARGETS_MAX)
    report.fault(path, `${names.length} targets seen; allowed: at most ${TARGETS_MAX}`)
  const targets: Target[] = []
  for (const name of names) {
    const target = readTarget(report, pool, name, [...path, name])
    if (target !== undefined) targets.push(target)
  }
  return targets
}

function readTarget(report: Report, pool: string, name: string, path: Path): Target | undefined {
  const before = report.faults.length
  const fields = readFields(report, targetShape, path)
  if (fields === undefined) return undefined
  const found =
    typeof fields.address === 'object' && 'discover' in fields.address ? fields.address : undefined
  const addresses = addressesOf(fields.address)
  checkAddresses(report, path, addresses)
  checkSource(report, path, addresses, fields.source)
  if (fields.port !== undefined && report.document.nodeAt([...path, 'ports']) !== undefined) {
    report.fault(
      [...path, 'ports'],
      `given beside port; allowed: one of the two (ports takes ${TRANSPORTS.join(', ')})`,
    )
  }
  const depends = readDependencies(report, [...path, 'dependsOn'], fields.dependsOn)
  if (depends !== undefined && path.at(-2) === 'fallback') {
    report.fault(
      [...path, 'dependsOn'],
      'given, but a fallback is not judged; allowed for the targets of the pool only',
    )
  }
  if (found !== undefined && path.at(-2) === 'fallback') {
    report.fault([...path, 'address'], 'discover given; allowed for the targets of the pool only')
  }
  const { priority, weight, host, source } = fields
  if (priority === undefined || weight === undefined || report.faults.length > before) return undefined
  const both = fields.port === undefined ? {} : { udp: fields.port, tcp: fields.port }
  const given = Object.entries(fields.ports ?? {}).filter(([, value]) => value !== undefined)
  return {
    id: targetId(pool, name),
    pool,
    name,
    addresses,
    ...(found === undefined ? {} : { discover: discoveryOf(found, source) }),
    ports: { ...DEFAULT_PORTS, ...both, ...Object.fromEntries(given) },
    priority,
    weight,
    ...(host === undefined ? {} : { host }),
    ...(fields.serverName === undefined ? {} : { serverName: fields.serverName }),
    ...(source === undefined ? {} : { source }),
    ...(depends === undefined ? {} : { dependsOn: depends }),
  }
}

function addressesOf(given: z.output<typeof targetShape.address> | undefined): readonly string[] {
  if (given === undefined) return []
  if (typeof given === 'string') return [given]
  if (!('discover' in given)) return given
  return given.initial === undefined ? [] : [given.initial]
}

function checkAddresses(report: Report, path: Path, addresses: readonly string[]): void {
  const seen = new Set<string>()
  for (const [index, text] of addresses.entries()) {
    if (seen.has(text)) {
      const at = [...path, 'address', index]
      report.refuse(at, 'the same address stands before it; allowed: each once')
    }
    seen.add(text)
  }
}

/**
 * A probe cannot leave an IPv4 address for an IPv6 one: it would never count, and the address never be judged. An interface may have both.
 */
function checkSource(
  report: Report,
  path: Path,
  addresses: readonly string[],
  source: string | undefined,
): void {
  if (source === undefined) return
  const own = parseAddress(source)
  for (const text of addresses) {
    const other = parseAddress(text)
    if (!own.ok || !other.ok || own.family === other.family) continue
    report.refuse(
      [...path, 'source'],
      'an address is of the other family; allowed: the family of every address',
    )
    return
  }
}
