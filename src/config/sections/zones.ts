import { z } from 'zod'
import type { DomainName } from '../../core/brand.ts'
import { duration } from '../../core/schemas.ts'
import type { TtlRange, ZoneSettings } from '../../core/settings.ts'
import type { Path } from '../fault.ts'
import { entryNames, readFields } from '../fields.ts'
import { domainName, ZONE_NAME } from '../names.ts'
import type { Report } from '../report.ts'
import { allowedNames } from '../suggest.ts'
import { readAnswers } from './answers.ts'

/** RFC 2181 section 8: a TTL is 31 bits; 0 to 2147483647. */
const TTL_MAX_S = 2_147_483_647
const DEFAULT_TTL_S = 30
const DEFAULT_NEGATIVE_TTL_S = 15
/** FreeSWITCH's resolver takes a negative TTL this short for none, and waits 600 s. */
const NEGATIVE_TTL_SHORT_S = 10

const RECORDS_MAX = 4 * 1024 * 1024

/** A TTL in whole seconds. */
function seconds(): z.ZodType<number, string> {
  const error = 'allowed: whole seconds (DNS knows no shorter ones), like 30s'
  return duration({ maxMs: TTL_MAX_S * 1_000 }).transform((ms, context) => {
    if (ms % 1_000 === 0) return ms / 1_000
    context.addIssue({ code: 'custom', message: error })
    return z.NEVER
  }) as unknown as z.ZodType<number, string>
}

const NAMESERVERS = 'allowed: a list of absolute host names, like [ns1.example.com.]'

export const zoneShape = {
  nameservers: z
    .array(z.string({ error: 'allowed: an absolute host name, like ns1.example.com.' }), {
      error: NAMESERVERS,
    })
    .min(1, { error: 'allowed: at least one name server' })
    .max(64)
    .optional()
    .describe(
      "Host names of the zone's name servers, absolute (ending in a dot); the first one is the SOA's primary. Required where publish has dns.",
    ),
  ttl: z
    .union(
      [
        seconds(),
        z.strictObject({
          min: seconds().describe('While anything is suspect.'),
          max: seconds().describe('While all is calm.'),
        }),
      ],
      { error: ttlWords },
    )
    .default(DEFAULT_TTL_S)
    .describe(
      'TTL of all records without one of their own: one, or min while anything is suspect and max else. Default 30s.',
    ),
  negativeTtl: seconds()
    .default(DEFAULT_NEGATIVE_TTL_S)
    .describe(
      "How long resolvers keep 'no such record' (the SOA's MINIMUM, RFC 2308 section 4). Default 15s.",
    ),
  publish: z
    .array(z.string({ error: 'allowed: dns, or the name of a provider' }), {
      error: 'allowed: a list, like [dns]',
    })
    .min(1, { error: 'allowed: at least one publisher' })
    .default(['dns'])
    .describe(
      'Who publishes the zone: dns, the responder of this instance, and names of providers. Default [dns].',
    ),
  records: z
    .string({
      error: 'allowed: master-file text (RFC 1035 section 5); a block that starts with | keeps its lines',
    })
    .max(RECORDS_MAX)
    .default('')
    .describe('Static records, master-file text (RFC 1035 section 5).'),
}

function ttlWords(issue: { readonly input?: unknown }): string {
  const allowed = 'allowed: a duration like 30s, or a range like { min: 10s, max: 60s }'
  return typeof issue.input === 'number' ? `${allowed}; a number alone has no unit` : allowed
}

/** A zone with the key it has in the file, which may be spelled another way than its name. */
export interface ReadZone {
  readonly settings: ZoneSettings
  readonly path: Path
}

/** Zones in the order of the file; those with a fault are left out and reported. */
export function readZones(report: Report): ReadZone[] {
  const zones: ReadZone[] = []
  const seen = new Set<DomainName>()
  for (const key of entryNames(report, ['zones'], ZONE_NAME)) {
    const path: Path = ['zones', key]
    const at = report.document.position(path, 'key')
    // A zone's name is absolute with or without its last dot: there is nothing it could be relative to.
    const name = domainName(key.endsWith('.') ? key : `${key}.`)
    if (!name.ok || key.startsWith('*')) {
      report.fault(
        path,
        `not a zone's name; allowed: a domain name (${name.ok ? 'no wildcard' : name.why})`,
        at,
      )
      continue
    }
    if (seen.has(name.name)) report.fault(path, 'the same zone stands before it in another spelling', at)
    seen.add(name.name)
    const settings = readZone(report, name.name, path)
    if (settings !== undefined) zones.push({ settings, path })
  }
  return zones
}

