import { fork } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { ListenError, type Responder } from '../../src/publishers/responder/responder.ts'
import { HEADER } from '../../src/wire/dns/query.ts'
import { answerTo } from '../support/dns-ask.ts'
import { startResponder, TcpClient, UdpClient, until } from '../support/dns-client.ts'
import { hostilePackets } from '../support/dns-hostile.ts'
import { queryOf } from '../support/dns-query.ts'
import { readReply } from '../support/dns-reply.ts'
import { OTHER, snapshotOf, VOICE, zoneOf } from '../support/dns-zone.ts'
import { recordingLogger } from '../support/recording-logger.ts'
import { noBatch, workerUrl } from '../support/responder-batch.ts'
import { projectRoot } from '../support/root.ts'

const why = await noBatch()
const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})
function closing<T extends { close(): unknown }>(one: T): T {
  open.push(one)
  return one
}

type Options = Parameters<typeof startResponder>[0]
const start = async (options: Options = {}) =>
  closing(await startResponder({ settings: { io: 'batch' }, workerUrl, ...options }))
const A = queryOf('voice.example.test', 'A', { edns: true })
const ADDRESS = ['voice.example.test 30 A 192.0.2.11']

describe.skipIf(why !== undefined)(`batches of system calls (${why ?? 'koffi is here'})`, () => {
  it('answer on every address, IPv4 and IPv6, from the address asked, and over TCP on the same port', async () => {
    const listen = ['127.0.0.1', '127.0.0.2', '::1'].map((address) => ({ address, port: 0 }))
    const responder = await start({ listen, settings: { io: 'batch', workers: 2 } })
    expect(responder.addresses().map(({ address }) => address)).toEqual(['127.0.0.1', '127.0.0.2', '::1'])
    for (const at of responder.addresses()) {
      expect(at.port).toBeGreaterThan(0)
      // A connected socket takes datagrams from that address and port only. Several clients, so that both threads get some.
      for (let i = 0; i < 8; i++) {
        const udp = closing(await UdpClient.open(at))
        expect(readReply(await udp.ask(A)).answer).toEqual(ADDRESS)
      }
      const tcp = await TcpClient.open(at)
      expect(readReply(await tcp.ask(A)).answer).toEqual(ADDRESS)
      tcp.socket.destroy()
    }
    expect(responder.counters()).toMatchObject({ queriesUdp: 24, queriesTcp: 3, responses: { NOERROR: 27 } })
  })

  it.each([
    ['0.0.0.0', ['127.0.0.1', '127.0.0.9', '127.8.8.8']],
    ['::', ['::1']],
  ])('answer on all addresses of the host by %s, each from the one that was asked', async (any, asked) => {
    const responder = await start({ listen: [{ address: any, port: 0 }] })
    for (const address of asked) {
      const udp = closing(await UdpClient.open({ address, port: responder.at.port }))
      for (let i = 0; i < 3; i++) expect(readReply(await udp.ask(A)).answer).toEqual(ADDRESS)
    }
  })

  it('answer octet for octet as the same function does in this thread', async () => {
    const responder = await start()
    const udp = closing(await UdpClient.open(responder.at))
    const names = ['_sip._udp', 'alias', 'away', 'a.b.wild', 'x.child', 'nope', 'weighted', 'asleep']
    for (const name of names) {
      for (const type of ['A', 'AAAA', 'SRV', 'NAPTR', 'ANY'] as const) {
        const query = queryOf(`${name}.voice.example.test`, type, { edns: { size: 1232 } })
        const reply = await udp.ask(query)
        if (name !== 'weighted') expect(reply).toEqual(answerTo(query, { client: '127.0.0.1' }))
      }
    }
  })

  it('draw weighted answers by their weights', async () => {
    const responder = await start()
    const udp = closing(await UdpClient.open(responder.at))
    const seen = new Map<string, number>()
    const rolls = 3_000
    for (let i = 0; i < rolls; i += 50) {
      udp.replies.length = 0
      for (let j = 0; j < 50; j++) await udp.send(queryOf('weighted.voice.example.test', 'A'))
      expect(await until(() => udp.replies.length === 50)).toBe(true)
      for (const reply of udp.replies) {
        const record = readReply(reply).answer[0] ?? ''
        seen.set(record, (seen.get(record) ?? 0) + 1)
      }
    }
    let chiSquare = 0
    for (const [last, weight] of [[71, 70] as const, [72, 25] as const, [73, 5] as const]) {
      const expected = (rolls * weight) / 100
      chiSquare +=
        ((seen.get(`weighted.voice.example.test 30 A 192.0.2.${last}`) ?? 0) - expected) ** 2 / expected
    }
    // Two degrees of freedom, real chance: passed once in ten million runs.
    expect(chiSquare).toBeLessThan(32)
  })

  it('answer from each new snapshot at once, of ten thousand zones too, and never from half of one', {
    timeout: 60_000,
  }, async () => {
    const zones = Array.from({ length: 10_000 }, (_, i) => versioned(i, 1))
    const responder = await start({ snapshot: snapshotOf(...zones) })
    const udp = closing(await UdpClient.open(responder.at))
    for (let version = 2; version < 40; version++) {
      const index = (version * 733) % 10_000
      zones[index] = versioned(index, version)
      responder.publish(snapshotOf(...zones))
      const reply = readReply(await udp.ask(queryOf(`host.z${index}.test`, 'A')))
      expect(reply.answer).toEqual([`host.z${index}.test 30 A 10.0.0.${version}`])
    }
    const all = zones.map((_, i) => versioned(i, 77))
    responder.publish(snapshotOf(...all))
    // A large change comes zone by zone, and every zone answers all the while.
    const moved = new Set<string>()
    const done = async () => {
      const reply = readReply(await udp.ask(queryOf('host.z9999.test', 'A')))
      expect(reply.answer).toHaveLength(1)
      moved.add(reply.answer[0] ?? '')
      return reply.answer[0] === 'host.z9999.test 30 A 10.0.0.77'
    }
    while (!(await done())) expect(moved.size).toBe(1)
  })

  it('say SERVFAIL before the first snapshot', async () => {
    const responder = await start({ snapshot: null })
    const udp = closing(await UdpClient.open(responder.at))
    expect(readReply(await udp.ask(A)).rcode).toBe('SERVFAIL')
    responder.publish(snapshotOf(VOICE, OTHER))
    expect(readReply(await udp.ask(A)).answer).toEqual(ADDRESS)
  })

  it('take 60,000 hostile packets and answer each as the function does, or not', {
    timeout: 120_000,
  }, async () => {
    const responder = await start({
      settings: { io: 'batch', cookies: { enabled: false, secrets: [], required: false } },
    })
    const client = closing(await UdpClient.open(responder.at))
    const packets = hostilePackets(2027, 60_000)
    let dropped = 0
    for (let sent = 0; sent < 60_000; sent += 250) {
      const queries = Array.from({ length: 250 }, () => packets.next().value as Buffer)
      client.replies.length = 0
      for (const query of queries) await client.send(query)
      const expected = queries.map((query) => answerTo(query)).filter((reply) => reply !== undefined)
      dropped += queries.length - expected.length
      expect(await until(() => responder.counters().queriesUdp === sent + 250)).toBe(true)
      expect(await until(() => client.replies.length >= expected.length)).toBe(true)
      expect(sorted(client.replies)).toEqual(sorted(expected))
      for (const reply of client.replies) expect(reply.length).toBeGreaterThanOrEqual(HEADER)
    }
    expect(responder.counters()).toMatchObject({
      queriesUdp: 60_000,
      dropped,
      internalErrors: 0,
      sendErrors: 0,
    })
    expect(readReply(await client.ask(A)).answer).toEqual(ADDRESS)
  })

  it('answer SERVFAIL to a query that meets a fault of ours, and the log of the main thread hears of it', async () => {
    const sets = VOICE.sets.map((set) =>
      set.name === 'sip2.voice.example.test.'
        ? { ...set, records: [{ type: 'A' as const, address: 'nonsense' }] }
        : set,
    )
    const logger = recordingLogger()
    const responder = await start({ snapshot: snapshotOf({ ...VOICE, sets }), logger })
    const udp = closing(await UdpClient.open(responder.at))
    for (let i = 0; i < 3; i++)
      expect(readReply(await udp.ask(queryOf('sip2.voice.example.test', 'A'))).rcode).toBe('SERVFAIL')
    expect(readReply(await udp.ask(A)).rcode).toBe('NOERROR')
    expect(responder.counters().internalErrors).toBe(3)
    expect(await until(() => logger.messagesOf('dns.internal-error').length === 2)).toBe(true)
  })

  it('end within a second, and leave the port to the next', async () => {
    const responder = await startResponder({ settings: { io: 'batch', workers: 3 }, workerUrl })
    const { at } = responder
    const began = performance.now()
    await responder.close()
    expect(performance.now() - began).toBeLessThan(1_000)
    for (let round = 0; round < 3; round++) {
      const next = await startResponder({ settings: { io: 'batch' }, workerUrl, listen: [at] })
      const udp = await UdpClient.open(at)
      expect(readReply(await udp.ask(A)).answer).toEqual(ADDRESS)
      udp.close()
      await next.close()
    }
  })

  it('hold no process that exits without closing them', async () => {
    const path = join(projectRoot(), 'build', 'bench', 'dns', 'responder-process.js')
    const child = fork(path, ['1'])
    closing({ close: () => child.kill('SIGKILL') })
    expect((await once(child, 'message'))[0]).toMatchObject({ kind: 'ready' })
    const exit = once(child, 'exit')
    // It calls `process.exit` then.
    child.disconnect()
    expect(await exit).toEqual([0, null])
  })

  it('have a successor when a thread ends by itself', { timeout: 30_000 }, async () => {
    const logger = recordingLogger()
    const fragile = pathToFileURL('test/fixtures/responder/fragile-worker.mjs')
    const responder = await start({ logger, workerUrl: fragile })
    const udp = closing(await UdpClient.open(responder.at))
    expect(await until(() => logger.messagesOf('dns.thread-ended').length === 1, 10_000)).toBe(true)
    // What was sent meanwhile waits in the socket, which outlives its thread.
    expect(readReply(await udp.ask(A)).answer).toEqual(ADDRESS)
    expect(readReply(await udp.ask(A)).answer).toEqual(ADDRESS)
    expect(logger.messagesOf('dns.thread-ended')).toHaveLength(1)
  })

  it('refuse to start with a thread that ends without a word', async () => {
    const mute = pathToFileURL('test/fixtures/responder/mute-worker.mjs')
    await expect(start({ workerUrl: mute })).rejects.toThrow('a DNS thread ended before it could answer')
  })

  it('do not share a port with another program', async () => {
    const taken = createSocket('udp4')
    taken.bind(0, '127.0.0.1')
    await once(taken, 'listening')
    const listen = [{ address: '127.0.0.1', port: taken.address().port }]
    await expect(start({ listen })).rejects.toMatchObject({ code: 'listen-in-use' })
    taken.close()
    const first = await start()
    // The second would get some of the first one's queries, were it not for TCP, which it cannot have.
    await expect(start({ listen: [first.at] })).rejects.toMatchObject({ code: 'listen-in-use' })
    await expect(start({ listen: [{ address: '203.0.113.1', port: 0 }] })).rejects.toMatchObject({
      code: 'listen-no-address',
    })
    const udp = closing(await UdpClient.open(first.at))
    for (let i = 0; i < 20; i++) expect(readReply(await udp.ask(A)).answer).toEqual(ADDRESS)
  })
})

