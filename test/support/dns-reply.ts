import packet from 'dns-packet'
import dns2 from 'dns2'
import { RCODE } from '../../src/wire/dns/constants.ts'

/** A reply as two decoders of others read it; records are lines of `name ttl type rdata`, names without the final dot. */
export interface Reply {
  readonly id: number
  /** Those that are set, of `qr aa tc rd ra z ad cd`. */
  readonly flags: string
  readonly rcode: string
  readonly question: readonly string[]
  readonly answer: readonly string[]
  readonly authority: readonly string[]
  /** Without the OPT. */
  readonly additional: readonly string[]
  readonly opt?: {
    readonly size: number
    readonly version: number
    readonly flags: number
    readonly options: readonly string[]
  }
}

type Decoded = packet.DecodedPacket & Readonly<Record<`flag_${string}`, boolean>> & { readonly rcode: string }

const FLAGS = ['qr', 'aa', 'tc', 'rd', 'ra', 'z', 'ad', 'cd'] as const

/** Decodes with dns-packet. Throws where it does. */
export function readReply(bytes: Uint8Array): Reply {
  const message = packet.decode(Buffer.from(bytes)) as Decoded
  const additional = message.additionals ?? []
  const opts = additional.filter((record) => record.type === 'OPT')
  if (opts.length > 1) throw new Error('two OPTs in a reply')
  const opt = opts[0]
  const low = bytes[3] ?? 0
  const upper = opt?.type === 'OPT' ? opt.extendedRcode : 0
  return {
    id: message.id ?? -1,
    flags: FLAGS.filter((flag) => message[`flag_${flag}`]).join(' '),
    rcode: rcodeName((upper << 4) | (low & 0x0f)),
    question: (message.questions ?? []).map((one) => `${one.name} ${one.class} ${one.type}`),
    answer: (message.answers ?? []).map(lineOf),
    authority: (message.authorities ?? []).map(lineOf),
    additional: additional.filter((record) => record.type !== 'OPT').map(lineOf),
    ...(opt?.type === 'OPT'
      ? {
          opt: {
            size: opt.udpPayloadSize,
            version: opt.ednsVersion,
            flags: opt.flags,
            options: opt.options.map(
              (option) => `${option.code}:${(option as { data: Buffer }).data.toString('hex')}`,
            ),
          },
        }
      : {}),
  }
}

/** The records of the three sections as dns2 reads them, in the lines of `Reply`; OPT left out. */
export function readWithDns2(bytes: Uint8Array): Pick<Reply, 'answer' | 'authority' | 'additional'> {
  const message = dns2.Packet.parse(Buffer.from(bytes))
  const lines = (records: readonly dns2.Packet.Resource[]) =>
    records.filter((record) => record.type !== 41).map((record) => dns2Line(record))
  return {
    answer: lines(message.answers),
    authority: lines(message.authorities),
    additional: lines(message.additionals),
  }
}

function rcodeName(code: number): string {
  return Object.entries(RCODE).find(([, value]) => value === code)?.[0] ?? `RCODE${code}`
}

function lineOf(record: packet.Answer): string {
  if (record.type === 'OPT') throw new Error('an OPT outside the additional section')
  return `${record.name} ${'ttl' in record ? record.ttl : ''} ${typeOf(record.type)} ${rdataOf(record.type, 'data' in record ? record.data : undefined)}`
}

function typeOf(type: string): string {
  return type.replace(/^UNKNOWN_/, 'TYPE')
}

function rdataOf(type: string, data: unknown): string {
  if (typeof data === 'string') return data
  if (Buffer.isBuffer(data)) return data.toString('hex')
  if (Array.isArray(data)) return data.map((part: Buffer) => quoted(part.toString('latin1'))).join(' ')
  const fields = data as Record<string, unknown>
  const order = ORDER[type]
  if (order === undefined) throw new Error(`no reading for ${type}`)
  return order.map((key) => (QUOTED.has(key) ? quoted(String(fields[key])) : String(fields[key]))).join(' ')
}

const ORDER: Readonly<Record<string, readonly string[]>> = {
  SRV: ['priority', 'weight', 'port', 'target'],
  MX: ['preference', 'exchange'],
  NAPTR: ['order', 'preference', 'flags', 'services', 'regexp', 'replacement'],
  SOA: ['mname', 'rname', 'serial', 'refresh', 'retry', 'expire', 'minimum'],
  CAA: ['flags', 'tag', 'value'],
  HINFO: ['cpu', 'os'],
  DS: ['keyTag', 'algorithm', 'digestType', 'digest'],
}
const QUOTED: ReadonlySet<string> = new Set(['flags', 'services', 'regexp', 'tag', 'value', 'cpu', 'os'])

function quoted(text: string): string {
  return `"${text}"`
}

/** dns2 takes text for UTF-8; the octets are what counts. */
function octets(text: string): string {
  return quoted(Buffer.from(text, 'utf8').toString('latin1'))
}

/** dns2 3.0.0 has no NAPTR, DS or unknown types: their octets are given raw, and here as hex. */
function dns2Line(record: dns2.Packet.Resource): string {
  const head = `${record.name} ${record.ttl}`
  switch (record.type) {
    case 1:
      return `${head} A ${record.address}`
    case 28:
      return `${head} AAAA ${record.address}`
    case 2:
      return `${head} NS ${record.ns}`
    case 5:
      return `${head} CNAME ${record.domain}`
    case 12:
      return `${head} PTR ${record.domain}`
    case 6:
      return `${head} SOA ${record.primary} ${record.admin} ${record.serial} ${record.refresh} ${record.retry} ${record.expiration} ${record.minimum}`
    case 15:
      return `${head} MX ${record.priority} ${record.exchange}`
    case 16:
      return `${head} TXT ${[record.data ?? []].flat().map(octets).join(' ')}`
    case 33:
      return `${head} SRV ${record.priority} ${record.weight} ${record.port} ${record.target}`
    case 257:
      return `${head} CAA ${quoted(String(record.flags))} ${quoted(String(record.tag))} ${quoted(String(record.value))}`
    default:
      return `${head} TYPE${record.type} ${Buffer.from(record.data as unknown as Uint8Array).toString('hex')}`
  }
}
