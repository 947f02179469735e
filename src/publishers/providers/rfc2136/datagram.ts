import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import type { Timers } from '../../../core/ports.ts'
import type { SocketAddress } from '../../../core/settings.ts'

export interface DatagramOptions {
  readonly timers: Timers
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/**
 * Sends one datagram from a port of its own and gives the first reply that `accept` takes; undefined where none comes in time, or
 * the port is closed, or the signal aborts: the caller goes on over TCP, which tells more. Never rejects.
 */
export function askByDatagram<T>(
  server: SocketAddress,
  message: Uint8Array,
  options: DatagramOptions,
  accept: (reply: Uint8Array) => T | undefined,
): Promise<T | undefined> {
  const { timers, timeoutMs, signal } = options
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(server.address) ? 'udp6' : 'udp4')
    let open = true
    const end = (value: T | undefined) => {
      if (!open) return
      open = false
      cancel()
      signal.removeEventListener('abort', giveUp)
      socket.close()
      resolve(value)
    }
    const giveUp = () => end(undefined)
    const cancel = timers.after(timeoutMs, giveUp)
    if (signal.aborted) {
      giveUp()
      return
    }
    signal.addEventListener('abort', giveUp, { once: true })
    socket.on('error', giveUp)
    socket.on('message', (reply) => {
      const value = accept(new Uint8Array(reply))
      if (value !== undefined) end(value)
    })
    // Connected: the kernel drops what others send, and tells of a closed port.
    socket.connect(server.port, server.address, (failed?: Error | null) => {
      if (!open) return
      if (failed !== undefined && failed !== null) {
        giveUp()
        return
      }
      socket.send(message, (error) => {
        if (error !== null && error !== undefined) giveUp()
      })
    })
  })
}
