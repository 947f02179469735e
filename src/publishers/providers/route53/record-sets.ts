import type { ResourceRecordSet } from '@aws-sdk/client-route-53'
import type { DomainName } from '../../../core/brand.ts'
import type { Rdata, RecordType } from '../../../core/records.ts'
import { NameError, ROOT } from '../../../wire/dns/name.ts'
import { RdataError } from '../../../wire/dns/rdata/part.ts'
import { formatRdata, parseRdata } from '../../../wire/dns/rdata/registry.ts'
import { readEntries } from '../../../wire/dns/tokens.ts'
import type { CurrentSet, ProviderSet } from '../definition.ts'
import { fromRoute53Name, toRoute53Name } from './names.ts'

/** A set exactly as the API gave it: a DELETE must say the same. */
interface Handle {
  readonly raw: ResourceRecordSet
}

/** Types whose values are text that `wire/dns` reads; of others a set is kept as it is and never touched. */
const READABLE: ReadonlySet<string> = new Set([
  'A',
  'AAAA',
  'CAA',
  'CNAME',
  'MX',
  'NAPTR',
  'NS',
  'PTR',
  'SOA',
  'SRV',
  'TXT',
])

/** What we want, as the API writes it. */
export function toApi(set: ProviderSet): ResourceRecordSet {
  return {
    Name: toRoute53Name(set.name),
    Type: set.type as ResourceRecordSet['Type'],
    TTL: set.ttl,
    ...(set.variant === undefined ? {} : { SetIdentifier: set.variant.id, Weight: set.variant.weight }),
    ResourceRecords: set.records.map((rdata) => ({ Value: formatRdata(rdata) })),
  }
}

/** What is there, for a DELETE: to the letter. */
export function asItStands(set: CurrentSet): ResourceRecordSet {
  return (set.handle as Handle | undefined)?.raw ?? toApi(set)
}

export function withHandle(set: ProviderSet): CurrentSet {
  return { ...set, handle: { raw: toApi(set) } satisfies Handle }
}

/** One set of a listing; undefined where even its name cannot be read. */
export function fromApi(raw: ResourceRecordSet): CurrentSet | undefined {
  let name: DomainName
  try {
    name = fromRoute53Name(raw.Name ?? '')
  } catch (error) {
    if (error instanceof NameError) return undefined
    throw error
  }
  const type = (READABLE.has(raw.Type ?? '') ? raw.Type : `TYPE:${raw.Type}`) as RecordType
  const records = READABLE.has(type) ? readValues(raw, type) : undefined
  const opaque = routing(raw) ?? (records === undefined ? 'a set that cannot be read' : undefined)
  const id = raw.SetIdentifier
  return {
    name,
    type,
    ttl: raw.TTL ?? 0,
    records: records ?? [],
    ...(id === undefined ? {} : { variant: { id, weight: raw.Weight ?? 0 } }),
    ...(opaque === undefined ? {} : { opaque }),
    handle: { raw } satisfies Handle,
  }
}

/** What a set has beyond name, type, TTL, records and weight. */
function routing(raw: ResourceRecordSet): string | undefined {
  if (raw.AliasTarget !== undefined) return 'an alias'
  if (raw.TrafficPolicyInstanceId !== undefined) return 'part of a traffic policy'
  if (raw.HealthCheckId !== undefined) return 'a set with a health check of Route53'
  if (raw.SetIdentifier !== undefined && raw.Weight === undefined)
    return 'a set with a routing of its own (failover, latency, place or multivalue)'
  return undefined
}

function readValues(raw: ResourceRecordSet, type: RecordType): Rdata[] | undefined {
  const records: Rdata[] = []
  try {
    for (const { Value } of raw.ResourceRecords ?? []) {
      const text = decimalEscapes(Value ?? '')
      let faulty = false
      const [entry] = [
        ...readEntries(text, () => {
          faulty = true
        }),
      ]
      if (entry === undefined || faulty) return undefined
      records.push(parseRdata(type, entry.tokens, ROOT))
    }
  } catch (error) {
    if (error instanceof RdataError || error instanceof NameError) return undefined
    throw error
  }
  return records
}

/** Route53 writes odd octets in octal, master files in decimal (RFC 1035 section 5.1); `\\` and `\"` are alike. */
function decimalEscapes(text: string): string {
  return text.replace(/\\([0-3][0-7]{2}|.)/g, (whole, inner: string) =>
    inner.length === 3 ? `\\${String(Number.parseInt(inner, 8)).padStart(3, '0')}` : whole,
  )
}
