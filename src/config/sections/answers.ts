import { z } from 'zod'
import type { DomainName } from '../../core/brand.ts'
import { port } from '../../core/schemas.ts'
import type { AnswerSettings } from '../../core/settings.ts'
import { TRANSPORTS, type Transport } from '../../core/target.ts'
import type { Path } from '../fault.ts'
import { type Fields, readFields } from '../fields.ts'
import { domainName } from '../names.ts'
import type { Report } from '../report.ts'
import { checkProbeNames } from './pools.ts'

const DEFAULT_NAPTR_TRANSPORTS: readonly Transport[] = ['udp', 'tcp']

/** Owner prefixes that tell the transport: RFC 3263 section 4.1; `_sip._tls` is widespread, WebSocket ones follow RFC 7118's names. */
const SRV_TRANSPORTS: ReadonlyMap<string, Transport> = new Map([
  ['_sip._udp', 'udp'],
  ['_sip._tcp', 'tcp'],
  ['_sips._tcp', 'tls'],
  ['_sip._tls', 'tls'],
  ['_sip._ws', 'ws'],
  ['_sips._ws', 'wss'],
  ['_sips._wss', 'wss'],
  // What a NAPTR answer leads to for RFC 7118's services.
  ['_ws._tcp', 'ws'],
  ['_wss._tcp', 'wss'],
])

export const answerShape = {
  name: z
    .string({ error: 'allowed: a name in the zone: @, relative, or absolute with a dot at the end' })
    .describe(
      'Owner: @ for the zone itself, a name relative to it, or an absolute one (ending in a dot) inside it.',
    ),
  type: z.enum(['A', 'AAAA', 'SRV', 'NAPTR']).describe('Record type.'),
  pool: z.string({ error: 'allowed: the name of a pool' }).describe('Pool whose decision is answered.'),
  probes: z
    .array(z.string({ error: 'allowed: the name of a probe' }), {
      error: 'allowed: a list of names of probes, like [options]',
    })
    .min(1, { error: 'allowed: at least one probe' })
    .optional()
    .describe("Those of the pool's probes that this answer depends on. Default all of them."),
  port: port().optional().describe("SRV: the port to answer, instead of each target's own."),
  transports: z
    .array(z.enum(TRANSPORTS), { error: `allowed: a list of ${TRANSPORTS.join(', ')}` })
    .min(1, { error: 'allowed: at least one transport' })
    .optional()
    .describe('NAPTR: transports to offer, best first. Default [udp, tcp].'),
}

/** The answers of a zone in the order of the file; those with a fault are left out and reported. */
export function readAnswers(report: Report, origin: DomainName, path: Path): AnswerSettings[] {
  const node = report.document.nodeAt(path)
  if (node === undefined) return []
  if (node.items === undefined) {
    report.refuse(path, 'allowed: a list of answers')
    return []
  }
  const answers: AnswerSettings[] = []
  for (const index of node.items.keys()) {
    const answer = readAnswer(report, origin, [...path, index])
    if (answer !== undefined) answers.push(answer)
  }
  return answers
}

function readAnswer(report: Report, origin: DomainName, path: Path): AnswerSettings | undefined {
  const before = report.faults.length
  const fields = readFields(report, answerShape, path)
  if (fields === undefined) return undefined
  const name = readOwner(report, [...path, 'name'], fields.name, origin)
  const probes = readView(report, path, fields)
  const transports = readTransports(report, path, fields, name)
  const { type, pool } = fields
  if (fields.port !== undefined && type !== undefined && type !== 'SRV')
    refuseStray(report, [...path, 'port'], 'SRV')
  if (name === undefined || type === undefined || pool === undefined || report.faults.length > before)
    return undefined
  return { name, type, pool, probes, ...(fields.port === undefined ? {} : { port: fields.port }), transports }
}

function readOwner(
  report: Report,
  path: Path,
  text: string | undefined,
  origin: DomainName,
): DomainName | undefined {
  if (text === undefined) return undefined
  const result = domainName(text, origin)
  if (result.ok && (result.name === origin || result.name.endsWith(`.${origin}`))) return result.name
  const why = result.ok ? 'it lies outside' : result.why
  report.refuse(path, `allowed: @, a relative name, or an absolute one inside ${origin} (${why})`)
  return undefined
}

/** The probes an answer depends on, in the pool's order: views that list the same probes are the same view. */
function readView(report: Report, path: Path, fields: Fields<typeof answerShape>): string[] {
  const { pool } = fields
  if (pool === undefined) return []
  const pools = report.document.nodeAt(['pools'])?.entries
  if (pools?.has(pool) !== true) {
    report.refuseName([...path, 'pool'], report.document.keysAt(['pools']))
    return []
  }
  const listed = report.document.valueAt(['pools', pool, 'probes'])
  const own = Array.isArray(listed) ? [...new Set(listed)].filter((name) => typeof name === 'string') : []
  if (fields.probes === undefined) return own
  // A pool without a readable list has its own fault; its answers are not blamed for that.
  if (own.length > 0) checkProbeNames(report, [...path, 'probes'], fields.probes, own)
  const wanted = new Set(fields.probes)
  return own.filter((name) => wanted.has(name))
}

/**
 * type   transports given   owner known   port given
 * NAPTR  no                 *             *           udp, tcp
 * NAPTR  yes                *             *           as given, each once
 * SRV    no                 yes           *           told by the owner
 * SRV    no                 no            yes         none: the port is said, the protocol is not ours to know
 * SRV    no                 no            no          fault: which of the target's ports?
 * A...   no                 *             *           none
 * other  yes                *             *           fault
 */
function readTransports(
  report: Report,
  path: Path,
  fields: Fields<typeof answerShape>,
  name: DomainName | undefined,
): readonly Transport[] {
  const { type, transports } = fields
  if (transports !== undefined && type !== undefined && type !== 'NAPTR') {
    refuseStray(report, [...path, 'transports'], 'NAPTR')
  }
  if (type === 'NAPTR') {
    const given = transports ?? DEFAULT_NAPTR_TRANSPORTS
    for (const [index, transport] of given.entries()) {
      if (given.indexOf(transport) === index) continue
      report.refuse([...path, 'transports', index], 'it stands before already; allowed: each once')
    }
    return given
  }
  if (type !== 'SRV' || name === undefined) return []
  const [service = '', protocol = ''] = name.split('.', 2)
  // RFC 2782: the owner is _Service._Proto.Name.
  if (!service.startsWith('_') || !protocol.startsWith('_')) {
    report.refuse(
      [...path, 'name'],
      'allowed for SRV: a name that starts with _service._protocol, like _sip._udp',
    )
    return []
  }
  const transport = SRV_TRANSPORTS.get(`${service}.${protocol}`)
  if (transport === undefined && report.document.nodeAt([...path, 'port']) === undefined) {
    const known = [...SRV_TRANSPORTS.keys()].join(', ')
    report.refuse([...path, 'name'], `allowed without a port: ${known}; give port for other services`)
  }
  return transport === undefined ? [] : [transport]
}

function refuseStray(report: Report, path: Path, type: string): void {
  const at = report.document.position(path, 'key')
  report.fault(path, `given, but nothing reads it; allowed for type ${type} only`, at)
}
