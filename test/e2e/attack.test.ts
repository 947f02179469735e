import { createSocket } from 'node:dgram'
import { readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask } from '../../src/cli/dns-client.ts'
import { framed, TcpClient, UdpClient, until } from '../support/dns-client.ts'
import { hostilePackets } from '../support/dns-hostile.ts'
import { optionOf, queryOf, u16, wireName } from '../support/dns-query.ts'
import { readReply } from '../support/dns-reply.ts'
import { type RunningSipvane, startSipvane } from '../support/sipvane-process.ts'
import { seededRandom } from '../support/virtual-time.ts'

const CONFIG = `
node: fort
dns:
  listen: ["127.0.0.1:0"]
  transfer: { allow: [{ key: transfer.example }] }
keys:
  transfer.example: { secret: "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3I=" }
admin: { listen: "127.0.0.1:0", token: let-me-in }
zones:
  voice.example.com:
    nameservers: [ns1.example.net., ns2.example.net.]
    records: |
      sip        IN A 192.0.2.11
      _sip._udp  IN SRV 10 60 5060 sip
`
const NAME = 'sip.voice.example.com'
const QUERY = queryOf(NAME, 'A', { edns: true })

let sipvane: RunningSipvane
let rssAtStart = 0
const sockets = new Set<Socket>()

beforeAll(async () => {
  sipvane = await startSipvane(CONFIG)
  await calm()
  rssAtStart = await rssBytes()
}, 60_000)
afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  await sipvane?.stop()
})

const at = () => ({ address: '127.0.0.1', port: sipvane.dnsPort })

async function rssBytes(): Promise<number> {
  const [, resident = '0'] = (await readFile(`/proc/${sipvane.pid}/statm`, 'latin1')).split(' ')
  return Number(resident) * 4096
}

/** Whoever comes now is served, over UDP, over TCP and by the admin API. */
async function calm(): Promise<void> {
  const answer = await ask(at(), NAME, 'A', 5_000)
  expect(answer.answers.map(({ data }) => data)).toEqual(['192.0.2.11'])
  const tcp = await TcpClient.open(at())
  expect(readReply(await tcp.ask(QUERY)).answer).toEqual([`${NAME} 30 A 192.0.2.11`])
  tcp.socket.destroy()
  const health = await fetch(`http://127.0.0.1:${sipvane.adminPort}/healthz`, {
    signal: AbortSignal.timeout(5_000),
  })
  expect(health.status).toBe(200)
}

/** A connection from an address of loopback's own, so that an attacker has many. */
async function open(from: string, port = sipvane.dnsPort): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, localAddress: from })
  sockets.add(socket)
  socket.on('error', () => {})
  socket.resume()
  socket.once('close', () => sockets.delete(socket))
  await new Promise<void>((resolve) => {
    socket.once('connect', () => resolve())
    socket.once('close', () => resolve())
  })
  return socket
}

function release(held: readonly Socket[]): void {
  for (const socket of held) socket.destroy()
}

const many = <T>(count: number, make: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)))

async function flood(packets: Iterable<Uint8Array>): Promise<void> {
  const socket = createSocket('udp4')
  let sent = 0
  for (const packet of packets) {
    await new Promise((resolve) => socket.send(packet, sipvane.dnsPort, '127.0.0.1', resolve))
    if (++sent % 200 === 0) await sleep(1)
  }
  socket.close()
}

/** TSIG records that are wrong in every length and number, on questions for a whole zone. */
function* wrongSignatures(count: number): Generator<Buffer> {
  const random = seededRandom(4711)
  const below = (limit: number) => Math.floor(random.next() * limit)
  const octets = (length: number) => Buffer.from(Array.from({ length }, () => below(256)))
  for (let i = 0; i < count; i++) {
    const mac = octets(below(80))
    const rdata = Buffer.concat([
      wireName(['hmac-sha256', 'hmac-md5.sig-alg.reg.int', 'x', '.'][below(4)] ?? '.'),
      octets(6),
      u16(300, below(3) === 0 ? 65_535 : mac.length),
      mac,
      u16(below(65_536), below(40), below(3) === 0 ? 65_535 : 0),
    ]).subarray(0, 10 + below(200))
    const owner = wireName(i % 2 === 0 ? 'transfer.example' : `k${i}.example`)
    const tsig = Buffer.concat([owner, u16(250, 255, 0, 0, rdata.length), rdata])
    yield queryOf('voice.example.com', [252, 251, 6, 250][i % 4] ?? 252, { id: i & 0xffff, records: [tsig] })
  }
}

