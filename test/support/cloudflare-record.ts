/** One DNS record as Cloudflare keeps it: what may be sent, how it is normalised, how it is shown. */
import { isIPv4, isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'
import { commentFault, contentFault, Refusal, tagsFault, ttlFault } from './cloudflare-replies.ts'

export type Plan = 'free' | 'pro' | 'business' | 'enterprise'

export const PLAN_LIMITS: Readonly<
  Record<Plan, { ttlFloor: number; batch: number; comment: number; tags: number; quota: number }>
> = {
  free: { ttlFloor: 60, batch: 200, comment: 100, tags: 0, quota: 200 },
  pro: { ttlFloor: 60, batch: 3500, comment: 500, tags: 20, quota: 3500 },
  business: { ttlFloor: 60, batch: 3500, comment: 500, tags: 20, quota: 3500 },
  enterprise: { ttlFloor: 30, batch: 3500, comment: 500, tags: 20, quota: 1_000_000 },
}

export interface StoredRecord {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly content: string
  readonly ttl: number
  readonly proxied: boolean
  readonly comment: string | null
  readonly tags: readonly string[]
  readonly data?: Readonly<Record<string, unknown>>
  readonly priority?: number
}

export type RecordInput = Readonly<Record<string, unknown>>

const TYPES = new Set(['A', 'AAAA', 'CAA', 'CNAME', 'HTTPS', 'MX', 'NAPTR', 'NS', 'PTR', 'SRV', 'TXT'])

const host = (text: string): string => text.toLowerCase().replace(/\.$/, '') || '.'

/** A record as it is kept. Throws `Refusal` with the API's own code. */
export function acceptRecord(id: string, input: RecordInput, zone: string, plan: Plan): StoredRecord {
  const limits = PLAN_LIMITS[plan]
  const type = String(input.type).toUpperCase()
  if (!TYPES.has(type)) throw new Refusal(contentFault(`${type} is not supported.`))
  const proxied = input.proxied === true
  if (proxied && !['A', 'AAAA', 'CNAME'].includes(type))
    throw new Refusal(contentFault('proxied is invalid.'))
  const ttl = Number(input.ttl ?? 1)
  if (ttl !== 1 && !(Number.isInteger(ttl) && ttl >= limits.ttlFloor && ttl <= 86_400))
    throw new Refusal(ttlFault(limits.ttlFloor))
  const comment = typeof input.comment === 'string' && input.comment !== '' ? input.comment : null
  if (comment !== null && comment.length > limits.comment) throw new Refusal(commentFault(limits.comment))
  const tags = Array.isArray(input.tags) ? input.tags.map(String) : []
  if (tags.length > limits.tags) throw new Refusal(tagsFault(tags.length, limits.tags))
  return {
    id,
    name: absolute(String(input.name), zone),
    type,
    // The proxy answers with a TTL of its own.
    ttl: proxied ? 1 : ttl,
    proxied,
    comment,
    tags,
    ...contentOf(type, input),
  }
}

/** Names may come relative to the zone. */
function absolute(name: string, zone: string): string {
  const bare = host(name)
  if (bare === '@' || bare === zone) return zone
  return bare.endsWith(`.${zone}`) ? bare : `${bare}.${zone}`
}

function contentOf(type: string, input: RecordInput): Pick<StoredRecord, 'content' | 'data' | 'priority'> {
  const content = typeof input.content === 'string' ? input.content : undefined
  const data = typeof input.data === 'object' && input.data !== null ? (input.data as RecordInput) : undefined
  switch (type) {
    case 'A':
      if (content === undefined || !isIPv4(content))
        throw new Refusal(contentFault('A record must be a valid IPv4 address.'))
      return { content }
    case 'AAAA':
      if (content === undefined || !isIPv6(content))
        throw new Refusal(contentFault('AAAA record must be a valid IPv6 address.'))
      return { content: ipaddr.IPv6.parse(content).toRFC5952String() }
    case 'CNAME':
    case 'NS':
    case 'PTR':
      if (content === undefined || content === '')
        throw new Refusal(contentFault(`${type} record is invalid.`))
      return { content: host(content) }
    case 'MX': {
      const priority = word(input.priority, 'priority')
      return { content: host(content ?? ''), priority }
    }
    case 'TXT': {
      if (content === undefined || content === '') throw new Refusal(contentFault('TXT record is invalid.'))
      // Old records may be kept unquoted; what is sent quoted stays so.
      return { content }
    }
    default:
      return structured(type, data)
  }
}

/** SRV, NAPTR, HTTPS and CAA: taken from `data` alone; `content` is made of it. */
function structured(
  type: string,
  data: RecordInput | undefined,
): Pick<StoredRecord, 'content' | 'data' | 'priority'> {
  if (data === undefined) throw new Refusal(contentFault(`${type} record needs data.`))
  if (type === 'SRV') {
    const [priority, weight, port] = [
      word(data.priority, 'priority'),
      word(data.weight, 'weight'),
      word(data.port, 'port'),
    ]
    const target = host(String(data.target ?? ''))
    return {
      content: `${priority} ${weight} ${port} ${target}`,
      data: { port, priority, target, weight },
      priority,
    }
  }
  if (type === 'NAPTR') {
    const order = word(data.order, 'order')
    const preference = word(data.preference, 'preference')
    const [flags, service, regex] = [
      String(data.flags ?? ''),
      String(data.service ?? ''),
      String(data.regex ?? ''),
    ]
    const replacement = host(String(data.replacement ?? ''))
    return {
      content: `${order} ${preference} "${flags}" "${service}" "${regex}" ${replacement}`,
      data: { flags, order, preference, regex, replacement, service },
    }
  }
  if (type === 'HTTPS') {
    const priority = word(data.priority, 'priority')
    const target = String(data.target ?? '.')
    return { content: `${priority} ${target}`, data: { priority, target, value: '' } }
  }
  const flags = Number(data.flags)
  return {
    content: `${flags} ${String(data.tag)} "${String(data.value)}"`,
    data: { flags, tag: String(data.tag), value: String(data.value) },
  }
}

function word(value: unknown, what: string): number {
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > 65_535)
    throw new Refusal(contentFault(`${what} must be a number from 0 to 65535.`))
  return value as number
}

const STAMP = '2026-01-01T00:00:00.000000Z'

/** As the API shows a record. */
export function showRecord(record: StoredRecord): unknown {
  return {
    id: record.id,
    name: record.name,
    type: record.type,
    content: record.content,
    proxiable: ['A', 'AAAA', 'CNAME'].includes(record.type),
    proxied: record.proxied,
    ttl: record.ttl,
    settings: {},
    meta: {},
    comment: record.comment,
    tags: record.tags,
    created_on: STAMP,
    modified_on: STAMP,
    ...(record.data === undefined ? {} : { data: record.data }),
    ...(record.priority === undefined ? {} : { priority: record.priority }),
  }
}
