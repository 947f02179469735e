import { afterEach, describe, expect, it } from 'vitest'
import type { Responder } from '../../src/publishers/responder/responder.ts'
import { framed, startResponder, TcpClient, UdpClient, until } from '../support/dns-client.ts'
import { optionOf, queryOf } from '../support/dns-query.ts'
import { readReply } from '../support/dns-reply.ts'
import { snapshotOf, zoneOf } from '../support/dns-zone.ts'
import { VirtualTime } from '../support/virtual-time.ts'

const running: Responder[] = []
const clients: TcpClient[] = []
afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.destroy()
  for (const responder of running.splice(0)) await responder.close()
})
async function start(options: Parameters<typeof startResponder>[0] = {}) {
  const responder = await startResponder(options)
  running.push(responder)
  return responder
}
async function dial(at: { address: string; port: number }, options: { allowHalfOpen?: boolean } = {}) {
  const client = await TcpClient.open(at, options)
  clients.push(client)
  return client
}

const A = queryOf('voice.example.test', 'A')
const NUMBERED = (id: number) => queryOf('_sip._udp.voice.example.test', 'SRV', { id })

describe('DNS over TCP (RFC 7766)', () => {
  it('answers pipelined queries in order, however they are cut into segments', async () => {
    const { at } = await start()
    const stream = Buffer.concat(Array.from({ length: 40 }, (_, i) => framed(NUMBERED(i))))
    for (const size of [1, 7, 54, stream.length]) {
      const client = await dial(at)
      for (let i = 0; i < stream.length; i += size) {
        client.socket.write(stream.subarray(i, i + size))
        if (size < 54) await new Promise((resolve) => setImmediate(resolve))
      }
      expect(await until(() => client.replies.length === 40)).toBe(true)
      expect(client.replies.map((reply) => reply.readUInt16BE(0))).toEqual(
        Array.from({ length: 40 }, (_, i) => i),
      )
      expect(client.rest).toBe(0)
    }
  })

  it('answers as over UDP, but without the limit', async () => {
    const text = Array.from({ length: 60 }, (_, i) => `wide A 192.0.2.${i}`).join('\n')
    const { at } = await start({
      snapshot: snapshotOf(zoneOf('big.test.', `@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n${text}`)),
    })
    const query = queryOf('wide.big.test', 'A')
    const udp = await UdpClient.open(at)
    expect(readReply(await udp.ask(query)).flags).toBe('qr aa tc')
    udp.close()
    expect(readReply(await (await dial(at)).ask(query)).answer).toHaveLength(60)
  })

  it('answers what came before the client closed its side, then closes too', async () => {
    const { at } = await start()
    const client = await dial(at, { allowHalfOpen: true })
    client.socket.end(Buffer.concat(Array.from({ length: 500 }, (_, i) => framed(NUMBERED(i)))))
    expect(await until(() => client.ended)).toBe(true)
    expect(client.replies).toHaveLength(500)
  })

  it('keeps a connection over a malformed message, for its length was right', async () => {
    const { at } = await start()
    const client = await dial(at)
    expect((await client.ask(queryOf(Buffer.from([0xc0, 0x0c]), 'A'))).toString('hex')).toBe(
      '123480010000000000000000',
    )
    expect(readReply(await client.ask(A)).rcode).toBe('NOERROR')
  })

  it('gives no answer to a response, and goes on', async () => {
    const { at } = await start()
    const client = await dial(at)
    client.socket.write(framed(queryOf('voice.example.test', 'A', { id: 1, flags: 0x8000 })))
    expect((await client.ask(A)).readUInt16BE(0)).toBe(0x1234)
  })

  it.each([0, 11, 4097, 65535])('closes on a length of %i, after the answers before it', async (length) => {
    const responder = await start()
    const client = await dial(responder.at)
    client.socket.write(
      Buffer.concat([framed(A), Buffer.from([length >> 8, length & 255]), Buffer.alloc(30)]),
    )
    expect(await until(() => client.closed)).toBe(true)
    expect(client.replies.length).toBeLessThanOrEqual(1)
    expect(responder.counters()).toMatchObject({
      queriesTcp: 1,
      tcpFramingErrors: 1,
      responses: { NOERROR: 1 },
    })
    expect(await until(() => responder.counters().tcpConnections === 0)).toBe(true)
  })

  it('holds back a client that does not read: no more is answered than the buffers take', async () => {
    const text = Array.from({ length: 200 }, (_, i) => `wide TXT "${'x'.repeat(240)}${i}"`).join('\n')
    const time = new VirtualTime()
    const responder = await start({
      timers: time,
      snapshot: snapshotOf(zoneOf('big.test.', `@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n${text}`)),
    })
    const client = await dial(responder.at)
    client.socket.pause()
    const query = framed(queryOf('wide.big.test', 'TXT'))
    client.socket.write(Buffer.concat(Array.from({ length: 20_000 }, () => query)))
    // 20,000 answers of 52 KB are 1 GB; the kernel's buffers hold a few MB of them.
    let answered = -1
    while (answered !== responder.counters().queriesTcp) {
      answered = responder.counters().queriesTcp
      await until(() => responder.counters().queriesTcp > answered, 200)
    }
    expect(answered).toBeLessThan(1_000)
    // It is not idle for what it once asked, and is cut off like any other.
    await time.advance(11_000)
    expect(await until(() => responder.counters().tcpConnections === 0)).toBe(true)
    expect(responder.counters().tcpTimedOut).toBe(1)
  })

  it('serves a slow reader to the end', async () => {
    const responder = await start()
    const client = await dial(responder.at)
    client.socket.pause()
    client.socket.write(Buffer.concat(Array.from({ length: 30_000 }, (_, i) => framed(NUMBERED(i)))))
    await until(() => responder.counters().queriesTcp > 1_000)
    client.socket.resume()
    expect(await until(() => client.replies.length === 30_000, 10_000)).toBe(true)
  })
})

