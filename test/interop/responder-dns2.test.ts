import dns2 from 'dns2'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Responder } from '../../src/publishers/responder/responder.ts'
import { startResponder } from '../support/dns-client.ts'

let responder: Responder
let port = 0
beforeAll(async () => {
  const started = await startResponder()
  responder = started
  port = started.at.port
})
afterAll(() => responder.close())

describe("dns2's clients", () => {
  const clients: readonly [string, () => dns2.DnsResolver][] = [
    ['UDP', () => dns2.UDPClient({ dns: '127.0.0.1', port })],
    ['TCP', () => dns2.TCPClient({ dns: '127.0.0.1', port })],
  ]

  it.each(clients)('resolve A and SRV over %s', async (_transport, client) => {
    const a = await client()('voice.example.test', 'A')
    expect(a.answers.map((record) => record.address)).toEqual(['192.0.2.11'])
    const srv = await client()('_sip._udp.voice.example.test', 'SRV')
    expect(srv.answers.map(({ priority, weight, port, target }) => [priority, weight, port, target])).toEqual(
      [
        [10, 60, 5060, 'sip1.voice.example.test'],
        [20, 100, 5060, 'sip2.voice.example.test'],
      ],
    )
    expect(srv.additionals.map((record) => record.address)).toEqual([
      '192.0.2.11',
      '2001:db8::11',
      '192.0.2.12',
    ])
  })

  it.each(clients)('see a denial over %s', async (_transport, client) => {
    const reply = await client()('nope.voice.example.test', 'A')
    expect(reply.header).toMatchObject({ rcode: 3, aa: 1, ra: 0 })
    expect(reply.authorities[0]).toMatchObject({ ttl: 15, minimum: 15 })
  })
})
