import { createServer, type Socket } from 'node:net'
import { errnoOf } from '../../core/errors.ts'
import type { Timers } from '../../core/ports.ts'
import type { SocketAddress } from '../../core/settings.ts'
import { SipFramer } from '../../wire/sip/framing.ts'

/** The socket that broke may hold its port a moment longer. */
const RETRY_MS = 100
const RETRIES = 20
const MAX_CONNECTIONS = 8

/** Gives what takes the messages of one connection; `send` answers over it. */
export type OnInbound = (send: (bytes: Uint8Array) => void) => (bytes: Uint8Array) => void

/**
 * Listens where the Via of a request said that we are, once the TCP connection that it went over has broken: a server that cannot use that
 * connection sends its responses over a new one to there (RFC 3261 section 18.2.2), and we have to take them (section 18.1.1). Only
 * connections from `peer` are taken. Where the port cannot be had nothing is heard. The returned function ends it.
 */
export function listenAtSentBy(
  local: SocketAddress,
  peer: string,
  timers: Timers,
  onInbound: OnInbound,
): () => void {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    socket.on('error', () => {})
    if (socket.remoteAddress !== peer) {
      socket.destroy()
      return
    }
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    const framer = new SipFramer()
    const take = onInbound((bytes) => {
      if (socket.writable) socket.write(bytes)
    })
    socket.on('data', (chunk) => {
      for (const frame of framer.push(chunk)) {
        if (frame.kind === 'message') take(frame.bytes)
        else if (frame.kind === 'fault') socket.destroy()
      }
    })
  })
  server.maxConnections = MAX_CONNECTIONS
  let cancelRetry = () => {}
  let stopped = false
  let retries = RETRIES
  const listen = () => server.listen({ host: local.address, port: local.port, exclusive: true })
  server.on('error', (error) => {
    if (stopped || errnoOf(error) !== 'EADDRINUSE' || retries-- === 0) return
    cancelRetry = timers.after(RETRY_MS, listen)
  })
  listen()
  return () => {
    stopped = true
    cancelRetry()
    for (const socket of sockets) socket.destroy()
    server.close()
  }
}
