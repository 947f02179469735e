import type { Socket as DatagramSocket } from 'node:dgram'
import { connect, Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, TLSSocket } from 'node:tls'
import { familyOf } from '../transport/errno-reasons.ts'
import { interfaceOf, interfaceSocket } from './interface.ts'
import { closeSocket } from './system-socket.ts'

/**
 * Lets a datagram socket leave by `source`, an address or an interface, then calls `ready`; without one at once. What goes wrong is an
 * `error` event of the socket. By an interface the socket has no port before it is connected.
 */
export function leaveBy(
  socket: DatagramSocket,
  family: 4 | 6,
  source: string | undefined,
  ready: () => void,
): void {
  const device = interfaceOf(source)
  if (source === undefined) ready()
  else if (device === undefined) socket.bind(0, source, ready)
  else adopt(socket, () => interfaceSocket('datagram', family, device), ready)
}

/** Binds a datagram socket to that local address and a port of the system's choice, and to the interface where `source` is one. */
export function bindLocal(
  socket: DatagramSocket,
  address: string,
  source: string | undefined,
  ready: () => void,
): void {
  const device = interfaceOf(source)
  if (device === undefined) socket.bind(0, address, ready)
  else adopt(socket, () => interfaceSocket('datagram', familyOf(address), device, address), ready)
}

/** Begins a connection to an address literal from that address or through that interface; no name is ever looked up. */
export function openTcp(address: string, port: number, source: string | undefined): Socket {
  const device = interfaceOf(source)
  if (device === undefined) {
    const where = { host: address, port, family: familyOf(address) }
    return connect({ ...where, ...(source === undefined ? {} : { localAddress: source }) })
  }
  try {
    return connectThrough(device, address, port)
  } catch (error) {
    // As any other failure to connect: an event, once the caller listens.
    return new Socket().destroy(asError(error))
  }
}

/** Begins a connection through that interface; throws what the system says where none can be begun. */
export function connectThrough(device: string, address: string, port: number): Socket {
  const family = familyOf(address)
  return new Socket({ fd: interfaceSocket('stream', family, device) }).connect({
    host: address,
    port,
    family,
  })
}

/** The same with a TLS handshake behind it. */
export function openTls(
  address: string,
  port: number,
  source: string | undefined,
  options: ConnectionOptions,
): TLSSocket {
  const device = interfaceOf(source)
  if (device !== undefined) {
    try {
      return connectTls({ ...options, socket: connectThrough(device, address, port) })
    } catch (error) {
      return new TLSSocket(new Socket()).destroy(asError(error))
    }
  }
  return connectTls({
    ...options,
    host: address,
    port,
    family: familyOf(address),
    ...(source === undefined ? {} : { localAddress: source }),
  } as ConnectionOptions)
}

function adopt(socket: DatagramSocket, open: () => number, ready: () => void): void {
  let fd: number | undefined
  try {
    fd = open()
    // `exclusive`: a worker of Node's cluster would ask its primary for it otherwise.
    socket.bind({ fd, exclusive: true }, ready)
  } catch (error) {
    if (fd !== undefined) closeSocket(fd)
    process.nextTick(() => socket.emit('error', asError(error)))
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
