import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import type { SocketAddress } from '../../../src/core/settings.ts'
import { NotifySockets } from '../../../src/publishers/notify/sockets.ts'
import { until } from '../../support/dns-client.ts'
import { recordingLogger } from '../../support/recording-logger.ts'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})

/** A peer that keeps where datagrams come from, and sends each back. */
async function peer(address: string): Promise<{ at: SocketAddress; from: string[] }> {
  const socket: Socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  open.push(socket)
  const from: string[] = []
  socket.on('message', (bytes, sender) => {
    from.push(sender.address)
    socket.send(bytes, sender.port, sender.address)
  })
  socket.bind(0, address)
  await once(socket, 'listening')
  return { at: { address, port: socket.address().port }, from }
}

function sockets(source: (family: 4 | 6) => string | undefined) {
  const logger = recordingLogger()
  const received: string[] = []
  const made = new NotifySockets({
    logger,
    source,
    receive: (bytes, { address }) => received.push(`${Buffer.from(bytes).toString()} from ${address}`),
  })
  open.push(made)
  return { made, logger, received }
}

describe('the sockets of NOTIFY', () => {
  it('send from the address that secondaries know, by either family, and hear the answers', async () => {
    const [four, six] = [await peer('127.0.0.1'), await peer('::1')]
    const { made, received } = sockets((family) => (family === 4 ? '127.0.0.53' : '::1'))
    made.send(Buffer.from('four'), four.at)
    made.send(Buffer.from('six'), six.at)
    expect(await until(() => received.length === 2)).toBe(true)
    expect(four.from).toEqual(['127.0.0.53'])
    expect(six.from).toEqual(['::1'])
    expect(received.sort()).toEqual(['four from 127.0.0.1', 'six from ::1'])
  })

  it('come back after an address that the host does not have, yet or any more, and tell of 1, 2, 4, 8 … losses', async () => {
    const { at, from } = await peer('127.0.0.1')
    let source = '203.0.113.1'
    const { made, logger } = sockets(() => source)
    for (let i = 1; i <= 9; i++) {
      made.send(Buffer.from('lost'), at)
      await new Promise((resolve) => setImmediate(resolve))
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    expect(await until(() => logger.events.length > 0)).toBe(true)
    const counts = logger.events.map(({ fields }) => Number(fields.count))
    expect(counts.every((count) => (count & (count - 1)) === 0)).toBe(true)
    expect(from).toEqual([])
    source = '127.0.0.54'
    expect(
      await until(() => {
        made.send(Buffer.from('here'), at)
        return from.length > 0
      }),
    ).toBe(true)
    expect(new Set(from)).toEqual(new Set(['127.0.0.54']))
  })

  it('close, opened or not, and twice', async () => {
    const { made } = sockets(() => undefined)
    await made.close()
    made.send(Buffer.from('x'), (await peer('127.0.0.1')).at)
    await made.close()
    await made.close()
  })
})
