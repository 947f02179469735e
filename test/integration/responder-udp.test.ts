import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { Logger } from '../../src/core/ports.ts'
import { silentLogger } from '../../src/core/ports.ts'
import { Answerer } from '../../src/publishers/responder/answerer.ts'
import { createResponder, ListenError, type Responder } from '../../src/publishers/responder/responder.ts'
import { Tally } from '../../src/publishers/responder/tally.ts'
import { UdpListener } from '../../src/publishers/responder/udp.ts'
import { startResponder, TcpClient, UdpClient, until } from '../support/dns-client.ts'
import { queryOf } from '../support/dns-query.ts'
import { readReply } from '../support/dns-reply.ts'
import { OTHER, snapshotOf, VOICE, zoneOf } from '../support/dns-zone.ts'
import { seededRandom } from '../support/virtual-time.ts'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})
function closing<T extends { close(): unknown }>(one: T): T {
  open.push(one)
  return one
}

const A = queryOf('voice.example.test', 'A', { edns: true })
const make = (listen: readonly { address: string; port: number }[], logger: Logger = silentLogger) =>
  closing(createResponder({ listen, workers: 1 }, { logger, random: seededRandom(1) }))

async function codeOf(responder: Responder): Promise<string> {
  try {
    await responder.listen()
  } catch (error) {
    if (!(error instanceof ListenError)) throw error
    return `${error.code}: ${error.message}`
  }
  return 'it listens'
}

