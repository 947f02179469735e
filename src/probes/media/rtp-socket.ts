import { createSocket, type Socket } from 'node:dgram'
import { bindLocal } from '../source/sockets.ts'
import { familyOf, isOwnFault, type SocketFault, socketFault } from '../transport/errno-reasons.ts'

/** RFC 3550 section 11: RTP on an even port. Some far ends insist; after this many odd ones we take what we get. */
const EVEN_TRIES = 6

export interface RtpSocketEvents {
  onPacket(bytes: Uint8Array): void
  /** ICMP says that nobody takes our packets. */
  onRefused(): void
}

/** One datagram socket for the media of one call. Once connected, the kernel drops what anybody but the far end sends to it. */
export class RtpSocket {
  readonly port: number
  readonly #socket: Socket
  #peer: { address: string; port: number } | undefined
  #events: RtpSocketEvents | undefined
  #closed: Promise<void> | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    this.port = socket.address().port
    socket.on('message', (bytes, from) => {
      // What came before the socket was connected may be anybody's.
      const { address, port } = this.#peer ?? {}
      if (from.address === address && from.port === port) this.#events?.onPacket(bytes)
    })
    socket.on('error', () => this.#events?.onRefused())
  }

  /** Bound to that local address, and to the interface where the target's `source` is one. */
  static async open(address: string, source?: string): Promise<RtpSocket | SocketFault> {
    const odd: Socket[] = []
    try {
      for (let tries = 1; ; tries++) {
        const socket = await bound(address, source)
        if (socket.address().port % 2 === 0 || tries >= EVEN_TRIES) return new RtpSocket(socket)
        odd.push(socket)
      }
    } catch (error) {
      const fault = socketFault(error, 'local')
      return isOwnFault(fault) ? fault : { reason: 'internal', detail: fault.detail }
    } finally {
      for (const socket of odd) socket.close()
    }
  }

  /** From here on packets go to the far end and are taken from it only (RFC 4961: it sends from where it receives). */
  connect(address: string, port: number, events: RtpSocketEvents): Promise<SocketFault | undefined> {
    this.#peer = { address, port }
    this.#events = events
    return new Promise((resolve) => {
      // A family other than ours is refused by the system call; only a literal gets here, so nothing is looked up.
      this.#socket.connect(port, address, (error?: Error | null) =>
        resolve(error === undefined || error === null ? undefined : socketFault(error, 'local')),
      )
    })
  }

  send(bytes: Uint8Array): void {
    this.#socket.send(bytes, (error) => {
      if (error !== null && error !== undefined) this.#events?.onRefused()
    })
  }

  /** Resolves when the handle is gone; idempotent. */
  close(): Promise<void> {
    this.#events = undefined
    this.#closed ??= new Promise((resolve) => this.#socket.close(() => resolve()))
    return this.#closed
  }
}

function bound(address: string, source: string | undefined): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(familyOf(address) === 4 ? 'udp4' : 'udp6')
    socket.once('error', (error) => {
      socket.close()
      reject(error)
    })
    bindLocal(socket, address, source, () => {
      socket.removeAllListeners('error')
      resolve(socket)
    })
  })
}
