import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { openConversation } from '../../../../src/publishers/providers/rfc2136/conversation.ts'
import { realTime, until } from '../../../support/sip-real-time.ts'

describe('a conversation', () => {
  let server: Server
  const sockets = new Set<Socket>()
  afterEach(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })

  const open = async (greet: (socket: Socket) => void, timeoutMs = 2_000) => {
    server = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('data', () => {})
      greet(socket)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const at = { address: '127.0.0.1', port: (server.address() as AddressInfo).port }
    return openConversation(at, { timers: realTime, timeoutMs, signal: new AbortController().signal })
  }
  const frame = (...octets: number[]) => Buffer.from([0, octets.length, ...octets])

  it('cuts what comes into messages, whatever the segments are', async () => {
    const stream = Buffer.concat([frame(1, 2, 3), frame(4), frame(5, 6)])
    const conversation = await open((socket) => {
      for (const octet of stream) socket.write(Buffer.of(octet))
    })
    const messages = [
      await conversation.receive(),
      await conversation.receive(),
      await conversation.receive(),
    ]
    expect(messages).toEqual([Uint8Array.of(1, 2, 3), Uint8Array.of(4), Uint8Array.of(5, 6)])
    conversation.close()
  })

  it('gives what came before the far end closed, and then says so', async () => {
    const conversation = await open((socket) => socket.end(frame(1)))
    expect(await conversation.receive()).toEqual(Uint8Array.of(1))
    await expect(conversation.receive()).rejects.toMatchObject({ fault: 'unreachable', uncertain: true })
    await expect(conversation.receive()).rejects.toMatchObject({ fault: 'unreachable' })
  })

  it('leaves it open what was done where the far end breaks it off', async () => {
    const conversation = await open((socket) => void socket.once('data', () => socket.resetAndDestroy()))
    conversation.send(Uint8Array.of(1))
    await expect(conversation.receive()).rejects.toMatchObject({ fault: 'unreachable', uncertain: true })
  })

  it('waits for each message no longer than its time-out', async () => {
    const conversation = await open((socket) => socket.write(frame(1)), 100)
    await conversation.receive()
    await expect(conversation.receive()).rejects.toMatchObject({ fault: 'timeout', uncertain: true })
  })

  it('cuts off who sends without end, and is soon through with it', async () => {
    const flood = Buffer.alloc(1024 * 1024)
    const conversation = await open((socket) => {
      for (let i = 0; i < 32; i++) socket.write(flood)
    })
    const before = process.cpuUsage()
    await until(() => [...sockets].every((socket) => socket.destroyed), 'the connection to end', 10_000)
    expect(process.cpuUsage(before).user).toBeLessThan(3_000_000)
    let read = 0
    const fault = await (async () => {
      for (;;) {
        const error = await conversation.receive().then(
          () => undefined,
          (reason: unknown) => reason,
        )
        if (error !== undefined) return error
        read++
      }
    })()
    expect(fault).toMatchObject({ fault: 'protocol' })
    expect(read).toBeLessThan(70_000)
  })
})