describe('a running sipvane serves everybody else', () => {
  it('after ten thousand hostile datagrams', async () => {
    const packets = hostilePackets(815, 60_000)
    await flood(Array.from({ length: 10_000 }, () => packets.next().value as Buffer))
    await calm()
  })

  it('after cookies of every length, good for nothing', async () => {
    const client = await UdpClient.open(at())
    for (let length = 0; length <= 64; length++) {
      const reply = await client.ask(
        queryOf(NAME, 'A', { edns: { options: optionOf(10, Buffer.alloc(length, 7)) } }),
      )
      // RFC 7873 section 5.2.2: 8 alone, or 16 to 40 with the server's; any other length is FORMERR.
      const sound = length === 8 || (length >= 16 && length <= 40)
      expect([length, (reply[3] ?? 0) & 15]).toEqual([length, sound ? 0 : 1])
    }
    client.close()
    await calm()
  })

  it('after three thousand signatures that are wrong in every way, with a few lines in the log', async () => {
    const before = sipvane.log.length
    await flood(wrongSignatures(3_000))
    await calm()
    expect(sipvane.log.length - before).toBeLessThan(50)
  })

  it('after a flood of transfers that nobody granted, over TCP', async () => {
    const axfr = framed(queryOf('voice.example.com', 252))
    const elsewhere = framed(queryOf('elsewhere.example', 252))
    const held = await many(40, (i) => open(`127.0.0.${10 + i}`))
    for (const socket of held)
      socket.write(Buffer.concat(Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? axfr : elsewhere))))
    await calm()
    release(held)
  })

  it('while one client has all the connections that it may have, and says nothing', async () => {
    const held = await many(200, () => open('127.0.0.2'))
    await until(() => held.filter(({ destroyed }) => !destroyed).length <= 64, 5_000)
    expect(held.filter(({ destroyed }) => !destroyed)).toHaveLength(64)
    await calm()
    release(held)
  })

  it('while many clients have all connections that there are, and drip an octet now and then', async () => {
    const held = await many(600, (i) => open(`127.0.1.${1 + (i % 12)}`))
    const drip = setInterval(() => {
      for (const socket of held) if (!socket.destroyed) socket.write(Buffer.from([0]))
    }, 100)
    for (let i = 0; i < 10; i++) await calm()
    clearInterval(drip)
    release(held)
    await calm()
  })

  it('after lengths of 0, 11, 4097 and 65535, halves of messages, and ends of every kind', async () => {
    for (const length of [0, 1, 11, 4_097, 65_535]) {
      const socket = await open('127.0.0.3')
      socket.write(Buffer.concat([u16(length), Buffer.alloc(20)]))
      // Where the next message begins cannot be told any more.
      expect([length, await until(() => socket.destroyed, 5_000)]).toEqual([length, true])
    }
    const held = await many(300, (i) => open(`127.0.2.${1 + (i % 20)}`))
    for (const [i, socket] of held.entries()) {
      socket.write(framed(QUERY).subarray(0, i % 40))
      if (i % 3 === 0) socket.resetAndDestroy()
      else if (i % 3 === 1) socket.end()
      else socket.destroy()
    }
    await calm()
  })

  it('and answers ten thousand pipelined queries, each once and in order', async () => {
    const client = await TcpClient.open(at())
    const queries = Array.from({ length: 10_000 }, (_, id) => framed(queryOf(NAME, 'A', { id })))
    client.socket.write(Buffer.concat(queries))
    expect(await until(() => client.replies.length === 10_000, 20_000)).toBe(true)
    expect(client.replies.every((reply, id) => reply.readUInt16BE(0) === id)).toBe(true)
    client.socket.destroy()
    await calm()
  }, 60_000)

  it('while the admin API is full of connections that say nothing; then that, too', async () => {
    const held = await many(700, () => open('127.0.0.4', sipvane.adminPort))
    await until(() => held.filter(({ destroyed }) => !destroyed).length <= 512, 5_000)
    expect(held.filter(({ destroyed }) => !destroyed).length).toBeLessThanOrEqual(512)
    expect((await ask(at(), NAME, 'A', 5_000)).answers).toHaveLength(1)
    release(held)
    await sleep(100)
    await calm()
  })

  it('and has neither grown nor complained', async () => {
    expect(sipvane.log.filter(({ level }) => level === 'error')).toEqual([])
    expect(sipvane.log.length).toBeLessThan(200)
    // A leak of one kilobyte for each thing sent would be 30 MB and more; what a heap takes under load is given back late.
    expect((await rssBytes()) - rssAtStart).toBeLessThan(160 * 1024 * 1024)
    expect(await sipvane.stop()).toBe(0)
  })
})
