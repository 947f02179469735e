import type { DomainName } from '../../../core/brand.ts'
import type { Rdata, RecordType } from '../../../core/records.ts'
import { recordType, typeCodeFromText } from '../../../wire/dns/constants.ts'
import { canonicalName, NameError, ROOT } from '../../../wire/dns/name.ts'
import { canonicalAddress } from '../../../wire/dns/rdata/address.ts'
import { latin1, octetsOf } from '../../../wire/dns/rdata/part.ts'
import { formatRdata } from '../../../wire/dns/rdata/registry.ts'
import { parseMasterFile } from '../../../wire/dns/text.ts'

/** One record as the API shows it, checked field by field: the SDK's types promise what nobody verifies. */
export interface ApiRecord {
  readonly id: string
  readonly name: DomainName
  readonly type: RecordType
  /** Seconds; 1 is "automatic". */
  readonly ttl: number
  readonly proxied: boolean
  readonly comment: string | undefined
  readonly tags: readonly string[]
  /** Undefined: of a type, or with a content, that we cannot read. */
  readonly rdata: Rdata | undefined
}

type Fields = Readonly<Record<string, unknown>>

const ID = /^[A-Za-z0-9]{1,64}$/
const MAX_TEXT = 20_000

/** A record from JSON; undefined where it is none at all (then the whole reply makes no sense). */
export function readRecord(json: unknown): ApiRecord | undefined {
  if (typeof json !== 'object' || json === null) return undefined
  const { id, name, type, ttl, proxied, comment, tags, ...rest } = json as Fields
  if (typeof id !== 'string' || !ID.test(id)) return undefined
  const owner = domain(name)
  const code = typeof type === 'string' ? typeCodeFromText(type) : undefined
  if (owner === undefined || code === undefined) return undefined
  if (typeof ttl !== 'number' || !Number.isInteger(ttl) || ttl < 0) return undefined
  const kind = recordType(code)
  return {
    id,
    name: owner,
    type: kind,
    ttl,
    proxied: proxied === true,
    comment: typeof comment === 'string' && comment !== '' ? comment : undefined,
    tags: Array.isArray(tags) ? tags.filter((tag): tag is string => typeof tag === 'string') : [],
    rdata: readRdata(kind, rest),
  }
}

/** A record whose name or type we cannot say: not ours, for ours we can, and no reason not to see the rest of the zone. */
export interface Stranger {
  readonly id: string
}

/** Undefined where it is no such record either. */
export function strangerOf(json: unknown): Stranger | undefined {
  if (typeof json !== 'object' || json === null) return undefined
  const { id, name, type } = json as Fields
  if (typeof id !== 'string' || !ID.test(id) || typeof name !== 'string' || typeof type !== 'string')
    return undefined
  return domain(name) !== undefined && typeCodeFromText(type) !== undefined ? undefined : { id }
}

function readRdata(type: RecordType, fields: Fields): Rdata | undefined {
  const content = text(fields.content)
  const data = (typeof fields.data === 'object' && fields.data !== null ? fields.data : {}) as Fields
  switch (type) {
    case 'A':
    case 'AAAA': {
      const rdata = content === undefined ? undefined : canonicalAddress(content)
      return rdata?.type === type ? rdata : undefined
    }
    case 'CNAME':
    case 'NS':
    case 'PTR': {
      const target = domain(content)
      return target && { type, target }
    }
    case 'MX': {
      const [preference, exchange] = [word(fields.priority), domain(content)]
      return preference === undefined || exchange === undefined ? undefined : { type, preference, exchange }
    }
    case 'TXT':
      return content === undefined ? undefined : { type, strings: readStrings(content) }
    case 'SRV': {
      const [priority, weight, port] = [word(data.priority), word(data.weight), word(data.port)]
      const target = domain(data.target)
      if (priority === undefined || weight === undefined || port === undefined || target === undefined)
        return undefined
      return { type, priority, weight, port, target }
    }
    case 'NAPTR': {
      const [order, preference] = [word(data.order), word(data.preference)]
      const [flags, services, regexp] = [octets(data.flags), octets(data.service), octets(data.regex)]
      const replacement = domain(data.replacement)
      if (order === undefined || preference === undefined || replacement === undefined) return undefined
      if (flags === undefined || services === undefined || regexp === undefined) return undefined
      return { type, order, preference, flags, services, regexp, replacement }
    }
    case 'CAA': {
      const [flags, tag, value] = [word(data.flags), text(data.tag), octets(data.value, MAX_TEXT)]
      if (flags === undefined || flags > 255 || tag === undefined || value === undefined) return undefined
      return { type, flags, tag, value }
    }
    default:
      return undefined
  }
}

/**
 * The fields that say what a record holds, as the API takes them; undefined for a type that it does not take from us.
 * Names go without their final dot, as Cloudflare shows them.
 */
export function writeRdata(rdata: Rdata): Fields | undefined {
  switch (rdata.type) {
    case 'A':
    case 'AAAA':
      return { content: rdata.address }
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return { content: bare(rdata.target) }
    case 'MX':
      return { content: bare(rdata.exchange), priority: rdata.preference }
    case 'TXT':
      // Quoted character-strings (RFC 1035 section 5.1): unquoted text would be cut and escaped by rules of its own.
      return { content: formatRdata(rdata) }
    case 'SRV': {
      const { priority, weight, port, target } = rdata
      return { data: { priority, weight, port, target: bare(target) } }
    }
    case 'NAPTR': {
      const { order, preference, flags, services, regexp, replacement } = rdata
      return {
        data: { order, preference, flags, service: services, regex: regexp, replacement: bare(replacement) },
      }
    }
    case 'CAA':
      return { data: { flags: rdata.flags, tag: rdata.tag, value: rdata.value } }
    default:
      return undefined
  }
}

/** A name as the API wants it: absolute, without the final dot. */
export function bare(name: DomainName): string {
  return name === ROOT ? '.' : name.slice(0, -1)
}

/** Present text, quoted or (older records) as it was typed. */
function readStrings(content: string): string[] {
  if (content.startsWith('"')) {
    const origin = 'x.' as DomainName
    const { records, faults } = parseMasterFile(`@ 0 IN TXT ${content}`, { origin, defaultTtl: 0 })
    const [only] = records
    if (faults.length === 0 && records.length === 1 && only?.rdata.type === 'TXT')
      return [...only.rdata.strings]
  }
  const plain = latin1(new TextEncoder().encode(content))
  return plain.match(/[\s\S]{1,255}/g) ?? ['']
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.length <= MAX_TEXT ? value : undefined
}

/** Text of one octet a character, by default as long as a character-string may be. */
function octets(value: unknown, max = 255): string | undefined {
  const seen = text(value ?? '')
  if (seen === undefined || seen.length > max) return undefined
  try {
    octetsOf(seen)
  } catch {
    return undefined
  }
  return seen
}

function word(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff
    ? value
    : undefined
}

function domain(value: unknown): DomainName | undefined {
  const seen = text(value)
  if (seen === undefined) return undefined
  try {
    return canonicalName(seen === '' ? '.' : seen)
  } catch (error) {
    if (error instanceof NameError) return undefined
    throw error
  }
}
