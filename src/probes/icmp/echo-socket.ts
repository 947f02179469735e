import { createSocket, type Socket } from 'node:dgram'
import { errnoOf, messageOf } from '../../core/errors.ts'
import { interfaceOf } from '../source/interface.ts'
import { closeSocket, systemCalls, systemError, systemSocket } from '../source/system-socket.ts'
import { nextError, type QueuedError } from './error-queue.ts'

/** By family. */
const PROTOCOL = { 4: 1, 6: 58 } as const
/** `IP_RECVERR`, `IPV6_RECVERR`: without them the system keeps what it takes for passing, host unreachable for one, to itself. */
const RECEIVE_ERRORS = { 4: { level: 0, name: 11 }, 6: { level: 41, name: 25 } } as const
const ON = Uint8Array.of(1, 0, 0, 0)

/** Taken in at once; one request has one error, so more are somebody's noise. */
const MAX_ERRORS = 16

/** What the system says where it lets this process have no such socket, whatever is asked. */
const REFUSALS = new Set(['EACCES', 'EPERM', 'EPROTONOSUPPORT', 'ESOCKTNOSUPPORT', 'ENOPROTOOPT', 'ENOSYS'])

/** This system gives us no echo sockets; the message says why. */
export class EchoRefused extends Error {}

export interface EchoListener {
  /** Echo messages as they came, header first. `from`: an address literal. */
  message(bytes: Uint8Array, from: string): void
  /** Something waits in the error queue, or the socket broke (`errors` is empty then). */
  failed(error: Error, errors: readonly QueuedError[]): void
}

export interface EchoSocket {
  /** Throws the system's error where the request does not leave. */
  send(request: Uint8Array): void
  close(): Promise<void>
}

/**
 * A socket for one echo request to that address, by the system's own ICMP kind (icmp(7), ping_group_range): no right is needed but our group's, the system fills
 * in identifier and checksum, and hands over nothing that is of another's. It leaves by `source`, an address or an interface.
 * Throws `EchoRefused`, or the system's error (`ENODEV`, `EADDRNOTAVAIL`, `ENETUNREACH`, `EMFILE`); then nothing is open.
 */
export function openEchoSocket(
  family: 4 | 6,
  address: string,
  source: string | undefined,
  listener: EchoListener,
): EchoSocket {
  const fd = connected(family, address, source)
  const socket = adopted(fd, family)
  let closed: Promise<void> | undefined
  socket.on('message', (bytes, from) => {
    if (closed === undefined) listener.message(bytes, from.address)
  })
  socket.on('error', (error) => {
    if (closed === undefined) listener.failed(error, waitingErrors(fd))
  })
  return {
    send(request) {
      const libc = systemCalls()
      if (typeof libc === 'string') throw new EchoRefused(libc)
      if (libc.send(fd, request, request.length, 0) < 0) throw systemError(libc, 'send')
    },
    close() {
      closed ??= new Promise((resolve) => socket.close(resolve))
      return closed
    },
  }
}

function connected(family: 4 | 6, address: string, source: string | undefined): number {
  const device = interfaceOf(source)
  let ours = false
  try {
    return systemSocket('datagram', family, PROTOCOL[family], (steps) => {
      const { level, name } = RECEIVE_ERRORS[family]
      steps.set(level, name, ON)
      ours = true
      if (device !== undefined) steps.bindToInterface(device)
      else if (source !== undefined) steps.bind(source)
      steps.connect(address)
    })
  } catch (error) {
    const code = errnoOf(error) ?? ''
    if (ours || !REFUSALS.has(code)) throw error
    // icmp(7): EACCES is that and nothing else.
    const why = code === 'EACCES' ? ': our group is not in the sysctl net.ipv4.ping_group_range' : ''
    throw new EchoRefused(`${messageOf(error)}${why}`)
  }
}

/** Node reads it from now on, as any datagram socket: the descriptor is Node's, and is closed with the socket. */
function adopted(fd: number, family: 4 | 6): Socket {
  const socket = createSocket(family === 4 ? 'udp4' : 'udp6')
  try {
    // `exclusive`: a worker of Node's cluster would ask its primary for it otherwise.
    return socket.bind({ fd, exclusive: true })
  } catch (error) {
    closeSocket(fd)
    throw error
  }
}

/** What is left of more is told at the next turn of the loop. */
function waitingErrors(fd: number): QueuedError[] {
  const errors: QueuedError[] = []
  while (errors.length < MAX_ERRORS) {
    const error = nextError(fd)
    if (error === undefined) break
    errors.push(error)
  }
  return errors
}
