import { isIPv6 } from 'node:net'
import { z } from 'zod'
import type { DomainName } from '../../core/brand.ts'
import type {
  DnsSettings,
  NotifySettings,
  NotifyTarget,
  TransferRule,
  TransferSettings,
  TsigKeySettings,
} from '../../core/dns-settings.ts'
import { address, duration, parseAddress, port, wholeNumber } from '../../core/schemas.ts'
import type { SocketAddress } from '../../core/settings.ts'
import type { Path } from '../fault.ts'
import { entryNames, readFields } from '../fields.ts'
import { domainName } from '../names.ts'
import type { Report } from '../report.ts'
import { network } from './network.ts'

const SECRET = 'allowed: base64 of at least 16 octets (openssl rand -base64 32)'
const NAME = 'allowed: a domain name, like fleet or fleet.example.com'
const TO =
  'allowed: an address, or an address and a port, like 192.0.2.53, 192.0.2.53:53 or [2001:db8::53]:53'
const DNS_PORT = 53

/** A key of `keys`; its entry's name is the name of the key, as its users have it. */
export const keyShape = {
  algorithm: z
    .enum(['hmac-sha256', 'hmac-sha384', 'hmac-sha512'], {
      error: 'allowed: hmac-sha256, hmac-sha384 or hmac-sha512 (RFC 8945 section 6)',
    })
    .default('hmac-sha256')
    .describe('hmac-sha256, hmac-sha384 or hmac-sha512. Default hmac-sha256.'),
  secret: z
    .string({ error: SECRET })
    .regex(/^[A-Za-z0-9+/]{22,}={0,2}$/, { error: SECRET })
    .describe('In base64, 16 octets at least; best from the environment.'),
}

const ruleSchema = z.union(
  [
    network(),
    z.strictObject({
      network: network().optional().describe('address/bits, or an address.'),
      key: keyName().optional().describe('Name of an entry of keys.'),
    }),
  ],
  { error: 'allowed: a network, like 192.0.2.0/24, or a mapping with network, key or both' },
)

const rules = () => z.array(ruleSchema, { error: 'allowed: a list of networks and keys' }).max(1_000)

const transferShape = {
  allow: rules()
    .default([])
    .describe('Who may take any zone: networks, and mappings with network, key or both. Default: nobody.'),
  zones: z
    .record(z.string(), rules(), { error: 'allowed: a mapping of zones to lists' })
    .default({})
    .describe('Instead of allow, for these zones.'),
  journal: wholeNumber(0, 10_000)
    .default(200)
    .describe('Changes of each zone kept for incremental transfers. Default 200; 0: always the whole zone.'),
  maxConcurrent: wholeNumber(1, 1_000).default(16).describe('Transfers at a time; others wait. Default 16.'),
}

const targetShape = {
  to: peer().describe('Address and port of the secondary; the port is 53 by default.'),
  key: keyName().optional().describe('Name of an entry of keys to sign with.'),
  zones: z
    .array(z.string(), { error: 'allowed: a list of zones' })
    .min(1)
    .max(100_000)
    .optional()
    .describe('Default: all zones that are served here.'),
}

const notifyShape = {
  targets: z
    .array(z.strictObject(targetShape), { error: 'allowed: a list of mappings with to, key and zones' })
    .min(1, { error: 'allowed: at least one target' })
    .max(1_000)
    .describe('Secondaries that are told of every change.'),
  timeout: duration({ minMs: 100, maxMs: 60_000 })
    .default(1_000)
    .describe('Wait for the first acknowledgement; twice as long each time. Default 1s.'),
  retries: wholeNumber(0, 20).default(5).describe('Tries after the first. Default 5.'),
  source: address()
    .optional()
    .describe('Local address to send from. Default: the first of listen that is of the same family.'),
}

/** Keys of `dns` about secondaries. */
export const secondariesShape = {
  transfer: z.strictObject(transferShape).optional().describe('Zone transfers. Absent: refused.'),
  notify: z.strictObject(notifyShape).optional().describe('NOTIFY to secondaries. Absent: none.'),
}

/** Keys by name, in the order of the file; those with a fault are left out and reported. */
export function readKeys(report: Report): readonly TsigKeySettings[] {
  return entryNames(report, ['keys'], { pattern: /^/, allowed: '' }).flatMap((text) => {
    const path: Path = ['keys', text]
    const name = domainName(text.endsWith('.') ? text : `${text}.`)
    if (!name.ok) {
      report.fault(path, `not a proper name; ${NAME} (${name.why})`, report.document.position(path, 'key'))
      return []
    }
    const fields = readFields(report, keyShape, path)
    if (fields?.algorithm === undefined || fields.secret === undefined) return []
    return [{ name: name.name, algorithm: fields.algorithm, secret: fields.secret }]
  })
}

