/**
 * A SIP server for tests and demos, on real sockets, that does what it is told: answers, keeps silent, loses, delays,
 * forges, breaks off. Needs no test runner.
 *
 *   const server = await createSipServer({ transport: 'udp' })        // 127.0.0.1, a port of the system's choice
 *   server.behave(status(503, { headers: [['Retry-After', '120']] })) // from sip-behaviours.ts; default: status(200)
 *   … ask server.address, server.port …
 *   server.requests                                                   // all that came in, in order
 *   await server.close()                                              // from here on the port refuses
 *
 * Several servers may share a port on different loopback addresses: `{ address: '127.0.0.2', port: first.port }`.
 */
import { createSocket, type Socket as DatagramSocket } from 'node:dgram'
import { createServer, type Server, type Socket } from 'node:net'
import { createSecureContext, type SecureContextOptions, TLSSocket } from 'node:tls'
import type { Timers } from '../../src/core/ports.ts'
import { type Behaviour, type LabReply, type LabRequest, status } from './sip-behaviours.ts'
import { realTime, until } from './sip-real-time.ts'
import { parseRequest, raw } from './sip-request.ts'
import { certificate } from './tls-fixtures.ts'
import { serveWebSocket, type WebSocketOptions } from './ws-lab.ts'

export interface SipServerOptions {
  readonly transport: 'udp' | 'tcp' | 'tls' | 'ws' | 'wss'
  /** Default 127.0.0.1. */
  readonly address?: string
  /** Default 0: the system chooses. */
  readonly port?: number
  /** TLS: key, certificate, and what else a secure context takes. Default: the fixture `server`. */
  readonly tls?: SecureContextOptions
  /** WS and WSS: how the upgrade is answered. */
  readonly webSocket?: WebSocketOptions
  /** Of delayed behaviours. Default: real time. */
  readonly timers?: Timers
}

export interface SipServer {
  readonly address: string
  readonly port: number
  /** Requests read, in order. */
  readonly requests: readonly LabRequest[]
  /** Connections accepted so far, and those open now. */
  readonly accepted: number
  readonly open: number
  /** Names that TLS clients asked for (SNI), in order; '' for none. */
  readonly serverNames: readonly string[]
  /** From the next request or connection on. */
  behave(behaviour: Behaviour): void
  /** TLS and WSS: what new connections are shown from now on. */
  present(certificate: SecureContextOptions): void
  /** Resolves when that many requests have come in altogether. */
  received(count: number): Promise<void>
  /** Ends every open connection: in order, or by RST. */
  dropConnections(how: 'end' | 'reset'): void
  close(): Promise<void>
}

export async function createSipServer(options: SipServerOptions): Promise<SipServer> {
  const lab = new Lab(options)
  await lab.listen()
  return lab
}

class Lab implements SipServer {
  readonly address: string
  port = 0
  accepted = 0
  readonly requests: LabRequest[] = []
  readonly serverNames: string[] = []
  readonly #options: SipServerOptions
  readonly #timers: Timers
  #behaviour: Behaviour = status(200)
  #certificate: SecureContextOptions | undefined
  #datagrams: DatagramSocket | undefined
  #elsewhere: DatagramSocket | undefined
  #server: Server | undefined
  readonly #sockets = new Set<Socket>()
  readonly #pending = new Set<() => void>()

  constructor(options: SipServerOptions) {
    this.#options = options
    this.#timers = options.timers ?? realTime
    this.#certificate = options.tls
    this.address = options.address ?? '127.0.0.1'
  }

  get open(): number {
    return this.#sockets.size
  }

  behave(behaviour: Behaviour): void {
    this.#behaviour = behaviour
  }

  present(certificate: SecureContextOptions): void {
    this.#certificate = certificate
  }

  received(count: number): Promise<void> {
    return until(() => this.requests.length >= count, `${count} requests`)
  }

