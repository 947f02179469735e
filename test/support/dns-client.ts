import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { DnsSettings } from '../../src/core/dns-settings.ts'
import { silentLogger } from '../../src/core/ports.ts'
import type { SocketAddress } from '../../src/core/settings.ts'
import type { Snapshot } from '../../src/core/snapshot.ts'
import {
  createResponder,
  type Responder,
  type ResponderDeps,
} from '../../src/publishers/responder/responder.ts'
import { OTHER, snapshotOf, VOICE } from './dns-zone.ts'
import { seededRandom } from './virtual-time.ts'

/** A responder of the sample zones on a free loopback port, by `node:dgram` unless `settings` say otherwise. The caller closes it. */
export async function startResponder(
  options: Partial<ResponderDeps> & {
    listen?: readonly SocketAddress[]
    settings?: Partial<DnsSettings>
    /** `null`: none is published. */
    snapshot?: Snapshot | null
  } = {},
): Promise<Responder & { readonly at: SocketAddress }> {
  const {
    listen = [{ address: '127.0.0.1', port: 0 }],
    settings,
    snapshot = snapshotOf(VOICE, OTHER),
    ...deps
  } = options
  const responder = createResponder(
    { listen, workers: 1, io: 'dgram', ...settings },
    { logger: silentLogger, random: seededRandom(1), ...deps },
  )
  if (snapshot !== null) responder.publish(snapshot)
  await responder.listen()
  const at = responder.addresses()[0]
  if (at === undefined) throw new Error('it listens nowhere')
  return { ...responder, at }
}

/** Resolves with true when `condition` holds, or with false after `timeoutMs`; looks after every turn of the event loop. */
export async function until(condition: () => boolean, timeoutMs = 3_000): Promise<boolean> {
  const end = performance.now() + timeoutMs
  while (!condition()) {
    if (performance.now() > end) return false
    await new Promise((resolve) => setImmediate(resolve))
  }
  return true
}

/** A UDP socket that keeps what it gets. */
export class UdpClient {
  readonly replies: Buffer[] = []
  readonly #socket: UdpSocket
  readonly #at: SocketAddress

  private constructor(socket: UdpSocket, at: SocketAddress) {
    this.#socket = socket
    this.#at = at
    socket.on('message', (bytes) => this.replies.push(bytes))
  }

  static async open(at: SocketAddress): Promise<UdpClient> {
    const socket = createSocket(at.address.includes(':') ? 'udp6' : 'udp4')
    socket.connect(at.port, at.address)
    await once(socket, 'connect')
    socket.setRecvBufferSize(1024 * 1024)
    return new UdpClient(socket, at)
  }

  get at(): SocketAddress {
    return this.#at
  }

  async send(bytes: Uint8Array): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#socket.send(bytes, (error) => (error === null ? resolve() : reject(error)))
    })
  }

  /** The next reply. */
  async ask(bytes: Uint8Array): Promise<Buffer> {
    const before = this.replies.length
    await this.send(bytes)
    await until(() => this.replies.length > before)
    const reply = this.replies[before]
    if (reply === undefined) throw new Error('no reply over UDP')
    return reply
  }

  close(): void {
    this.#socket.close()
  }
}

/** A TCP connection that cuts what it gets into messages. */
export class TcpClient {
  readonly socket: Socket
  closed = false
  ended = false
  #bytes = Buffer.alloc(0)
  readonly #replies: Buffer[] = []

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => this.#received(chunk))
    socket.on('error', () => {})
    socket.on('end', () => {
      this.ended = true
    })
    socket.on('close', () => {
      this.closed = true
    })
  }

  static async open(at: SocketAddress, options: { allowHalfOpen?: boolean } = {}): Promise<TcpClient> {
    const socket = connect({ host: at.address, port: at.port, noDelay: true, ...options })
    await once(socket, 'connect')
    return new TcpClient(socket)
  }

  get replies(): readonly Buffer[] {
    return this.#replies
  }

  /** Octets that came and make no whole message. */
  get rest(): number {
    return this.#bytes.length
  }

  async ask(query: Uint8Array): Promise<Buffer> {
    const before = this.#replies.length
    this.socket.write(framed(query))
    await until(() => this.#replies.length > before || this.closed)
    const reply = this.#replies[before]
    if (reply === undefined) throw new Error('no reply over TCP')
    return reply
  }

  #received(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    while (this.#bytes.length >= 2 && this.#bytes.length >= 2 + this.#bytes.readUInt16BE(0)) {
      const end = 2 + this.#bytes.readUInt16BE(0)
      this.#replies.push(this.#bytes.subarray(2, end))
      this.#bytes = this.#bytes.subarray(end)
    }
  }
}

/** With its length in front (RFC 1035 section 4.2.2). */
export function framed(message: Uint8Array): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  return Buffer.concat([length, message])
}
