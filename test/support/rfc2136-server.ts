import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { DomainName } from '../../src/core/brand.ts'
import type { SocketAddress } from '../../src/core/settings.ts'
import { OPCODE, RCODE, TYPE } from '../../src/wire/dns/constants.ts'
import { canonicalName } from '../../src/wire/dns/name.ts'
import { type Message, readMessage } from '../../src/wire/dns/read-message.ts'
import type { TsigKey } from '../../src/wire/dns/tsig/key.ts'
import { createSigner, signMessage } from '../../src/wire/dns/tsig/sign.ts'
import { signRefusal, verifyRequest } from '../../src/wire/dns/tsig/verify-request.ts'
import { MessageWriter, SECTION } from '../../src/wire/dns/write-message.ts'
import type { StoredSet, UpdatableZone } from './rfc2136-zone.ts'

/** What becomes of a request. `answer` is done and answered rightly; `lost` is done, but nobody hears of it. */
export type PrimaryFate =
  | 'answer'
  | 'lost'
  | 'cut'
  | 'hang'
  | 'garbage'
  | 'failed'
  | 'refused'
  | 'badkey'
  | 'truncated'
  | 'unsigned'

export interface PrimaryRequest {
  readonly transport: 'udp' | 'tcp'
  readonly message: Message
  readonly update: boolean
}

export interface Rfc2136Server {
  readonly at: SocketAddress
  readonly requests: PrimaryRequest[]
  /** Asked for each request before anything is done. */
  fate: (request: PrimaryRequest) => PrimaryFate
  close(): Promise<void>
}

export interface Rfc2136ServerOptions {
  readonly zone: UpdatableZone
  readonly key: TsigKey
  readonly transfer?: boolean
  /** Epoch milliseconds. */
  readonly now?: () => number
}

const RECORDS_IN_A_MESSAGE = 20