describe('the responder', () => {
  it('answers on one port over UDP and TCP, on every address, from the address asked', async () => {
    const listen = ['127.0.0.1', '127.0.0.2', '::1'].map((address) => ({ address, port: 0 }))
    const responder = closing(await startResponder({ listen }))
    expect(responder.addresses().map(({ address }) => address)).toEqual(['127.0.0.1', '127.0.0.2', '::1'])
    for (const at of responder.addresses()) {
      expect(at.port).toBeGreaterThan(0)
      // A connected socket takes datagrams from that address and port only.
      const udp = closing(await UdpClient.open(at))
      expect(readReply(await udp.ask(A)).answer).toEqual(['voice.example.test 30 A 192.0.2.11'])
      const tcp = await TcpClient.open(at)
      expect(readReply(await tcp.ask(A)).answer).toEqual(['voice.example.test 30 A 192.0.2.11'])
      tcp.socket.destroy()
    }
  })

  it('answers SERVFAIL before the first snapshot, and from each new one at once', async () => {
    const responder = make([{ address: '127.0.0.1', port: 0 }])
    await responder.listen()
    const at = responder.addresses()[0] ?? { address: '', port: 0 }
    const udp = closing(await UdpClient.open(at))
    expect(readReply(await udp.ask(A)).rcode).toBe('SERVFAIL')
    responder.publish(snapshotOf(VOICE, OTHER))
    expect(readReply(await udp.ask(A)).answer).toEqual(['voice.example.test 30 A 192.0.2.11'])
    responder.publish(
      snapshotOf(
        zoneOf('voice.example.test.', '@ SOA ns h 2 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n@ 10 A 192.0.2.99'),
      ),
    )
    expect(readReply(await udp.ask(A)).answer).toEqual(['voice.example.test 10 A 192.0.2.99'])
    expect(responder.counters()).toMatchObject({ queriesUdp: 3, responses: { SERVFAIL: 1, NOERROR: 2 } })
  })

  it('counts queries, replies by RCODE, drops and truncations', async () => {
    const responder = closing(await startResponder())
    const udp = closing(await UdpClient.open(responder.at))
    for (const query of [
      A,
      queryOf('nope.voice.example.test', 'A'),
      queryOf('example.org', 'A'),
      queryOf('a.test', 'A', { edns: { version: 1 } }),
    ])
      await udp.ask(query)
    await udp.send(Buffer.alloc(3))
    await udp.send(queryOf('voice.example.test', 'A', { flags: 0x8000 }))
    await until(() => responder.counters().dropped === 2)
    const tcp = await TcpClient.open(responder.at)
    await tcp.ask(A)
    tcp.socket.destroy()
    expect(responder.counters()).toMatchObject({
      queriesUdp: 6,
      queriesTcp: 1,
      dropped: 2,
      truncated: 0,
      tcpAccepted: 1,
      internalErrors: 0,
      sendErrors: 0,
      responses: { NOERROR: 2, NXDOMAIN: 1, REFUSED: 1, BADVERS: 1 },
    })
  })

  it('says which address is taken, by UDP or by TCP, and then holds none', async () => {
    const taken = closing(await startResponder())
    const udpOnly = createSocket('udp4')
    udpOnly.bind(0, '127.0.0.1')
    await once(udpOnly, 'listening')
    const tcpOnly = closing(createServer())
    tcpOnly.listen(0, '127.0.0.1')
    await once(tcpOnly, 'listening')
    const tcpAddress = tcpOnly.address()
    const tcpPort = typeof tcpAddress === 'object' ? (tcpAddress?.port ?? 0) : 0
    for (const port of [taken.at.port, udpOnly.address().port, tcpPort]) {
      const other = { address: '127.0.0.2', port: 0 }
      const responder = make([other, { address: '127.0.0.1', port }])
      expect(await codeOf(responder)).toBe(
        `listen-in-use: cannot answer DNS on 127.0.0.1:${port}: another program has that address and port`,
      )
      expect(responder.addresses()).toEqual([])
    }
    udpOnly.close()
  })

  it('says which address this host does not have', async () => {
    expect(await codeOf(make([{ address: '192.0.2.1', port: 0 }]))).toBe(
      'listen-no-address: cannot answer DNS on 192.0.2.1:0: this host has no such address',
    )
    expect(await codeOf(make([{ address: '2001:db8::1', port: 5300 }]))).toMatch(
      /^listen-no-address: cannot answer DNS on \[2001:db8::1\]:5300: /,
    )
  })

  it('closes twice, closes unopened, and frees its port', async () => {
    await make([{ address: '127.0.0.1', port: 0 }]).close()
    const first = await startResponder()
    await Promise.all([first.close(), first.close()])
    const again = closing(await startResponder({ listen: [first.at] }))
    expect(again.at).toEqual(first.at)
  })

  it.each([0, 7, 13, 17, 19, 37])(
    'drops a datagram from source port %i, which only a forger sends',
    async (port) => {
      const tally = new Tally()
      const answerer = new Answerer({
        random: seededRandom(1),
        logger: silentLogger,
        tally,
        clock: { nowMs: () => 0 },
      })
      const listener = closing(new UdpListener('127.0.0.1', { answerer, tally, logger: silentLogger }))
      await listener.bind({ address: '127.0.0.1', port: 0 })
      listener.receive(A, { address: '127.0.0.1', port })
      expect(tally.counters()).toMatchObject({ dropped: 1, queriesUdp: 1, sendErrors: 0, responses: {} })
    },
  )

  it('survives an answer that the system will not send, and logs it sparingly', async () => {
    const logged: string[] = []
    const logger = { ...silentLogger, warn: (event: string) => logged.push(event) }
    const tally = new Tally()
    const answerer = new Answerer({ random: seededRandom(1), logger, tally, clock: { nowMs: () => 0 } })
    const listener = closing(new UdpListener('127.0.0.1', { answerer, tally, logger }))
    await listener.bind({ address: '127.0.0.1', port: 0 })
    // A broadcast address without SO_BROADCAST is EACCES; 2001:db8:: on an IPv4 socket is EINVAL.
    for (let i = 0; i < 20; i++) listener.receive(A, { address: '255.255.255.255', port: 53 })
    for (let i = 0; i < 20; i++) listener.receive(A, { address: '2001:db8::1', port: 53 })
    expect(await until(() => tally.sendErrors === 40)).toBe(true)
    expect(logged).toHaveLength(6)
  })

  it('answers SERVFAIL to a query that meets a fault of ours, and goes on', async () => {
    const logged: string[] = []
    const logger = { ...silentLogger, error: (event: string) => logged.push(event) }
    const broken = {
      next: (): number => {
        throw new Error('no randomness left')
      },
    }
    const responder = closing(await startResponder({ random: broken, logger }))
    const udp = closing(await UdpClient.open(responder.at))
    const weighted = queryOf('weighted.voice.example.test', 'A', { id: 77, flags: 0x0100 })
    expect((await udp.ask(weighted)).toString('hex')).toBe('004d81020000000000000000')
    const tcp = await TcpClient.open(responder.at)
    expect((await tcp.ask(weighted)).toString('hex')).toBe('004d81020000000000000000')
    expect(readReply(await tcp.ask(A)).rcode).toBe('NOERROR')
    tcp.socket.destroy()
    expect(logged).toEqual(['dns.internal-error', 'dns.internal-error'])
    expect(responder.counters().internalErrors).toBe(2)
  })

  it('answers SERVFAIL for a name whose values no record can hold, and for no other', async () => {
    const sets = VOICE.sets.map((set) =>
      set.name === 'sip2.voice.example.test.'
        ? { ...set, records: [{ type: 'A' as const, address: 'nonsense' }] }
        : set,
    )
    const responder = closing(await startResponder({ snapshot: snapshotOf({ ...VOICE, sets }) }))
    const udp = closing(await UdpClient.open(responder.at))
    for (let times = 0; times < 3; times++)
      expect(readReply(await udp.ask(queryOf('sip2.voice.example.test', 'A'))).rcode).toBe('SERVFAIL')
    expect(readReply(await udp.ask(A)).rcode).toBe('NOERROR')
    expect(responder.counters().internalErrors).toBe(3)
  })
})
