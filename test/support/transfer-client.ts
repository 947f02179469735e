import { randomInt } from 'node:crypto'
import type { SocketAddress } from '../../src/core/settings.ts'
import { TYPE } from '../../src/wire/dns/constants.ts'
import { canonicalName } from '../../src/wire/dns/name.ts'
import { formatRdata } from '../../src/wire/dns/rdata/registry.ts'
import { type Message, readMessage } from '../../src/wire/dns/read-message.ts'
import type { TsigKey } from '../../src/wire/dns/tsig/key.ts'
import { signMessage } from '../../src/wire/dns/tsig/sign.ts'
import { createVerifier } from '../../src/wire/dns/tsig/verify-response.ts'
import { MessageWriter, SECTION } from '../../src/wire/dns/write-message.ts'
import { framed, TcpClient, until } from './dns-client.ts'

export interface TransferOptions {
  /** IXFR since this serial; absent: AXFR. */
  readonly since?: number
  readonly key?: TsigKey
  readonly edns?: boolean
  readonly nowMs?: number
}

export interface Transferred {
  readonly messages: readonly Message[]
  /** `name TTL TYPE rdata`, in the order they came. */
  readonly records: readonly string[]
  readonly octets: readonly number[]
  readonly rcode: number
}

/** The octets of a query for a transfer, and the MAC that its answer is verified with. */
export function transferQuery(
  zone: string,
  { since, key, edns = false, nowMs = Date.now() }: TransferOptions = {},
): { bytes: Uint8Array; mac: Uint8Array | undefined } {
  const name = canonicalName(zone)
  const writer = new MessageWriter(randomInt(0x10000), 0)
  writer.question(name, since === undefined ? TYPE.AXFR : TYPE.IXFR)
  if (since !== undefined) {
    writer.record(SECTION.AUTHORITY, name, 0, {
      ...{ type: 'SOA', mname: name, rname: name, serial: since },
      ...{ refresh: 0, retry: 0, expire: 0, minimum: 0 },
    })
  }
  if (edns) writer.opt(1232)
  if (key === undefined) return { bytes: writer.bytes(), mac: undefined }
  return signMessage(writer.bytes(), key, nowMs)
}

/** Takes a zone as a secondary does, over a connection that the caller may bring; verifies every signature. */
export async function takeZone(
  at: SocketAddress,
  zone: string,
  options: TransferOptions = {},
  connection?: TcpClient,
): Promise<Transferred> {
  const client = connection ?? (await TcpClient.open(at))
  const { bytes, mac } = transferQuery(zone, options)
  const from = client.replies.length
  client.socket.write(framed(bytes))
  const verifier =
    options.key === undefined || mac === undefined ? undefined : createVerifier(options.key, mac)
  const messages: Message[] = []
  const records: string[] = []
  const octets: number[] = []
  let soas = 0
  let last: string | undefined
  for (let i = from; ; i++) {
    if (!(await until(() => client.replies.length > i, 10_000))) throw new Error('the transfer stopped')
    const reply = client.replies[i] as Buffer
    octets.push(reply.length)
    const verified = verifier?.verify(reply, options.nowMs ?? Date.now())
    if (verified?.ok === false) throw new Error(`message ${i - from}: ${verified.fault} by ${verified.by}`)
    const reading = readMessage(verified?.message ?? reply)
    if (!reading.ok) throw new Error(reading.fault)
    messages.push(reading.message)
    for (const { name, ttl, rdata } of reading.message.answers) {
      if (rdata === undefined) throw new Error('a record that cannot be read')
      if (rdata.type === 'SOA') {
        soas++
        last = String(rdata.serial)
      } else last = undefined
      records.push(`${name} ${ttl} ${rdata.type} ${formatRdata(rdata)}`)
    }
    if (reading.message.rcode !== 0 || ended(records, soas, last)) break
  }
  if (connection === undefined) client.socket.destroy()
  return { messages, records, octets, rcode: messages[0]?.rcode ?? -1 }
}

/**
 * An SOA alone ends at once; a full transfer at its second SOA; an incremental one at the SOA that is the same as the first and has an even
 * number of others between them (RFC 1995 section 4).
 */
function ended(records: readonly string[], soas: number, last: string | undefined): boolean {
  if (records.length === 1) return true
  if (last === undefined || records.at(-1) !== records[0]) return false
  const incremental = records[1]?.includes(' SOA ') === true
  return incremental ? soas % 2 === 0 && soas > 3 : soas === 2
}
