import { createServer, type RequestListener } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Server, Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { HttpExchange, type HttpQuestion } from '../../../src/probes/http/exchange.ts'
import { until } from '../../support/sip-real-time.ts'
import { certificate, issuer } from '../../support/tls-fixtures.ts'
import { VirtualTime } from '../../support/virtual-time.ts'

const cleanups: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

interface Rig {
  readonly time: VirtualTime
  readonly sockets: readonly Socket[]
  /** What each TLS handshake showed. */
  readonly shaken: readonly unknown[]
  readonly requests: () => number
  ask(timeoutMs?: number): ReturnType<HttpExchange['ask']>
}

async function rig(listener: RequestListener, { keepAlive = true, tls = false } = {}): Promise<Rig> {
  const time = new VirtualTime()
  const sockets: Socket[] = []
  const shaken: unknown[] = []
  let requests = 0
  const counting: RequestListener = (request, response) => {
    requests++
    listener(request, response)
  }
  const server: Server = tls ? createHttpsServer(certificate('server'), counting) : createServer(counting)
  server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => {
    socket.on('error', () => {})
    sockets.push(socket)
    if (socket instanceof TLSSocket)
      shaken.push({ name: socket.servername, resumed: socket.isSessionReused() })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const exchange = new HttpExchange({ keepAlive, tls }, { clock: time, timers: time })
  cleanups.push(
    () => new Promise((resolve) => server.close(resolve)),
    () => {
      for (const socket of sockets) socket.destroy()
    },
    () => exchange.close(),
  )
  const { port } = server.address() as AddressInfo
  const question: HttpQuestion = {
    method: 'GET',
    address: '127.0.0.1',
    port,
    path: '/',
    headers: { host: 'pbx.example.test' },
    ...(tls ? { tls: { verify: true, ca: issuer() } } : {}),
  }
  return {
    time,
    sockets,
    shaken,
    requests: () => requests,
    ask: (timeoutMs = 1000) => exchange.ask(question, { timeoutMs }),
  }
}

describe('a question over HTTP', () => {
  test.each([true, false])(
    'whose new connection breaks is not asked twice (keepAlive: %s)',
    async (keepAlive) => {
      const { ask, sockets } = await rig((request) => request.socket.destroy(), { keepAlive })
      expect(await ask()).toMatchObject({ kind: 'error', phase: 'open' })
      expect(sockets).toHaveLength(1)
    },
  )

  test('has one budget, the second try on a new connection included', async () => {
    const held: Socket[] = []
    const lab = await rig((request, response) => {
      if (lab.requests() === 1) response.end()
      else held.push(request.socket)
    })
    expect(await lab.ask()).toMatchObject({ kind: 'answer' })
    let over = false
    const asking = lab.ask().finally(() => {
      over = true
    })
    await until(() => held.length === 1, 'the question over the kept connection')
    await lab.time.advance(600)
    held[0]?.destroy()
    await until(() => held.length === 2, 'the same over a new one')
    await lab.time.advance(399)
    expect(over).toBe(false)
    await lab.time.advance(1)
    expect(await asking).toEqual({ kind: 'timeout' })
    expect(lab.sockets).toHaveLength(2)
  })

  test.each<[string, RequestListener]>([
    ['none came', () => {}],
    ['it did not end', (_request, response) => void response.write('x'.repeat(100))],
    ['it has no end', (_request, response) => void response.write('x'.repeat(70_000))],
  ])('keeps no connection on which an answer may still come: %s', async (_what, listener) => {
    const lab = await rig(listener)
    const asking = lab.ask()
    await until(() => lab.requests() === 1, 'the question')
    await new Promise((resolve) => setImmediate(resolve))
    await lab.time.advance(1000)
    expect(['timeout', 'answer']).toContain((await asking).kind)
    await until(() => lab.sockets.every((socket) => socket.destroyed || socket.readableEnded), 'its end')
  })

  test('over TLS names no address by SNI, and shakes hands in full each time', async () => {
    const close: RequestListener = (_request, response) => response.setHeader('connection', 'close').end()
    const lab = await rig(close, { tls: true })
    for (let round = 0; round < 3; round++)
      expect(await lab.ask()).toMatchObject({ kind: 'answer', status: 200 })
    expect(lab.shaken).toEqual(Array.from({ length: 3 }, () => ({ name: false, resumed: false })))
  })
})
