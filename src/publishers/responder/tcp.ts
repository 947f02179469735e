import { createServer, isIPv6, type Server, type Socket } from 'node:net'
import type { TcpSettings } from '../../core/dns-settings.ts'
import { messageOf } from '../../core/errors.ts'
import type { Timers } from '../../core/ports.ts'
import type { SocketAddress } from '../../core/settings.ts'
import { MAX_MESSAGE } from '../../wire/dns/message.ts'
import { clientKey } from './client-key.ts'
import { type ConnectionDeps, TcpConnection } from './tcp-connection.ts'
import type { TransferDesk } from './transfer/desk.ts'
import type { ListenerDeps } from './udp.ts'

export const TCP_LIMITS: TcpSettings = {
  idleTimeoutMs: 10_000,
  maxConnections: 512,
  maxConnectionsPerClient: 64,
}

/** The idle time is measured in turns of one sweep over all connections, not with a timer each. */
const TURNS = 10

/** With more than this share of all connections in use, idle ones go after a fifth of the time (RFC 7766 section 6.2.3). */
const CROWDED = 0.75
const CROWDED_TURNS = 2

/** The TCP side of every address, for the limits hold over all of them. */
export class TcpListeners {
  readonly #deps: ListenerDeps
  readonly #timers: Timers
  readonly #limits: TcpSettings
  readonly #servers = new Set<Server>()
  /** In the order of their last query: the first has been idle longest. */
  readonly #connections = new Set<TcpConnection>()
  readonly #perClient = new Map<string, number>()
  readonly #connectionDeps: ConnectionDeps
  #cancelSweep: (() => void) | undefined
  #allClosed: (() => void) | undefined

  constructor(deps: ListenerDeps, timers: Timers, limits: TcpSettings, transfers?: TransferDesk) {
    this.#deps = deps
    this.#timers = timers
    this.#limits = limits
    this.#connectionDeps = {
      answerer: deps.answerer,
      tally: deps.tally,
      transfers,
      idleTimeoutMs: () => (this.#limits.idleTimeoutMs * this.#idleTurns) / TURNS,
      out: Buffer.alloc(MAX_MESSAGE),
      active: (connection) => {
        this.#connections.delete(connection)
        this.#connections.add(connection)
      },
      closed: (connection) => this.#closed(connection),
    }
  }

  /** Resolves when this address accepts connections; rejects with the system's error. */
  async bind(address: SocketAddress): Promise<Server> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket))
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(
        { host: address.address, port: address.port, ipv6Only: isIPv6(address.address), exclusive: true },
        () => {
          server.removeListener('error', reject)
          resolve()
        },
      )
    })
    server.on('error', (error) => {
      this.#deps.logger.warn('dns.tcp-error', { error: messageOf(error) }, 'a TCP listener met an error')
    })
    this.#servers.add(server)
    return server
  }

  /** Accepts no more, lets every client have the answers it waits for, and cuts off after `graceMs` whoever does not read them. */
  async close(graceMs: number): Promise<void> {
    const stopped = [...this.#servers].map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    )
    this.#servers.clear()
    if (this.#connections.size > 0) {
      const drained = new Promise<void>((resolve) => {
        this.#allClosed = resolve
      })
      for (const connection of [...this.#connections]) connection.finish(true)
      const cancel = this.#timers.after(graceMs, () => {
        for (const connection of [...this.#connections]) connection.destroy()
      })
      await drained
      cancel()
    }
    this.#cancelSweep?.()
    this.#cancelSweep = undefined
    await Promise.all(stopped)
  }

  #accept(socket: Socket): void {
    const { tally } = this.#deps
    tally.tcpAccepted++
    const address = socket.remoteAddress
    const client = address === undefined ? '' : clientKey(address)
    const ofClient = this.#perClient.get(client) ?? 0
    if (address === undefined || ofClient >= this.#limits.maxConnectionsPerClient || !this.#makeRoom()) {
      tally.tcpRefused++
      socket.on('error', () => {})
      socket.destroy()
      return
    }
    this.#perClient.set(client, ofClient + 1)
    this.#connections.add(new TcpConnection(socket, client, this.#connectionDeps))
    tally.tcpConnections = this.#connections.size
    this.#scheduleSweep()
  }

  /** A full house lets the guest go that has been idle longest (RFC 7766 section 6.2.3), rather than a newcomer wait. */
  #makeRoom(): boolean {
    if (this.#connections.size < this.#limits.maxConnections) return true
    for (const connection of this.#connections) {
      if (connection.blocked) continue
      this.#deps.tally.tcpEvicted++
      this.#forget(connection)
      connection.destroy()
      return true
    }
    return false
  }

  /** Turns of the sweep that a connection may be idle for now. */
  get #idleTurns(): number {
    return this.#connections.size > this.#limits.maxConnections * CROWDED ? CROWDED_TURNS : TURNS
  }

  #closed(connection: TcpConnection): void {
    this.#forget(connection)
    if (this.#connections.size === 0) this.#allClosed?.()
  }

  #forget(connection: TcpConnection): void {
    if (!this.#connections.delete(connection)) return
    this.#deps.tally.tcpConnections = this.#connections.size
    const left = (this.#perClient.get(connection.client) ?? 1) - 1
    if (left > 0) this.#perClient.set(connection.client, left)
    else this.#perClient.delete(connection.client)
  }

  #scheduleSweep(): void {
    if (this.#cancelSweep !== undefined) return
    this.#cancelSweep = this.#timers.after(this.#limits.idleTimeoutMs / TURNS, () => {
      this.#cancelSweep = undefined
      for (const connection of [...this.#connections]) {
        if (++connection.idleTurns <= this.#idleTurns) continue
        this.#deps.tally.tcpTimedOut++
        // Forgotten at once: when enough have gone, the others have their whole time again.
        this.#forget(connection)
        connection.destroy()
      }
      if (this.#connections.size > 0) this.#scheduleSweep()
    })
  }
}