describe('dns.io', () => {
  const absent = pathToFileURL('/nowhere/worker.js')

  it('auto answers by node:dgram where batches cannot be had, and the log says why', async () => {
    const logger = recordingLogger()
    const responder = await start({ settings: { io: 'auto' }, workerUrl: absent, logger })
    const udp = closing(await UdpClient.open(responder.at))
    expect(readReply(await udp.ask(A)).answer).toEqual(ADDRESS)
    const said = logger.messagesOf('dns.listening')[0] ?? ''
    expect(said).toMatch(/UDP by node:dgram, for /)
    expect(said).toContain(why ?? "the threads' code is not compiled")
  })

  it('batch is an error where batches cannot be had', async () => {
    await expect(start({ settings: { io: 'batch' }, workerUrl: absent })).rejects.toSatisfy(
      (error) => error instanceof ListenError && error.code === 'listen-no-batch',
    )
  })

  it.skipIf(why !== undefined)(
    'auto answers by batches where they can be had, and dgram never does',
    async () => {
      const said: string[] = []
      for (const io of ['auto', 'dgram'] as const) {
        const logger = recordingLogger()
        const responder: Responder = await start({ settings: { io }, logger })
        expect(responder.addresses()).toHaveLength(1)
        said.push(logger.messagesOf('dns.listening')[0]?.replace(/^.*UDP /, '') ?? '')
      }
      expect(said).toEqual([
        'by batches of system calls in 1 thread',
        'by node:dgram, for dns.io asks for it',
      ])
    },
  )
})

function versioned(index: number, version: number) {
  return zoneOf(
    `z${index}.test.`,
    `@ SOA ns h ${version} 2 3 4 5\n@ NS ns\nns A 192.0.2.1\nhost A 10.0.0.${version}`,
  )
}

/** In the order of their octets; which of its three addresses a weighted name is answered with is chance. */
function sorted(messages: readonly Buffer[]): string[] {
  return messages.map((message) => message.toString('hex').replace(/0004c000024[789]/, 'drawn')).sort()
}