/** A primary on loopback that keeps its zone in memory and fails when told to. */
export async function createRfc2136Server(options: Rfc2136ServerOptions): Promise<Rfc2136Server> {
  const sockets = new Set<Socket>()
  const tcp = createServer((socket) => {
    sockets.add(socket)
    let bytes = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk])
      while (bytes.length >= 2 && bytes.length >= 2 + bytes.readUInt16BE(0)) {
        const end = 2 + bytes.readUInt16BE(0)
        const replies = handle(new Uint8Array(bytes.subarray(2, end)), 'tcp')
        bytes = bytes.subarray(end)
        if (replies === 'close') socket.destroy()
        else for (const reply of replies) socket.write(framed(reply))
      }
    })
  })
  tcp.listen(0, '127.0.0.1')
  await once(tcp, 'listening')
  const { port } = tcp.address() as AddressInfo
  const udp = createSocket('udp4')
  udp.on('message', (bytes, from) => {
    const replies = handle(new Uint8Array(bytes), 'udp')
    if (replies !== 'close') for (const reply of replies) udp.send(reply, from.port, from.address)
  })
  udp.bind(port, '127.0.0.1')
  await once(udp, 'listening')

  const { zone, key, transfer = true, now = Date.now } = options
  const keys = new Map([[key.name, key]])
  const server: Rfc2136Server = {
    at: { address: '127.0.0.1', port },
    requests: [],
    fate: () => 'answer',
    async close() {
      for (const socket of sockets) socket.destroy()
      udp.close()
      tcp.close()
      await once(tcp, 'close')
    },
  }
  return server

  function handle(bytes: Uint8Array, transport: 'udp' | 'tcp'): readonly Uint8Array[] | 'close' {
    const reading = readMessage(bytes)
    if (!reading.ok) return 'close'
    const { message } = reading
    const update = message.opcode === OPCODE.UPDATE
    const request = { transport, message, update }
    server.requests.push(request)
    const fate = server.fate(request)
    if (fate === 'hang') return []
    if (fate === 'cut') return 'close'
    if (fate === 'garbage')
      return [
        Uint8Array.from([...bytes.subarray(0, 2), 0x80 | (bytes[2] ?? 0), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
      ]
    const replies = answer(bytes, message, fate)
    if (fate === 'lost') return 'close'
    return replies
  }

  function answer(bytes: Uint8Array, message: Message, fate: PrimaryFate): readonly Uint8Array[] {
    const check = verifyRequest(bytes, fate === 'badkey' ? new Map() : keys, now())
    if (check.kind === 'malformed') return [empty(message, RCODE.FORMERR)]
    if (check.kind === 'refused') return [signRefusal(empty(message, RCODE.NOTAUTH), check, now())]
    const signed = check.kind === 'signed'
    const replies = replyTo(message, fate, signed)
    if (!signed || fate === 'unsigned') return replies
    if (replies.length === 1)
      return [signMessage(replies[0] ?? bytes, key, now(), { requestMac: check.mac }).bytes]
    const signer = createSigner(key, check.mac)
    return replies.map((reply) => signer.sign(reply, now()))
  }

  function replyTo(message: Message, fate: PrimaryFate, signed: boolean): readonly Uint8Array[] {
    if (fate === 'failed') return [empty(message, RCODE.SERVFAIL)]
    if (fate === 'refused') return [empty(message, RCODE.REFUSED)]
    if (fate === 'truncated') return [empty(message, RCODE.NOERROR, 0x0200)]
    if (message.opcode === OPCODE.UPDATE)
      return [empty(message, signed ? zone.update(message) : RCODE.REFUSED)]
    const [question] = message.questions
    if (question === undefined) return [empty(message, RCODE.FORMERR)]
    if (question.type !== TYPE.AXFR) return [queried(message, question.name, question.type)]
    if (!transfer || !signed || question.name !== zone.apex) return [empty(message, RCODE.REFUSED)]
    return transferred(message)
  }

  function queried(message: Message, name: DomainName, type: number): Uint8Array {
    if (name !== zone.apex && !name.endsWith(`.${zone.apex}`)) return empty(message, RCODE.REFUSED)
    const writer = begin(message, zone.has(name) ? RCODE.NOERROR : RCODE.NXDOMAIN, 0x0400)
    const set = type === TYPE.SOA && name === zone.apex ? undefined : zone.get(name, type)
    if (set !== undefined) put(writer, SECTION.ANSWER, set)
    else soa(writer, type === TYPE.SOA && name === zone.apex ? SECTION.ANSWER : SECTION.AUTHORITY)
    if (message.additionals.some((record) => record.type === TYPE.OPT)) writer.opt(1232)
    return writer.bytes()
  }

  function transferred(message: Message): Uint8Array[] {
    const sets = [...zone.sets.values()]
    const replies: Uint8Array[] = []
    for (let at = 0; at === 0 || at < sets.length; at += RECORDS_IN_A_MESSAGE) {
      const writer = begin(message, RCODE.NOERROR, 0x0400)
      if (at === 0) soa(writer, SECTION.ANSWER)
      for (const set of sets.slice(at, at + RECORDS_IN_A_MESSAGE)) put(writer, SECTION.ANSWER, set)
      if (at + RECORDS_IN_A_MESSAGE >= sets.length) soa(writer, SECTION.ANSWER)
      replies.push(writer.bytes())
    }
    return replies
  }

  function soa(writer: MessageWriter, section: 6 | 8): void {
    const mname = canonicalName('ns1', zone.apex)
    const times = { refresh: 3600, retry: 600, expire: 86_400, minimum: 15 }
    writer.record(section, zone.apex, 300, {
      type: 'SOA',
      mname,
      rname: mname,
      serial: zone.serial,
      ...times,
    })
  }
}

function begin({ id, opcode, questions }: Message, rcode: number, flags = 0): MessageWriter {
  const writer = new MessageWriter(id, 0x8000 | (opcode << 11) | flags | rcode)
  for (const question of questions) writer.question(question.name, question.type, question.class)
  return writer
}

function empty(message: Message, rcode: number, flags = 0): Uint8Array {
  return begin(message, rcode, flags).bytes()
}

function put(writer: MessageWriter, section: 6 | 8, { name, type, ttl, octets }: StoredSet): void {
  for (const one of octets) writer.opaque(section, name, type, 1, ttl, one)
}

function framed(message: Uint8Array): Buffer {
  return Buffer.concat([Uint8Array.of(message.length >> 8, message.length & 0xff), message])
}
