import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { HookError } from '../../../../src/publishers/hooks/error.ts'
import { openTextSocket } from '../../../../src/publishers/hooks/socket/text-socket.ts'

let server: Server
let port = 0
const peers: Socket[] = []

beforeEach(async () => {
  server = createServer((socket) => {
    peers.push(socket)
    socket.on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const where = server.address()
  port = typeof where === 'object' && where !== null ? where.port : 0
})
afterEach(() => {
  for (const peer of peers.splice(0)) peer.destroy()
  server.close()
})

async function open(signal = new AbortController().signal) {
  const socket = await openTextSocket({ host: '127.0.0.1', port }, signal)
  await expect.poll(() => peers.length).toBe(1)
  return { socket, peer: peers[0] as Socket }
}

describe('a connection that carries text', () => {
  it('keeps what came before anybody listened', async () => {
    const { socket, peer } = await open()
    peer.write('early ')
    await new Promise((resolve) => setTimeout(resolve, 50))
    let text = ''
    socket.listen(
      (piece) => {
        text += piece
      },
      () => {},
    )
    peer.write('late')
    await expect.poll(() => text).toBe('early late')
    socket.close()
  })

  it('hands nothing on once it is closed, whatever still comes', async () => {
    const { socket, peer } = await open()
    let pieces = 0
    socket.listen(
      () => {
        pieces++
        socket.close()
      },
      () => {},
    )
    peer.write('x'.repeat(10_000_000))
    await expect.poll(() => peer.destroyed).toBe(true)
    expect(pieces).toBe(1)
  })

  it('tells of its end once, with what ended it', async () => {
    const stop = new AbortController()
    const { socket, peer } = await open(stop.signal)
    const ends: HookError[] = []
    socket.listen(
      () => {},
      (error) => ends.push(error),
    )
    peer.end()
    await expect.poll(() => ends.length).toBe(1)
    stop.abort()
    socket.close()
    expect(ends).toMatchObject([{ code: 'hook-unreachable' }])
  })
})
