import { createSocket, type Socket } from 'node:dgram'
import { afterEach, describe, expect, it } from 'vitest'
import { startResponder, UdpClient } from '../support/dns-client.ts'
import { queryOf } from '../support/dns-query.ts'
import { noBatch, workerUrl } from '../support/responder-batch.ts'

/**
 * Two services that answer each other's answers go on for ever, after one forged datagram. A reply of ours is a response, which no DNS
 * server answers; but there are older services that answer anything.
 */
const noBatchHere = await noBatch()
const SIDES = noBatchHere === undefined ? (['dgram', 'batch'] as const) : (['dgram'] as const)

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})

/** Whoever sends it anything gets `answer` of it. Rejects where the port is not to be had. */
async function service(port: number, answer: (bytes: Buffer) => Buffer) {
  const socket: Socket = createSocket('udp4')
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(port, '127.0.0.1', () => resolve())
  })
  open.push(socket)
  const seen = { heard: 0 }
  socket.on('message', (bytes, from) => {
    seen.heard++
    socket.send(answer(bytes), from.port, from.address)
  })
  return { socket, seen }
}

/** Ports below 1024 are not everybody's. `UdpListener` and `Receiver` have tests of their own that do without. */
const lowPorts = await service(19, (bytes) => bytes).then(
  () => {
    for (const one of open.splice(0)) one.close()
    return true
  },
  () => false,
)

/** RFC 864: 72 printable characters, from the next one each time. Read as DNS they are a query. */
function chargen(): () => Buffer {
  let first = 0
  return () => {
    first++
    return Buffer.from(Array.from({ length: 72 }, (_, i) => 33 + ((first + i) % 94)))
  }
}

const QUERY = queryOf('voice.example.test', 'A', { edns: true })
const pause = () => new Promise((resolve) => setTimeout(resolve, 400))

describe.each(SIDES)('by %s, one forged datagram', (io) => {
  async function start() {
    const responder = await startResponder({ settings: { io }, workerUrl })
    open.push(responder)
    return responder
  }

  it.skipIf(!lowPorts).each([
    [7, 'echo'],
    [13, 'daytime'],
    [17, 'quote of the day'],
    [19, 'chargen'],
    [37, 'time'],
  ])('from port %i (%s) gets no answer, for that would be answered', async (port) => {
    const responder = await start()
    const there = await service(port, chargen())
    there.socket.send(QUERY, responder.at.port, '127.0.0.1')
    await pause()
    expect(there.seen.heard).toBe(0)
    expect(responder.counters()).toMatchObject({ queriesUdp: 1, dropped: 1, responses: {} })
    const client = await UdpClient.open(responder.at)
    open.push(client)
    expect((await client.ask(QUERY)).length).toBeGreaterThan(QUERY.length)
  })

  it('from a mirror is answered once: our own answer coming back is none', async () => {
    const responder = await start()
    const mirror = await service(0, (bytes) => bytes)
    for (const bytes of [QUERY, Buffer.alloc(12), Buffer.alloc(600, 0x21)]) {
      const before = mirror.seen.heard
      mirror.socket.send(bytes, responder.at.port, '127.0.0.1')
      await pause()
      expect(mirror.seen.heard - before).toBeLessThanOrEqual(1)
    }
    expect(mirror.seen.heard).toBeGreaterThan(0)
  })

  it('in the name of another responder of ours is answered once', async () => {
    const [one, two] = [await start(), await start()]
    for (const bytes of [QUERY, Buffer.alloc(12), Buffer.alloc(600, 0x21)]) {
      const relay = await service(0, (heard) => heard)
      // Sent on as if it came from the other: what the first answers goes to the second, and back again.
      const second = await UdpClient.open(two.at)
      open.push(second)
      relay.socket.removeAllListeners('message')
      let passed = 0
      relay.socket.on('message', async (heard) => {
        passed++
        await second.send(heard)
      })
      relay.socket.send(bytes, one.at.port, '127.0.0.1')
      await pause()
      expect(passed).toBeLessThanOrEqual(1)
      expect(second.replies).toEqual([])
    }
    expect(two.counters().responses).toEqual({})
  })
})
