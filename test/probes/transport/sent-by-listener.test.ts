import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { listenAtSentBy } from '../../../src/probes/transport/sent-by-listener.ts'
import { until } from '../../support/sip-real-time.ts'
import { VirtualTime } from '../../support/virtual-time.ts'

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup()
})

const BYE = 'BYE sip:monitor@127.0.0.1 SIP/2.0\r\nContent-Length: 0\r\n\r\n'

/** A port that is taken, and how to let go of it. */
async function takenPort() {
  const holder = createServer()
  holder.listen(0, '127.0.0.1')
  await once(holder, 'listening')
  const { port } = holder.address() as AddressInfo
  return { port, free: () => new Promise((resolve) => holder.close(resolve)) }
}

/** Connects from that address, however often it takes until somebody listens; what comes back is kept. */
async function comes(port: number, localAddress: string): Promise<{ socket: Socket; heard: () => string }> {
  let heard = ''
  let socket: Socket | undefined
  await until(() => {
    if (socket === undefined || socket.destroyed) {
      socket = connect({ port, host: '127.0.0.1', localAddress })
      socket.on('error', () => {})
      socket.on('data', (bytes) => {
        heard += bytes.toString('latin1')
      })
    }
    return socket.readyState === 'open'
  }, 'a connection')
  const open = socket as Socket | undefined
  if (open === undefined) throw new Error('no socket')
  cleanups.push(() => open.destroy())
  return { socket: open, heard: () => heard }
}

function listen(port: number, time = new VirtualTime()) {
  const taken: string[] = []
  const end = listenAtSentBy({ address: '127.0.0.1', port }, '127.0.0.1', time, (send) => (bytes) => {
    taken.push(Buffer.from(bytes).toString('latin1'))
    send(Buffer.from('SIP/2.0 200 OK\r\n\r\n'))
  })
  cleanups.push(end)
  return { taken, end }
}

describe('where our Via said that we are', () => {
  test('the server of the broken connection is heard and answered', async () => {
    const { port, free } = await takenPort()
    await free()
    const { taken } = listen(port)
    const { socket, heard } = await comes(port, '127.0.0.1')
    socket.write(BYE)
    await until(() => heard() !== '', 'the answer')
    expect(taken).toEqual([BYE])
  })

  test('nobody else is', async () => {
    const { port, free } = await takenPort()
    await free()
    const { taken } = listen(port)
    const stranger = await comes(port, '127.0.0.2')
    stranger.socket.write(BYE)
    await until(() => stranger.socket.destroyed, 'the stranger to be turned away')
    const { socket, heard } = await comes(port, '127.0.0.1')
    socket.write(BYE)
    await until(() => heard() !== '', 'the answer')
    expect(taken).toEqual([BYE])
    expect(stranger.heard()).toBe('')
  })

  test('what is no SIP ends the connection', async () => {
    const { port, free } = await takenPort()
    await free()
    const { taken } = listen(port)
    const { socket } = await comes(port, '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\n\r\n')
    await until(() => socket.destroyed, 'its end')
    expect(taken).toEqual([])
  })

  test('a port that is still taken is asked for again, for two seconds', async () => {
    const time = new VirtualTime()
    const { port, free } = await takenPort()
    listen(port, time)
    for (let tries = 0; tries < 5; tries++) {
      await until(() => time.pending === 1, 'the next try to be due')
      await time.advance(100)
    }
    await until(() => time.pending === 1, 'the next try to be due')
    await free()
    await time.advance(100)
    const { socket, heard } = await comes(port, '127.0.0.1')
    socket.write(BYE)
    await until(() => heard() !== '', 'the answer')
  })

  test('ended, it holds neither port nor connection', async () => {
    const { port, free } = await takenPort()
    await free()
    const { end } = listen(port)
    const { socket } = await comes(port, '127.0.0.1')
    end()
    await until(() => socket.destroyed, 'the connection to end')
    const again = createServer().listen(port, '127.0.0.1')
    await once(again, 'listening')
    again.close()
  })
})