function readZone(report: Report, origin: DomainName, path: Path): ZoneSettings | undefined {
  const before = report.faults.length
  const fields = readFields(report, zoneShape, path, { others: ['answers'] })
  if (fields === undefined) return undefined
  checkPublish(report, [...path, 'publish'], fields.publish ?? [])
  const served = fields.publish?.includes('dns') !== false
  const nameservers = readNameservers(report, [...path, 'nameservers'], fields.nameservers ?? [])
  if (served) requireNameservers(report, [...path, 'nameservers'])
  // An unknown publisher has its own fault; with it mended, what stands here may be read.
  else if (fields.publish?.every((name) => report.document.keysAt(['providers']).includes(name)))
    refuseUnread(report, path)
  const ttl = readTtl(report, [...path, 'ttl'], fields.ttl)
  const answers = readAnswers(report, origin, [...path, 'answers'])
  const { negativeTtl, publish, records } = fields
  if (negativeTtl !== undefined && negativeTtl <= NEGATIVE_TTL_SHORT_S) {
    const at = [...path, 'negativeTtl']
    report.warn(at, `at ${NEGATIVE_TTL_SHORT_S}s or less FreeSWITCH's resolver falls back to 600s of its own`)
  }
  if (ttl === undefined || negativeTtl === undefined || publish === undefined || records === undefined)
    return undefined
  if (report.faults.length > before) return undefined
  return { origin, nameservers, ttl, negativeTtl, publish, records, answers }
}

function readNameservers(report: Report, path: Path, texts: readonly string[]): DomainName[] {
  const names: DomainName[] = []
  for (const [index, text] of texts.entries()) {
    const result = domainName(text)
    if (!result.ok)
      report.refuse([...path, index], `allowed: an absolute host name, like ns1.example.com. (${result.why})`)
    // RFC 2181 section 10.3 and RFC 1123 section 2.1: an NS names a host.
    else if (/[*_]/.test(result.name))
      report.refuse([...path, index], 'allowed: a host name, without * and _')
    else if (names.includes(result.name))
      report.refuse([...path, index], 'it stands before already; allowed: each once')
    else names.push(result.name)
  }
  if (texts.length === 1)
    report.warn(path, 'a single name server: RFC 1034 section 4.1 asks for two at least')
  return names
}

function checkPublish(report: Report, path: Path, names: readonly string[]): void {
  const known = ['dns', ...report.document.keysAt(['providers'])]
  for (const [index, name] of names.entries()) {
    if (!known.includes(name)) refusePublisher(report, [...path, index], known)
    else if (names.indexOf(name) < index)
      report.refuse([...path, index], 'it stands before already; allowed: each once')
  }
}

function refusePublisher(report: Report, path: Path, known: readonly string[]): void {
  const allowed = allowedNames(known, report.wordAt(path))
  report.refuse(path, `${allowed}; there is no provider of this name under \`providers\``)
}

function requireNameservers(report: Report, path: Path): void {
  if (report.document.nodeAt(path) === undefined) report.missing(path, NAMESERVERS)
}

/** A managed zone has name servers and static records of its own; what stands here for them would be read by nobody. */
function refuseUnread(report: Report, path: Path): void {
  for (const key of ['nameservers', 'records']) {
    if (report.document.nodeAt([...path, key]) === undefined) continue
    const at = report.document.position([...path, key], 'key')
    report.fault([...path, key], 'given, but nothing reads it; allowed where publish has dns', at)
  }
}

function readTtl(report: Report, path: Path, ttl: number | TtlRange | undefined): TtlRange | undefined {
  if (ttl === undefined) return undefined
  const range = typeof ttl === 'number' ? { min: ttl, max: ttl } : ttl
  if (range.min > range.max) report.refuse([...path, 'min'], 'allowed: at most max')
  if (range.min === 0) report.warn(path, 'a TTL of 0 lets no resolver keep an answer: every call asks again')
  return range
}