type Read = { readonly [Key in keyof typeof secondariesShape]: z.output<(typeof secondariesShape)[Key]> }

/** The settings of what was read; references that lead nowhere are reported. */
export function readSecondaries(
  report: Report,
  { transfer, notify }: Read,
): Pick<DnsSettings, 'keys' | 'transfer' | 'notify'> {
  const keys = readKeys(report)
  return {
    ...(keys.length === 0 ? {} : { keys }),
    ...(transfer === undefined ? {} : { transfer: transferSettings(report, transfer) }),
    ...(notify === undefined ? {} : { notify: notifySettings(report, notify) }),
  }
}

function transferSettings(report: Report, read: NonNullable<Read['transfer']>): TransferSettings {
  const base: Path = ['dns', 'transfer']
  const list = (path: Path, read: readonly (string | TransferRuleRead)[]): TransferRule[] =>
    read.map((rule, index) => ruleOf(report, [...path, index], rule))
  const zones = new Map<DomainName, readonly TransferRule[]>()
  for (const [text, ofZone] of Object.entries(read.zones)) {
    const path: Path = [...base, 'zones', text]
    const zone = zoneName(report, path, text, true)
    if (zone !== undefined) zones.set(zone, list(path, ofZone))
  }
  if (read.allow.length === 0 && zones.size === 0) report.warn(base, 'nobody is allowed to transfer anything')
  return {
    allow: list([...base, 'allow'], read.allow),
    zones,
    journalChanges: read.journal,
    maxConcurrent: read.maxConcurrent,
  }
}

interface TransferRuleRead {
  readonly network?: string | undefined
  readonly key?: DomainName | undefined
}

function ruleOf(report: Report, path: Path, rule: string | TransferRuleRead): TransferRule {
  if (typeof rule === 'string') return { network: rule }
  const { network, key } = rule
  if (network === undefined && key === undefined) report.refuse(path, 'allowed: network, key or both')
  if (key !== undefined) checkKey(report, [...path, 'key'], key)
  return { ...(network === undefined ? {} : { network }), ...(key === undefined ? {} : { key }) }
}

function notifySettings(report: Report, read: NonNullable<Read['notify']>): NotifySettings {
  const targets = read.targets.map(({ to, key, zones }, index): NotifyTarget => {
    const path: Path = ['dns', 'notify', 'targets', index]
    if (key !== undefined) checkKey(report, [...path, 'key'], key)
    const names = zones?.flatMap((text, i) => zoneName(report, [...path, 'zones', i], text, false) ?? [])
    return { to, ...(key === undefined ? {} : { key }), ...(names === undefined ? {} : { zones: names }) }
  })
  return {
    targets,
    timeoutMs: read.timeout,
    retries: read.retries,
    ...(read.source === undefined ? {} : { source: read.source }),
  }
}

function checkKey(report: Report, path: Path, key: DomainName): void {
  const names = report.document.keysAt(['keys'])
  const known = names.some((name) => `${name.toLowerCase().replace(/\.$/, '')}.` === key)
  if (!known)
    report.refuse(path, names.length === 0 ? 'allowed: an entry of keys' : `allowed: ${names.join(', ')}`)
}

function zoneName(report: Report, path: Path, text: string, isKey: boolean): DomainName | undefined {
  const name = domainName(text.endsWith('.') ? text : `${text}.`)
  const zones = report.document.keysAt(['zones'])
  const known = name.ok && zones.some((zone) => `${zone.toLowerCase().replace(/\.$/, '')}.` === name.name)
  if (known) return name.name
  const allowed = `allowed: a zone of zones${name.ok ? '' : ` (${name.why})`}`
  if (isKey) report.fault(path, `no zone of that name; ${allowed}`, report.document.position(path, 'key'))
  else report.refuse(path, allowed)
  return undefined
}

function keyName(): z.ZodType<DomainName, string> {
  return z.string({ error: NAME }).transform((text, context) => {
    const name = domainName(text.endsWith('.') ? text : `${text}.`)
    if (name.ok) return name.name
    context.addIssue({ code: 'custom', message: `${NAME} (${name.why})` })
    return z.NEVER
  })
}

/** An IP literal with or without a port. */
function peer(): z.ZodType<SocketAddress, string> {
  return z.string({ error: TO }).transform((text, context) => {
    const match = /^(?:\[([^\][]*)\]|([^\][:]*))(?::(\d{1,5}))?$/.exec(text)
    const parsed = parseAddress(isIPv6(text) ? text : (match?.[1] ?? match?.[2] ?? text))
    const number = port().safeParse(match?.[3] === undefined ? DNS_PORT : Number(match[3]))
    if (parsed.ok && number.success) return { address: parsed.address, port: number.data }
    context.addIssue({ code: 'custom', message: parsed.ok ? TO : `${TO} (${parsed.why})` })
    return z.NEVER
  })
}
