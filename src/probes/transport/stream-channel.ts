import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { SocketAddress } from '../../core/settings.ts'
import { type FramingFault, SipFramer } from '../../wire/sip/framing.ts'
import { openTcp, openTls } from '../source/sockets.ts'
import type { Channel, ChannelEvents, ChannelPhase } from './channel.ts'
import { type SocketFault, socketFault } from './errno-reasons.ts'
import type { Expectations, StrayCounts } from './expectations.ts'
import { connectFault } from './routes.ts'
import type { SipEndpoint } from './sip-transports.ts'
import { certificateEndsMs, handshakeFault, isTlsError, tlsOptions } from './tls-rules.ts'

/** A TCP or TLS connection, cut into messages. Ends at the first fault: a stream out of step cannot be mended. */
export class StreamChannel implements Channel {
  readonly endpoint: SipEndpoint
  readonly expectations: Expectations
  readonly #socket: Socket
  readonly #events: ChannelEvents
  readonly #counts: StrayCounts
  readonly #framer = new SipFramer()
  readonly #opened: Promise<SocketFault | undefined>
  #settleOpened: (fault: SocketFault | undefined) => void = () => {}
  #closed: Promise<void> | undefined
  #phase: ChannelPhase = 'connecting'
  #certificateEndsMs: number | undefined
  #diagnosing = false

  constructor(endpoint: SipEndpoint, expectations: Expectations, events: ChannelEvents, counts: StrayCounts) {
    this.endpoint = endpoint
    this.expectations = expectations
    this.#events = events
    this.#counts = counts
    this.#opened = new Promise((resolve) => {
      this.#settleOpened = resolve
    })
    this.#socket = this.#connect()
    this.#listen()
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
    if (this.#phase === 'open') this.#socket.write(bytes)
    else failed({ reason: 'closed', detail: 'the connection is closed' })
  }

  ping(): void {
    if (this.#phase === 'open') this.#socket.write('\r\n\r\n')
  }

  close(): Promise<void> {
    this.#phase = 'closed'
    this.#settleOpened({ reason: 'aborted', detail: 'closed' })
    this.#closed ??= new Promise((resolve) => {
      if (this.#socket.closed) resolve()
      else this.#socket.once('close', () => resolve())
      this.#socket.destroy()
    })
    return this.#closed
  }

  #connect(): Socket {
    const { transport, address, port, source, tls } = this.endpoint
    return transport === 'tls'
      ? openTls(address, port, source, tlsOptions(tls ?? { verify: true }, address))
      : openTcp(address, port, source)
  }

  #listen(): void {
    const socket = this.#socket
    const tls = socket instanceof TLSSocket
    socket.setNoDelay(true)
    socket.once('connect', () => {
      if (this.#phase !== 'connecting') return
      if (tls) this.#phase = 'handshaking'
      else this.#open()
    })
    if (tls) {
      socket.once('secureConnect', () => {
        if (this.#phase !== 'handshaking') return
        this.#certificateEndsMs = certificateEndsMs(socket)
        this.#open()
      })
    }
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('end', () => this.#gone(closedFault(this.#phase)))
    socket.on('error', (error) => void this.#broken(error))
    socket.on('close', () => {
      if (!this.#diagnosing) this.#gone(closedFault(this.#phase))
    })
  }

  #open(): void {
    this.#phase = 'open'
    this.#settleOpened(undefined)
  }

  #read(chunk: Uint8Array): void {
    for (const frame of this.#framer.push(chunk)) {
      if (this.#phase === 'closed') return
      if (frame.kind === 'message') this.expectations.deliver(frame.bytes)
      else if (frame.kind === 'keepalive') this.#events.onPong()
      else if (frame.kind === 'fault') {
        this.#counts.malformed++
        this.#gone(notSip(frame.fault))
      }
    }
  }

  async #broken(error: unknown): Promise<void> {
    const { address, source, tls } = this.endpoint
    if (this.#phase === 'connecting') {
      // The socket's `close` comes before the routing table has told whose fault it is.
      this.#diagnosing = true
      this.#gone(await connectFault(error, address, source))
    } else if (this.#phase === 'handshaking' || isTlsError(error)) {
      this.#gone(handshakeFault(error, tls?.serverName ?? address))
    } else this.#gone(socketFault(error, 'remote'))
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

function closedFault(phase: ChannelPhase): SocketFault {
  return phase === 'handshaking'
    ? { reason: 'tls-handshake', detail: 'the far end closed in the middle of the TLS handshake' }
    : { reason: 'closed', detail: 'the far end closed the connection' }
}

function notSip(fault: FramingFault): SocketFault {
  return { reason: 'bad-reply', detail: `what came is not SIP (${fault})` }
}