  dropConnections(how: 'end' | 'reset'): void {
    for (const socket of this.#sockets) how === 'end' ? socket.end() : socket.resetAndDestroy()
  }

  async listen(): Promise<void> {
    const { transport, port = 0 } = this.#options
    if (transport === 'udp') {
      const type = this.address.includes(':') ? 'udp6' : 'udp4'
      this.#datagrams = await bound(createSocket(type), port, this.address)
      this.#elsewhere = await bound(createSocket(type), 0, this.address)
      this.#datagrams.on('message', (bytes, from) => this.#onDatagram(bytes, from))
      this.port = this.#datagrams.address().port
      return
    }
    const server = createServer((socket) => this.#onConnection(socket))
    this.#server = server
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, this.address, resolve)
    })
    const where = server.address()
    if (where !== null && typeof where === 'object') this.port = where.port
  }

  async close(): Promise<void> {
    for (const cancel of this.#pending) cancel()
    this.#pending.clear()
    for (const socket of this.#sockets) socket.destroy()
    await Promise.all([
      closedDatagrams(this.#datagrams),
      closedDatagrams(this.#elsewhere),
      new Promise<void>((resolve) =>
        this.#server === undefined ? resolve() : this.#server.close(() => resolve()),
      ),
    ])
    this.#datagrams = undefined
    this.#elsewhere = undefined
    this.#server = undefined
  }

  #onDatagram(bytes: Uint8Array, from: { address: string; port: number }): void {
    const request = parseRequest(Buffer.from(bytes).toString('latin1'), from)
    if (request === undefined) return
    this.requests.push(request)
    // By then the server may be closed: an answer that comes late goes nowhere.
    const by = (which: () => DatagramSocket | undefined) => (text: Uint8Array | string) =>
      which()?.send(raw(text), from.port, from.address)
    this.#behaviour.onRequest(request, {
      send: by(() => this.#datagrams),
      sendFromElsewhere: by(() => this.#elsewhere),
      later: (delayMs, then) => this.#later(delayMs, then),
      end: () => {},
      reset: () => {},
    })
  }

  #onConnection(plain: Socket): void {
    this.accepted++
    this.#sockets.add(plain)
    plain.on('close', () => this.#sockets.delete(plain))
    plain.on('error', () => {})
    plain.setNoDelay(true)
    const how = this.#behaviour.onConnection ?? 'accept'
    if (how === 'reset') plain.resetAndDestroy()
    if (how === 'end') plain.end()
    if (how !== 'accept') return
    const { transport } = this.#options
    if (transport === 'tcp' || transport === 'ws') {
      this.#serve(plain, plain)
      return
    }
    const secureContext = createSecureContext(this.#certificate ?? certificate('server'))
    const secure = new TLSSocket(plain, {
      isServer: true,
      secureContext,
      SNICallback: (name, done) => {
        this.serverNames.push(name)
        done(null, secureContext)
      },
    })
    secure.on('error', () => plain.destroy())
    this.#serve(secure, plain)
  }

  #serve(socket: Socket, plain: Socket): void {
    const { transport, webSocket } = this.#options
    if (transport === 'tcp' || transport === 'tls') {
      this.#readFrom(socket, plain)
      return
    }
    const from = { address: plain.remoteAddress ?? '', port: plain.remotePort ?? 0 }
    serveWebSocket(
      socket,
      (text, side) => {
        const request = parseRequest(text, from)
        if (request === undefined) return
        this.requests.push(request)
        this.#behaviour.onRequest(request, {
          ...side,
          sendFromElsewhere: () => {},
          later: (delayMs, then) => this.#later(delayMs, then),
          reset: () => plain.resetAndDestroy(),
        })
      },
      webSocket,
    )
  }

  #readFrom(socket: Socket, plain: Socket): void {
    const from = { address: plain.remoteAddress ?? '', port: plain.remotePort ?? 0 }
    const reply: LabReply = {
      send: (text) => {
        if (socket.writable) socket.write(raw(text))
      },
      sendFromElsewhere: () => {},
      later: (delayMs, then) => this.#later(delayMs, then),
      end: () => socket.end(),
      reset: () => plain.resetAndDestroy(),
    }
    let held = ''
    socket.on('data', (chunk: Buffer) => {
      held += chunk.toString('latin1')
      for (;;) {
        held = held.replace(/^(\r\n)+/, '')
        const end = held.indexOf('\r\n\r\n')
        if (end < 0) return
        const length = Number(/^Content-Length: *(\d+)/im.exec(held.slice(0, end))?.[1] ?? 0)
        if (held.length < end + 4 + length) return
        const request = parseRequest(held.slice(0, end + 4 + length), from)
        held = held.slice(end + 4 + length)
        if (request === undefined) continue
        this.requests.push(request)
        this.#behaviour.onRequest(request, reply)
      }
    })
  }

  #later(delayMs: number, then: () => void): void {
    const cancel = this.#timers.after(delayMs, () => {
      this.#pending.delete(cancel)
      then()
    })
    this.#pending.add(cancel)
  }
}

async function bound(socket: DatagramSocket, port: number, address: string): Promise<DatagramSocket> {
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(port, address, resolve)
  })
  socket.on('error', () => {})
  return socket
}

async function closedDatagrams(socket: DatagramSocket | undefined): Promise<void> {
  if (socket !== undefined) await new Promise<void>((resolve) => socket.close(() => resolve()))
}
