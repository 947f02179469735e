import { describe, expect, it } from 'vitest'
import { HEADER } from '../../src/wire/dns/query.ts'
import { answerTo } from '../support/dns-ask.ts'
import { framed, startResponder, TcpClient, UdpClient, until } from '../support/dns-client.ts'
import { hostilePackets } from '../support/dns-hostile.ts'
import { queryOf } from '../support/dns-query.ts'
import { readReply } from '../support/dns-reply.ts'
import { seededRandom } from '../support/virtual-time.ts'

const UDP_PACKETS = 40_000
const TCP_PACKETS = 20_000
const NORMAL = queryOf('_sip._udp.voice.example.test', 'SRV', { edns: true })

/** The replies are exactly those that the answer function gives: one a query or none, so never two, and none is lost. */
function checkReplies(
  queries: readonly Buffer[],
  replies: readonly Buffer[],
  transport: 'udp' | 'tcp',
): void {
  const expected = queries
    .map((query) => answerTo(query, { transport }))
    .filter((reply) => reply !== undefined)
  const ids = (messages: readonly Buffer[]) =>
    messages.map((message) => message.readUInt16BE(0)).sort((a, b) => a - b)
  expect(ids(replies)).toEqual(ids(expected))
  for (const reply of replies) expect(reply.length).toBeGreaterThanOrEqual(HEADER)
}

describe('60,000 hostile packets', () => {
  it('over UDP and TCP neither stop, swell nor confuse the responder', { timeout: 120_000 }, async () => {
    const responder = await startResponder()
    const { at } = responder
    const normal = await UdpClient.open(at)
    const expected = await normal.ask(NORMAL)
    let rssAfterWarmUp = 0
    const handles = () =>
      process.getActiveResourcesInfo().filter((kind) => /UDP|TCP|Timeout/.test(kind)).length
    const handlesBefore = handles()

    const packets = hostilePackets(2026, 60_000)
    const client = await UdpClient.open(at)
    const batch = 250
    for (let sent = 0; sent < UDP_PACKETS; sent += batch) {
      const queries = Array.from({ length: batch }, () => packets.next().value as Buffer)
      const before = responder.counters().queriesUdp
      client.replies.length = 0
      for (const query of queries) await client.send(query)
      // Paced: the next batch waits until this one was read, so that a full socket buffer never hides a reply that is missing.
      expect(await until(() => responder.counters().queriesUdp === before + batch)).toBe(true)
      const due = queries.filter((query) => answerTo(query) !== undefined).length
      await until(() => client.replies.length >= due)
      checkReplies(queries, client.replies, 'udp')
      for (const reply of client.replies) {
        const hasOpt = (reply[11] ?? 0) > 0 && reply.includes(Buffer.from([0, 0, 41, 4, 208]))
        expect(reply.length).toBeLessThanOrEqual(hasOpt ? 1232 : 512)
      }
      if (sent === 10_000) rssAfterWarmUp = process.memoryUsage().rss
      if (sent % 5_000 === 0) expect(await normal.ask(NORMAL)).toEqual(expected)
    }
    client.close()

    await hostileConnections(at, responder.counters)
    expect(await normal.ask(NORMAL)).toEqual(expected)
    normal.close()
    const tcp = await TcpClient.open(at)
    expect(readReply(await tcp.ask(NORMAL)).answer).toEqual(readReply(expected).answer)
    tcp.socket.destroy()

    expect(await until(() => responder.counters().tcpConnections === 0)).toBe(true)
    const counters = responder.counters()
    expect(counters).toMatchObject({ internalErrors: 0, tcpRefused: 0, tcpEvicted: 0 })
    expect(counters.queriesUdp).toBeGreaterThanOrEqual(UDP_PACKETS)
    expect(counters.queriesTcp).toBeGreaterThanOrEqual(TCP_PACKETS)
    // The client's side of this process is measured with it, so the bound is wide; a leak of one packet each would be 20 MB.
    expect(process.memoryUsage().rss - rssAfterWarmUp).toBeLessThan(96 * 1024 * 1024)
    await until(() => handles() <= handlesBefore)
    expect(handles()).toBeLessThanOrEqual(handlesBefore)
    await responder.close()
  })
})

/** Connections of a hundred messages each, that end as badly as they can. */
async function hostileConnections(
  at: { address: string; port: number },
  counters: () => { readonly tcpConnections: number },
): Promise<void> {
  const random = seededRandom(99)
  const packets = hostilePackets(7766, 4_096)
  const endings = ['close', 'reset', 'cut', 'short length', 'long length', 'noise'] as const
  for (let sent = 0, connection = 0; sent < TCP_PACKETS; sent += 100, connection++) {
    const client = await TcpClient.open(at, { allowHalfOpen: true })
    // Less than a header is no message over TCP: that is one of the endings.
    const sound: Buffer[] = []
    while (sound.length < 100) {
      const query = packets.next().value as Buffer
      if (query.length >= HEADER) sound.push(query)
    }
    const due = sound.filter((query) => answerTo(query, { transport: 'tcp' }) !== undefined).length
    const stream = Buffer.concat(sound.map(framed))
    for (let start = 0; start < stream.length; ) {
      const size = 1 + Math.floor(random.next() * 1_500)
      client.socket.write(stream.subarray(start, start + size))
      start += size
      if (random.next() < 0.3) await new Promise((resolve) => setImmediate(resolve))
    }
    await until(() => client.replies.length >= due || client.closed)
    checkReplies(sound, client.replies, 'tcp')
    switch (endings[connection % endings.length]) {
      case 'reset':
        client.socket.resetAndDestroy()
        break
      case 'cut':
        client.socket.end(Buffer.from([1, 0, 7, 7, 7]))
        break
      case 'short length':
        client.socket.write(Buffer.from([0, 5, 1, 2, 3, 4, 5]))
        break
      case 'long length':
        client.socket.write(Buffer.from([255, 255, 1, 2, 3]))
        break
      case 'noise':
        client.socket.write(
          Buffer.from(Uint8Array.from({ length: 5_000 }, () => Math.floor(random.next() * 256))),
        )
        break
      default:
        client.socket.end()
    }
    // Noise may by chance be a query that waits for its end; the client then gives up.
    await until(() => client.ended || client.closed, 250)
    client.socket.destroy()
    expect(await until(() => counters().tcpConnections === 0)).toBe(true)
  }
}
