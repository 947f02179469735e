import { createSocket, type Socket } from 'node:dgram'
import { afterEach, describe, expect, test } from 'vitest'
import { RtpSocket } from '../../../src/probes/media/rtp-socket.ts'
import { until } from '../../support/sip-real-time.ts'

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function open(): Promise<RtpSocket> {
  const socket = await RtpSocket.open('127.0.0.1')
  if (!(socket instanceof RtpSocket)) throw new Error(socket.detail)
  cleanups.push(() => socket.close())
  return socket
}

async function peer(): Promise<Socket> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  cleanups.push(() => new Promise<void>((resolve) => socket.close(() => resolve())))
  return socket
}

const sent = (from: Socket, port: number, text: string) =>
  new Promise<void>((resolve) => from.send(text, port, '127.0.0.1', () => resolve()))

describe('a socket for media', () => {
  test('has an even port (RFC 3550 section 11)', async () => {
    const sockets = await Promise.all(Array.from({ length: 40 }, open))
    // One of 64 may end odd after six tries; left to chance, half of them would.
    expect(sockets.filter(({ port }) => port % 2 === 0).length).toBeGreaterThanOrEqual(32)
  })

  test('takes from its far end only, strangers who were quicker than the answer included', async () => {
    const [socket, far, stranger] = [await open(), await peer(), await peer()]
    const heard: string[] = []
    await sent(stranger, socket.port, 'early')
    const connected = socket.connect('127.0.0.1', far.address().port, {
      onPacket: (bytes) => heard.push(Buffer.from(bytes).toString()),
      onRefused: () => heard.push('refused'),
    })
    expect(await connected).toBeUndefined()
    await sent(stranger, socket.port, 'late')
    await sent(far, socket.port, 'mine')
    await until(() => heard.includes('mine'), 'the far end to be heard')
    expect(heard).toEqual(['mine'])
  })

  test('tells that nobody takes its packets', async () => {
    const [socket, far] = [await open(), await peer()]
    let refused = 0
    await socket.connect('127.0.0.1', far.address().port, { onPacket: () => {}, onRefused: () => refused++ })
    await cleanups.pop()?.()
    await until(() => {
      socket.send(Uint8Array.of(1))
      return refused > 0
    }, 'ICMP to come back')
  })

  test('cannot go to the other family, nor be bound to an address that is not ours', async () => {
    const socket = await open()
    const fault = await socket.connect('2001:db8::1', 4000, { onPacket: () => {}, onRefused: () => {} })
    expect(fault).toBeDefined()
    expect(await RtpSocket.open('192.0.2.77')).toMatchObject({ reason: 'no-route' })
  })

  test('closes once, however often it is asked to', async () => {
    const socket = await open()
    await socket.close()
    await socket.close()
  })
})