describe('TCP limits', () => {
  it('closes idle connections after ten seconds, and those that only drip', async () => {
    const time = new VirtualTime()
    const responder = await start({ timers: time })
    const idle = await dial(responder.at)
    const dripping = await dial(responder.at)
    const busy = await dial(responder.at)
    await until(() => responder.counters().tcpConnections === 3)
    const query = framed(A)
    for (let second = 0; second < 9; second++) {
      dripping.socket.write(query.subarray(second, second + 1))
      await busy.ask(A)
      await time.advance(1_000)
    }
    expect(responder.counters().tcpTimedOut).toBe(0)
    await time.advance(2_000)
    expect(await until(() => idle.closed && dripping.closed)).toBe(true)
    expect(busy.closed).toBe(false)
    expect(responder.counters()).toMatchObject({ tcpTimedOut: 2, tcpConnections: 1 })
  })

  it('closes idle connections after a fifth of the time when most are taken, and tells who asks (RFC 7828)', async () => {
    const time = new VirtualTime()
    const responder = await start({ timers: time, limits: { maxConnections: 8 } })
    const asks = queryOf('voice.example.test', 'A', { edns: { options: optionOf(11) } })
    const [first] = await Promise.all(Array.from({ length: 6 }, () => dial(responder.at)))
    if (first === undefined) throw new Error('no connection')
    expect(readReply(await first.ask(asks)).opt?.options).toEqual(['11:0064'])
    await dial(responder.at)
    await until(() => responder.counters().tcpConnections === 7)
    expect(readReply(await first.ask(asks)).opt?.options).toEqual(['11:0014'])
    await time.advance(3_000)
    // With the longest idle one gone there is room again, and the others have their time.
    expect(responder.counters()).toMatchObject({ tcpTimedOut: 1, tcpConnections: 6 })
    expect(first.closed).toBe(false)
  })

  it('has a client that pipelines thousands wait while others have their turn', async () => {
    const responder = await start()
    const [greedy, modest] = [await dial(responder.at), await dial(responder.at)]
    await modest.ask(A)
    greedy.socket.write(Buffer.concat(Array.from({ length: 5_000 }, (_, i) => framed(NUMBERED(i)))))
    await until(() => responder.counters().queriesTcp > 60)
    const before = responder.counters().queriesTcp
    expect(readReply(await modest.ask(A)).rcode).toBe('NOERROR')
    expect(responder.counters().queriesTcp - before).toBeLessThan(2_000)
    expect(await until(() => greedy.replies.length === 5_000, 10_000)).toBe(true)
    expect(greedy.replies.map((reply) => reply.readUInt16BE(0))).toEqual(
      Array.from({ length: 5_000 }, (_, i) => i),
    )
  })

  it('lets the longest idle go when a newcomer finds the house full', async () => {
    const responder = await start({ limits: { maxConnections: 3 } })
    const [first, second, third] = [
      await dial(responder.at),
      await dial(responder.at),
      await dial(responder.at),
    ]
    for (const client of [second, third, first]) await client.ask(A)
    const newcomer = await dial(responder.at)
    expect(readReply(await newcomer.ask(A)).rcode).toBe('NOERROR')
    expect(await until(() => second.closed)).toBe(true)
    expect([first.closed, third.closed]).toEqual([false, false])
    expect(responder.counters()).toMatchObject({ tcpEvicted: 1, tcpConnections: 3 })
  })

  it('lets nobody go who waits for an answer: with a house full of those, the newcomer is turned away', async () => {
    const text = Array.from({ length: 200 }, (_, i) => `wide TXT "${'x'.repeat(240)}${i}"`).join('\n')
    const snapshot = snapshotOf(zoneOf('big.test.', `@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n${text}`))
    const responder = await start({ limits: { maxConnections: 1 }, snapshot })
    const waiting = await dial(responder.at)
    waiting.socket.pause()
    waiting.socket.write(
      Buffer.concat(Array.from({ length: 2_000 }, () => framed(queryOf('wide.big.test', 'TXT')))),
    )
    let answered = -1
    while (answered !== responder.counters().queriesTcp) {
      answered = responder.counters().queriesTcp
      await until(() => responder.counters().queriesTcp > answered, 200)
    }
    const newcomer = await dial(responder.at)
    expect(await until(() => newcomer.closed)).toBe(true)
    expect(responder.counters()).toMatchObject({ tcpRefused: 1, tcpEvicted: 0, tcpConnections: 1 })
    waiting.socket.destroy()
  })
})

