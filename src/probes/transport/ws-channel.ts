import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { type RawData, WebSocket } from 'ws'
import { errnoOf, messageOf } from '../../core/errors.ts'
import type { SocketAddress } from '../../core/settings.ts'
import { uriHost } from '../../wire/sip/header-values.ts'
import { printable } from '../../wire/sip/printable.ts'
import { openTcp, openTls } from '../source/sockets.ts'
import type { Channel, ChannelEvents, ChannelPhase } from './channel.ts'
import { type SocketFault, socketFault } from './errno-reasons.ts'
import type { Expectations } from './expectations.ts'
import { connectFault } from './routes.ts'
import type { SipEndpoint } from './sip-transports.ts'
import { certificateEndsMs, handshakeFault, isTlsError, tlsOptions } from './tls-rules.ts'

/** RFC 7118 section 4.1. */
const SUBPROTOCOL = 'sip'
/** A SIP answer is far below; a larger message ends the connection. */
const MESSAGE_MAX_BYTES = 65_536
const CR = 13
const LF = 10

/** A WebSocket to a SIP server (RFC 7118): one message a frame, so nothing has to be cut. */
export class WsChannel implements Channel {
  readonly endpoint: SipEndpoint
  readonly expectations: Expectations
  readonly #events: ChannelEvents
  readonly #socket: Socket
  readonly #ws: WebSocket
  readonly #opened: Promise<SocketFault | undefined>
  #settleOpened: (fault: SocketFault | undefined) => void = () => {}
  #closed: Promise<void> | undefined
  #phase: ChannelPhase = 'connecting'
  #certificateEndsMs: number | undefined
  #diagnosing = false

  constructor(endpoint: SipEndpoint, expectations: Expectations, events: ChannelEvents) {
    this.endpoint = endpoint
    this.expectations = expectations
    this.#events = events
    this.#opened = new Promise((resolve) => {
      this.#settleOpened = resolve
    })
    this.#socket = this.#connect()
    this.#listenToSocket(this.#socket)
    this.#ws = this.#upgrade(this.#socket)
    this.#listenToWebSocket(this.#ws)
  }

  get phase(): ChannelPhase {
    return this.#phase
  }

  get local(): SocketAddress {
    return { address: this.#socket.localAddress ?? '', port: this.#socket.localPort ?? 0 }
  }

  get certificateEndsMs(): number | undefined {
    return this.#certificateEndsMs
  }

  opened(): Promise<SocketFault | undefined> {
    return this.#opened
  }

  send(bytes: Uint8Array, failed: (fault: SocketFault) => void): void {
    // What we write is ASCII, so a text frame may carry it (RFC 7118 section 5).
    if (this.#phase === 'open') this.#ws.send(bytes, { binary: false })
    else failed({ reason: 'closed', detail: 'the connection is closed' })
  }

  ping(): void {
    if (this.#phase === 'open') this.#ws.ping()
  }

  close(): Promise<void> {
    this.#phase = 'closed'
    this.#settleOpened({ reason: 'aborted', detail: 'closed' })
    this.#closed ??= new Promise((resolve) => {
      if (this.#socket.closed) resolve()
      else this.#socket.once('close', () => resolve())
      this.#ws.terminate()
      this.#socket.destroy()
    })
    return this.#closed
  }

  #connect(): Socket {
    const { transport, address, port, source, tls } = this.endpoint
    return transport === 'wss'
      ? openTls(address, port, source, tlsOptions(tls ?? { verify: true }, address))
      : openTcp(address, port, source)
  }

  #upgrade(socket: Socket): WebSocket {
    const { transport, address, port, tls, path = '/' } = this.endpoint
    const host = tls?.serverName ?? uriHost(address)
    return new WebSocket(`${transport}://${host}:${port}${path}`, SUBPROTOCOL, {
      createConnection: () => socket,
      followRedirects: false,
      perMessageDeflate: false,
      maxPayload: MESSAGE_MAX_BYTES,
    })
  }

  #listenToSocket(socket: Socket): void {
    const tls = socket instanceof TLSSocket
    socket.setNoDelay(true)
    socket.once('connect', () => {
      if (this.#phase === 'connecting') this.#phase = tls ? 'handshaking' : 'upgrading'
    })
    socket.on('error', (error) => void this.#broken(error))
    socket.on('close', () => {
      if (!this.#diagnosing) this.#gone(closedFault(this.#phase))
    })
    if (!tls) return
    socket.once('secureConnect', () => {
      if (this.#phase !== 'handshaking') return
      this.#certificateEndsMs = certificateEndsMs(socket)
      this.#phase = 'upgrading'
    })
  }

  #listenToWebSocket(ws: WebSocket): void {
    ws.once('open', () => {
      if (this.#phase === 'closed') return
      this.#phase = 'open'
      this.#settleOpened(undefined)
    })
    ws.on('message', (data) => this.#read(data))
    ws.on('pong', () => this.#events.onPong())
    ws.on('unexpected-response', (request, response) => {
      request.destroy()
      const detail = `no WebSocket here: HTTP status ${response.statusCode ?? 0}`
      this.#gone({ reason: 'bad-status', detail })
    })
    ws.on('error', (error) => void this.#broken(error))
    ws.on('close', () => {
      if (!this.#diagnosing) this.#gone(closedFault(this.#phase))
    })
  }

  #read(data: RawData): void {
    if (this.#phase !== 'open') return
    const bytes = Buffer.isBuffer(data) ? data : Buffer.from(data as ArrayBuffer)
    // Some servers keep connections alive by empty lines, as over TCP (RFC 5626 section 3.5.1).
    if (bytes.every((octet) => octet === CR || octet === LF)) return
    this.expectations.deliver(bytes)
  }

  /** An error may come from the socket and once more from the WebSocket: the first counts. */
  async #broken(error: unknown): Promise<void> {
    if (this.#diagnosing || this.#phase === 'closed') return
    const { address, source, tls } = this.endpoint
    if (this.#phase === 'connecting') {
      // The socket's `close` comes before the routing table has told whose fault it is.
      this.#diagnosing = true
      this.#gone(await connectFault(error, address, source))
    } else if (this.#phase === 'handshaking' || isTlsError(error)) {
      this.#gone(handshakeFault(error, tls?.serverName ?? address))
    } else this.#gone(spokenFault(error))
  }

  #gone(fault: SocketFault): void {
    if (this.#phase === 'closed') return
    this.#settleOpened(fault)
    void this.close()
    // The pool first: who asks again at once must not be given this channel.
    this.#events.onGone(fault)
    this.expectations.fail(fault)
  }
}

/** After TCP and TLS: an errno is the connection's, anything else is what the far end said. */
function spokenFault(error: unknown): SocketFault {
  const code = errnoOf(error) ?? ''
  if (/^E[A-Z]+$/.test(code)) return socketFault(error, 'remote')
  return { reason: 'bad-reply', detail: printable(`what came is no WebSocket for SIP: ${messageOf(error)}`) }
}

function closedFault(phase: ChannelPhase): SocketFault {
  switch (phase) {
    case 'handshaking':
      return { reason: 'tls-handshake', detail: 'the far end closed in the middle of the TLS handshake' }
    case 'upgrading':
      return { reason: 'closed', detail: 'the far end closed in the middle of the WebSocket handshake' }
    default:
      return { reason: 'closed', detail: 'the far end closed the connection' }
  }
}
