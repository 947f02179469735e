import { describe, expect, it } from 'vitest'
import { emptyClientAddress, readClientAddress } from '../../../../src/publishers/responder/client-address.ts'
import { TransferDesk } from '../../../../src/publishers/responder/transfer/desk.ts'
import { canonicalName } from '../../../../src/wire/dns/name.ts'
import { readMessage } from '../../../../src/wire/dns/read-message.ts'
import { tsigKey } from '../../../../src/wire/dns/tsig/key.ts'
import { signMessage } from '../../../../src/wire/dns/tsig/sign.ts'
import { verifyResponse } from '../../../../src/wire/dns/tsig/verify-response.ts'
import { queryOf } from '../../../support/dns-query.ts'
import { snapshotOf, zoneOf } from '../../../support/dns-zone.ts'
import { recordingLogger } from '../../../support/recording-logger.ts'
import { type TransferOptions, transferQuery } from '../../../support/transfer-client.ts'

const NOW = 1_800_000_000_000
const KEY = tsigKey('fleet', 'hmac-sha256', Buffer.alloc(32, 1).toString('base64'))
const LAST = 2 ** 32 - 6

const version = (serial: number, last: number) => ({
  ...zoneOf('v.test.', `@ SOA ns h ${serial} 2 3 4 5\n@ NS ns\nns A 192.0.2.1\nhost A 192.0.2.${last}`),
  serial,
})

/** A desk that has seen the zone in these versions, and grants whatever comes from 192.0.2.0/24. */
function desk(...serials: readonly number[]) {
  const refused: string[] = []
  const one = new TransferDesk(
    { allow: [{ network: '192.0.2.0/24' }], zones: new Map(), journalChanges: 10, maxConcurrent: 2 },
    new Map([[KEY.name, KEY]]),
    {
      ...{ clock: { nowMs: () => NOW }, logger: recordingLogger(), publisher: 'dns' },
      refusals: { refused: ({ why }) => refused.push(why) },
    },
  )
  for (const [i, serial] of serials.entries()) one.publish(snapshotOf(version(serial, i)))
  const client = emptyClientAddress()
  readClientAddress('192.0.2.7', client)
  const grant = (bytes: Uint8Array) => one.grant(bytes, client, '192.0.2.7')
  const ask = (options: TransferOptions = {}, zone = 'v.test') =>
    grant(transferQuery(zone, { nowMs: NOW, ...options }).bytes)
  return { grant, ask, refused }
}

describe('what is granted over TCP', () => {
  it.each([
    ['its own', LAST, [LAST - 1, LAST], 'current'],
    ['one ahead of ours', LAST + 1, [LAST - 1, LAST], 'current'],
    ['one ahead of ours, over the wrap', 3, [LAST - 1, LAST], 'current'],
    ['one that is kept', LAST - 1, [LAST - 1, LAST], 'incremental'],
    ['one that is kept, from before the wrap', LAST, [LAST, 4], 'incremental'],
    ['one that is not kept', LAST - 9, [LAST - 1, LAST], 'full-instead'],
    ['one that is not kept, from before the wrap', LAST - 9, [LAST, 4], 'full-instead'],
  ] as const)('to a client whose serial is %s (RFC 1982)', (_, since, serials, kind) => {
    expect(desk(...serials).ask({ since })?.kind).toBe(kind)
  })

  it('is an error where the client names no serial, or that of another zone', () => {
    const { grant, ask } = desk(1, 2)
    expect(grant(queryOf('v.test', 'IXFR'))?.kind).toBe('faulty')
    // The question is of our zone, the SOA of another.
    const question = queryOf('v.test', 'IXFR')
    const soa = Buffer.concat([
      Buffer.from('056f746865720474657374000006000100000000', 'hex'),
      Buffer.from('0016000000000001', 'hex'),
      Buffer.alloc(16),
    ])
    const mixed = Buffer.concat([question, soa])
    mixed.writeUInt16BE(1, 8)
    expect(readMessage(mixed).ok).toBe(true)
    expect(grant(mixed)?.kind).toBe('faulty')
    expect(ask({ since: 1 })?.kind).toBe('incremental')
  })

  it('is nothing where the signature does not hold, though the address alone would do', () => {
    const { grant, ask, refused } = desk(1)
    const wrong = { ...KEY, secret: new Uint8Array(32) }
    const unknown = { ...KEY, name: canonicalName('nobody.') }
    for (const key of [wrong, unknown]) expect(ask({ key })).toBeUndefined()
    expect(ask({ key: KEY, nowMs: NOW - 301_000 })).toBeUndefined()
    const { bytes } = signMessage(queryOf('v.test', 'AXFR'), KEY, NOW)
    expect(grant(Buffer.concat([bytes, Buffer.of(0)]))).toBeUndefined()
    // Who checks every signed query tells of it.
    expect(refused).toEqual([])
    expect(ask({ key: KEY })?.kind).toBe('full')
    expect(ask()?.kind).toBe('full')
  })

  it('is signed with the id that came, though a forwarder has changed it and the MAC has the first', () => {
    const { grant } = desk(1)
    const { bytes, mac } = transferQuery('v.test', { key: KEY, nowMs: NOW })
    const forwarded = Uint8Array.from(bytes)
    forwarded.set([0xbe, 0xef])
    const first: Uint8Array = grant(forwarded)?.messages.next().value
    expect([...first.subarray(0, 2)]).toEqual([0xbe, 0xef])
    expect(verifyResponse(first, KEY, mac ?? new Uint8Array(), NOW)).toMatchObject({ ok: true })
  })

  it('is for class IN, for queries, and for AXFR and IXFR', () => {
    const { grant } = desk(1)
    for (const query of [
      queryOf('v.test', 'AXFR', { qclass: 3 }),
      queryOf('v.test', 'AXFR', { qclass: 255 }),
      queryOf('v.test', 'AXFR', { opcode: 4 }),
      queryOf('v.test', 'SOA'),
      queryOf('v.test', 'AXFR').subarray(0, 20),
    ])
      expect(grant(query)).toBeUndefined()
  })

  it('is the same whatever the connection does with its octets afterwards', () => {
    const { grant } = desk(1)
    const query = transferQuery('V.tEST', { key: KEY, nowMs: NOW }).bytes
    const messagesOf = (octets: Uint8Array, afterwards = () => {}) => {
      const messages = grant(octets)?.messages
      afterwards()
      const all: Uint8Array[] = []
      for (let next = messages?.next(); next?.done === false; next = messages?.next()) all.push(next.value)
      return all
    }
    const kept = messagesOf(Uint8Array.from(query))
    expect(kept).toHaveLength(1)
    const lost = Uint8Array.from(query)
    expect(messagesOf(lost, () => lost.fill(0xee))).toEqual(kept)
  })
})
