import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { messageOf } from '../../core/errors.ts'
import type { Logger } from '../../core/ports.ts'
import type { SocketAddress } from '../../core/settings.ts'
import type { Answerer } from './answerer.ts'
import { emptyClientAddress, readClientAddress } from './client-address.ts'
import { UDP_PAYLOAD } from './reply-options.ts'
import { isForgedPort } from './source-port.ts'
import type { Tally } from './tally.ts'

/** Room for a burst while the event loop is busy: some 10,000 queries. The system may grant less. */
const RECEIVE_BUFFER_OCTETS = 4 * 1024 * 1024

/** The UDP side of a responder, in this thread or in others. */
export interface UdpSide {
  /** Takes an address; resolves with its port and what gives it back, rejects with the system's error. */
  bind(address: SocketAddress): Promise<{ readonly port: number; readonly undo: () => Promise<void> }>
  /** All addresses are taken: answers from now on. */
  start(): Promise<void>
  /** Adds what other threads have counted. */
  addTo(tally: Tally): void
  /** Queries that each thread has had, `main` where it is this one. */
  byThread(): Readonly<Record<string, number>>
  close(): Promise<void>
}

export interface ListenerDeps {
  readonly answerer: Answerer
  readonly tally: Tally
  readonly logger: Logger
}

/** UDP in this thread, by `node:dgram`. */
export class DgramSide implements UdpSide {
  readonly #deps: ListenerDeps
  readonly #sockets = new Set<UdpListener>()

  constructor(deps: ListenerDeps) {
    this.#deps = deps
  }

  async bind(address: SocketAddress): Promise<{ port: number; undo: () => Promise<void> }> {
    const socket = new UdpListener(address.address, this.#deps)
    const undo = async () => {
      this.#sockets.delete(socket)
      await socket.close()
    }
    try {
      await socket.bind(address)
    } catch (error) {
      await socket.close()
      throw error
    }
    this.#sockets.add(socket)
    return { port: socket.port, undo }
  }

  async start(): Promise<void> {}

  addTo(): void {}

  byThread(): Record<string, number> {
    return { main: this.#deps.tally.queriesUdp }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sockets].map((socket) => socket.close()))
  }
}

/**
 * One UDP socket on one address. An answer leaves from the socket that its query came to, hence from the address asked:
 * on a host with several addresses a wildcard socket could not promise that.
 */
export class UdpListener {
  readonly #deps: ListenerDeps
  readonly #socket: Socket
  readonly #out = Buffer.alloc(UDP_PAYLOAD)
  readonly #client = emptyClientAddress()
  #errors = 0

  constructor(address: string, deps: ListenerDeps) {
    this.#deps = deps
    const family = isIPv6(address) ? 6 : 4
    this.#socket = createSocket({
      type: family === 6 ? 'udp6' : 'udp4',
      ipv6Only: family === 6,
      // Only literals come back from recvfrom: without this, each answer would wait for a turn of the resolver.
      lookup: (host, _options, done) => done(null, host, family),
    })
  }

  /** Resolves when bound; rejects with the system's error. */
  async bind(address: SocketAddress): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#socket.once('error', reject)
      this.#socket.bind({ address: address.address, port: address.port, exclusive: true }, () => {
        this.#socket.removeListener('error', reject)
        resolve()
      })
    })
    this.#socket.on('error', (error) => this.#failed(error))
    this.#socket.on('message', (bytes, from) => this.receive(bytes, from))
    try {
      this.#socket.setRecvBufferSize(RECEIVE_BUFFER_OCTETS)
    } catch (error) {
      this.#deps.logger.debug(
        'dns.receive-buffer',
        { error: messageOf(error) },
        'the system keeps its own receive buffer size',
      )
    }
  }

  get port(): number {
    return this.#socket.address().port
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      try {
        this.#socket.close(() => resolve())
      } catch {
        resolve() // it was never bound, or is closed already
      }
    })
  }

  /** Takes one datagram and sends its answer, if it gets one. Never throws. */
  receive(bytes: Buffer, from: Pick<RemoteInfo, 'address' | 'port'>): void {
    this.#deps.tally.queriesUdp++
    if (isForgedPort(from.port)) {
      this.#deps.tally.dropped++
      return
    }
    readClientAddress(from.address, this.#client)
    const length = this.#deps.answerer.answer(bytes, 'udp', this.#client, this.#out)
    if (length === 0) return
    // The system may still read the octets after this turn, when the next answer is written already: each gets its own.
    const reply = Buffer.allocUnsafe(length)
    this.#out.copy(reply, 0, 0, length)
    try {
      this.#socket.send(reply, 0, length, from.port, from.address, this.#sent)
    } catch (error) {
      this.#failed(error)
    }
  }

  readonly #sent = (error: Error | null): void => {
    if (error !== null) this.#failed(error)
  }

  /** A lost answer is asked for again; the log hears of 1, 2, 4, 8 … of them. */
  #failed(error: unknown): void {
    this.#deps.tally.sendErrors++
    const count = ++this.#errors
    if ((count & (count - 1)) !== 0) return
    this.#deps.logger.warn(
      'dns.udp-error',
      { count, error: messageOf(error) },
      'an answer could not be sent over UDP',
    )
  }
}
