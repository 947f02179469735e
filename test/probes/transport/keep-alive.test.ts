import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { KeepAlive } from '../../../src/probes/transport/keep-alive.ts'
import { createSipTransports } from '../../../src/probes/transport/shared-sip-transports.ts'
import type { LostConnection, SipEndpoint } from '../../../src/probes/transport/sip-transports.ts'
import { OPTIONS_QUESTION } from '../../support/options-question.ts'
import { VirtualTime } from '../../support/virtual-time.ts'

describe('keep-alives on an idle connection', () => {
  it('begin after 20 s, and go on every 20 s while they are answered', () => {
    const keepAlive = new KeepAlive()
    expect(keepAlive.due(19_999, 0)).toBe('wait')
    expect(keepAlive.due(20_000, 0)).toBe('ping')
    expect(keepAlive.due(25_000, 0)).toBe('wait')
    keepAlive.pong(25_100)
    expect(keepAlive.due(45_000, 0)).toBe('wait')
    expect(keepAlive.due(45_100, 0)).toBe('ping')
  })

  it('tell a failure where a server that answered them stops for 10 s', () => {
    const keepAlive = new KeepAlive()
    expect(keepAlive.due(20_000, 0)).toBe('ping')
    keepAlive.pong(20_010)
    expect(keepAlive.due(40_010, 0)).toBe('ping')
    expect(keepAlive.due(50_009, 0)).toBe('wait')
    expect(keepAlive.due(50_010, 0)).toBe('failed')
  })

  it('tell nothing of a server that never answered one, and leave it alone', () => {
    const keepAlive = new KeepAlive()
    expect(keepAlive.due(20_000, 0)).toBe('ping')
    for (let atMs = 30_000; atMs < 600_000; atMs += 5000) expect(keepAlive.due(atMs, 0)).toBe('wait')
  })

  it('are dropped for a question, which tells more', () => {
    const keepAlive = new KeepAlive()
    expect(keepAlive.due(20_000, 0)).toBe('ping')
    keepAlive.pong(20_001)
    expect(keepAlive.due(40_001, 0)).toBe('ping')
    keepAlive.used()
    expect(keepAlive.due(51_000, 41_000)).toBe('wait')
    expect(keepAlive.due(61_000, 41_000)).toBe('ping')
  })
})

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** Answers requests with 200, and pings as long as `pongs` says so. */
async function server(pongs: () => boolean) {
  const pings: number[] = []
  const sockets = new Set<Socket>()
  const listening = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1')
      if (text === '\r\n\r\n') {
        pings.push(pings.length)
        if (pongs()) socket.write('\r\n')
        return
      }
      const lines = text.split('\r\n').filter((line) => /^(?:Via|From|To|Call-ID|CSeq):/.test(line))
      socket.write(['SIP/2.0 200 OK', ...lines, 'Content-Length: 0', '', ''].join('\r\n'))
    })
  })
  listening.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  cleanups.push(async () => {
    for (const socket of sockets) socket.destroy()
    listening.close()
  })
  const { port } = listening.address() as { port: number }
  return { endpoint: { transport: 'tcp', address: '127.0.0.1', port } as SipEndpoint, pings }
}

/** The same over a WebSocket, which has pings of its own (RFC 6455 section 5.5.2). */
async function webSocketServer(pongs: () => boolean) {
  const pings: number[] = []
  const sockets = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    autoPong: false,
    handleProtocols: () => 'sip',
  })
  await once(sockets, 'listening')
  sockets.on('connection', (ws) => {
    ws.on('error', () => {})
    ws.on('ping', () => {
      pings.push(pings.length)
      if (pongs()) ws.pong()
    })
    ws.on('message', (data) => ws.send(String(data).replace(/^OPTIONS .*\r\n/, 'SIP/2.0 200 OK\r\n')))
  })
  cleanups.push(async () => {
    for (const client of sockets.clients) client.terminate()
    sockets.close()
  })
  const { port } = sockets.address() as { port: number }
  return { endpoint: { transport: 'ws', address: '127.0.0.1', port } as SipEndpoint, pings }
}

/** Virtual time moves on by sweeps of five seconds, with a moment of real time for the socket between. */
async function idle(time: VirtualTime, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 5000) {
    await time.advance(5000)
    await sleep(20)
  }
}

describe('a kept connection whose far end vanished without a word', () => {
  it.each([
    { over: 'tcp', what: 'lost once pings stay unanswered that were answered before', answered: 1 },
    { over: 'tcp', what: 'kept where pings were never answered', answered: 0 },
    { over: 'ws', what: 'lost once pings stay unanswered that were answered before', answered: 1 },
    { over: 'ws', what: 'kept where pings were never answered', answered: 0 },
  ])('($over) is $what', async ({ over, answered }) => {
    const lost = answered > 0 ? ['silent'] : []
    let left = answered
    const { endpoint, pings } = await (over === 'ws' ? webSocketServer : server)(() => left-- > 0)
    const time = new VirtualTime(1_000_000)
    // Idle connections are closed after a minute otherwise.
    const sip = createSipTransports({ clock: time, timers: time, limits: { firstIdleMs: 600_000 } })
    cleanups.push(() => sip.close())
    const seen: LostConnection[] = []
    sip.onLost((each) => seen.push(each))
    const result = await sip.ask(endpoint, OPTIONS_QUESTION, { timeoutMs: 1000 })
    expect(result).toMatchObject({ kind: 'response', attempts: 1 })
    await idle(time, 75_000)
    expect(pings.length).toBe(answered + 1)
    expect(seen.map(({ reason }) => reason)).toEqual(lost)
    expect(sip.sockets).toBe(lost.length > 0 ? 0 : 1)
  })
})
