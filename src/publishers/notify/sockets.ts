import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { messageOf } from '../../core/errors.ts'
import type { Logger } from '../../core/ports.ts'
import type { SocketAddress } from '../../core/settings.ts'

export interface NotifySocketsDeps {
  readonly logger: Logger
  /**
   * Local address for peers of this family; undefined: the system's choice. Secondaries go by it: they know whom they take a NOTIFY from.
   */
  readonly source: (family: 4 | 6) => string | undefined
  readonly receive: (bytes: Uint8Array, from: SocketAddress) => void
}

/** One UDP socket for each address family, opened when it is first needed. */
export class NotifySockets {
  readonly #deps: NotifySocketsDeps
  readonly #sockets = new Map<4 | 6, Socket>()
  #errors = 0

  constructor(deps: NotifySocketsDeps) {
    this.#deps = deps
  }

  /** Never throws: what cannot be sent now is tried again by whoever waits for the answer. */
  send(bytes: Uint8Array, to: SocketAddress): void {
    const family = isIPv6(to.address) ? 6 : 4
    const socket = this.#sockets.get(family) ?? this.#open(family)
    // A literal address that this host does not have fails at once. Sent from, such a socket would be bound to any, and secondaries would
    // not know us by it.
    if (this.#sockets.get(family) !== socket) return
    socket.send(bytes, to.port, to.address, (error) => {
      if (error !== null) this.#failed(error)
    })
  }

  async close(): Promise<void> {
    const sockets = [...this.#sockets.values()]
    this.#sockets.clear()
    await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))))
  }

  #open(family: 4 | 6): Socket {
    const socket = createSocket({
      type: family === 6 ? 'udp6' : 'udp4',
      ipv6Only: family === 6,
      // Only literals are sent to: no need for a turn of the resolver.
      lookup: (host, _options, done) => done(null, host, family),
    })
    socket.on('message', (bytes, { address, port }) => this.#deps.receive(bytes, { address, port }))
    socket.on('error', (error) => {
      this.#failed(error)
      // One that could not be bound is of no use; the next try opens another.
      if (this.#sockets.get(family) !== socket) return
      this.#sockets.delete(family)
      socket.close()
    })
    const address = this.#deps.source(family)
    this.#sockets.set(family, socket)
    socket.unref()
    socket.bind({ port: 0, exclusive: true, ...(address === undefined ? {} : { address }) })
    return socket
  }

  /** The log hears of 1, 2, 4, 8 … of them. */
  #failed(error: unknown): void {
    const count = ++this.#errors
    if ((count & (count - 1)) !== 0) return
    this.#deps.logger.warn(
      'notify.send-error',
      { count, error: messageOf(error) },
      'a NOTIFY could not be sent',
    )
  }
}
