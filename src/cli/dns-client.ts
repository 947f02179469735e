import { type Packet as Dns2Packet, Packet, UDPClient } from 'dns2'
import { messageOf, SipvaneError } from '../core/errors.ts'
import type { SocketAddress } from '../core/settings.ts'

/** What can be asked for. */
export const QUERY_TYPES = [
  'A',
  'AAAA',
  'SRV',
  'NAPTR',
  'NS',
  'SOA',
  'CNAME',
  'MX',
  'TXT',
  'PTR',
  'CAA',
] as const
export type QueryType = (typeof QUERY_TYPES)[number]

export interface Answer {
  readonly rcode: string
  readonly authoritative: boolean
  readonly answers: readonly AnswerRecord[]
  readonly additionals: readonly AnswerRecord[]
}

export interface AnswerRecord {
  readonly name: string
  readonly ttl: number
  readonly type: string
  readonly data: string
}

type Resource = Dns2Packet['answers'][number]

// dns2 does not know NAPTR (RFC 3403): with its number it asks for it, and gives the octets that come.
Object.assign(Packet.TYPE, { NAPTR: 35 })

const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED']
const TYPE_NAMES = new Map<number, string>(Object.entries(Packet.TYPE).map(([name, code]) => [code, name]))

/** Asks a name server as a resolver would, over UDP and, when truncated, TCP. Rejects with `SipvaneError` where no answer comes. */
export async function ask(
  server: SocketAddress,
  name: string,
  type: QueryType,
  timeoutMs: number,
): Promise<Answer> {
  const client = UDPClient({
    dns: server.address,
    port: server.port,
    socketType: server.address.includes(':') ? 'udp6' : 'udp4',
    timeout: timeoutMs,
  })
  let packet: Dns2Packet
  try {
    packet = await client(name.replace(/\.$/, ''), type, Packet.CLASS.IN, { recursive: false })
  } catch (error) {
    const message = `no answer from ${server.address} port ${server.port}: ${messageOf(error)}`
    throw new SipvaneError('no-answer', message, { retryable: true, cause: error })
  }
  return {
    rcode: RCODES[packet.header.rcode] ?? `RCODE${packet.header.rcode}`,
    authoritative: packet.header.aa === 1,
    answers: packet.answers.map(toRecord),
    additionals: packet.additionals.filter((record) => record.type !== Packet.TYPE.EDNS).map(toRecord),
  }
}

function toRecord(record: Resource): AnswerRecord {
  const type = TYPE_NAMES.get(record.type) ?? `TYPE${record.type}`
  return { name: `${record.name}.`, ttl: record.ttl, type, data: dataOf(type, record) }
}

function dataOf(type: string, record: Resource): string {
  switch (type) {
    case 'A':
    case 'AAAA':
      return record.address ?? ''
    case 'SRV':
      return `${record.priority} ${record.weight} ${record.port} ${record.target}.`
    case 'MX':
      return `${record.priority} ${record.exchange}.`
    case 'NS':
      return `${record.ns}.`
    case 'CNAME':
    case 'PTR':
      return `${record.domain}.`
    case 'SOA': {
      const { primary, admin, serial, refresh, retry, expiration, minimum } = record
      return `${primary}. ${admin}. ${serial} ${refresh} ${retry} ${expiration} ${minimum}`
    }
    case 'CAA':
      return `${record.flags} ${record.tag} ${JSON.stringify(record.value)}`
    case 'NAPTR':
      return Buffer.isBuffer(record.data) ? naptrText(record.data) : ''
    default: {
      const { data } = record
      return (Array.isArray(data) ? data : [String(data ?? '')]).map((text) => JSON.stringify(text)).join(' ')
    }
  }
}

/** RFC 3403 section 4.1: two numbers, three character strings, a name that is never compressed. */
function naptrText(octets: Buffer): string {
  let at = 4
  const piece = () => {
    const length = octets[at] ?? 0
    at += 1 + length
    return octets.toString('latin1', at - length, at)
  }
  const strings = [piece(), piece(), piece()].map((text) => JSON.stringify(text))
  const labels: string[] = []
  while ((octets[at] ?? 0) !== 0) labels.push(piece())
  if (octets.length < 4 || at >= octets.length) return '(unreadable)'
  return [octets.readUInt16BE(0), octets.readUInt16BE(2), ...strings, `${labels.join('.')}.`].join(' ')
}