describe('closing', () => {
  it('sends the answers in flight and then closes the connections', async () => {
    const responder = await startResponder()
    const client = await dial(responder.at)
    client.socket.write(Buffer.concat(Array.from({ length: 200 }, (_, i) => framed(NUMBERED(i)))))
    await until(() => responder.counters().queriesTcp === 200)
    await responder.close()
    expect(await until(() => client.closed)).toBe(true)
    expect(client.replies).toHaveLength(200)
  })

  it('waits no longer than two seconds for a client that does not read', async () => {
    const text = Array.from({ length: 200 }, (_, i) => `wide TXT "${'x'.repeat(240)}${i}"`).join('\n')
    const time = new VirtualTime()
    const responder = await startResponder({
      timers: time,
      snapshot: snapshotOf(zoneOf('big.test.', `@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n${text}`)),
    })
    const client = await dial(responder.at)
    client.socket.pause()
    client.socket.write(
      Buffer.concat(Array.from({ length: 500 }, () => framed(queryOf('wide.big.test', 'TXT')))),
    )
    await until(() => responder.counters().queriesTcp > 20)
    let closed = false
    const closing = responder.close().then(() => {
      closed = true
    })
    await time.advance(1_999)
    await until(() => closed, 50)
    expect(closed).toBe(false)
    await time.advance(1)
    await closing
    expect(responder.counters().tcpConnections).toBe(0)
  })
})
