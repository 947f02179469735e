import { createSocket } from 'node:dgram'
import { errnoOf } from '../../core/errors.ts'
import { leaveBy } from '../source/sockets.ts'
import { familyOf, type SocketFault, socketFault } from './errno-reasons.ts'

/**
 * What a failed TCP connect means. EHOSTUNREACH and ENETUNREACH come from our own routing table or from a router's
 * ICMP, and the error does not say which; connecting a datagram socket asks the routing table alone and sends nothing.
 */
export async function connectFault(
  error: unknown,
  address: string,
  source: string | undefined,
): Promise<SocketFault> {
  const code = errnoOf(error)
  if (code !== 'EHOSTUNREACH' && code !== 'ENETUNREACH') {
    // Without a source of our choosing, EADDRNOTAVAIL means that the ephemeral ports are used up.
    if (code === 'EADDRNOTAVAIL' && source === undefined) {
      return { reason: 'no-resources', detail: `this host has no free port left (${code})` }
    }
    return socketFault(error, 'remote')
  }
  const own = await ownRouteFault(address, source)
  return own ?? socketFault(error, 'remote')
}

/** Why this host itself cannot send there; undefined where it can. */
export function ownRouteFault(address: string, source: string | undefined): Promise<SocketFault | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(familyOf(address) === 4 ? 'udp4' : 'udp6')
    const settle = (fault: SocketFault | undefined) => {
      socket.removeAllListeners()
      socket.close()
      resolve(fault)
    }
    socket.once('error', (error) => settle(socketFault(error, 'local')))
    const ask = () =>
      // Port 9 (discard): any will do, no packet is sent.
      socket.connect(9, address, (error?: Error) =>
        settle(error === undefined || error === null ? undefined : socketFault(error, 'local')),
      )
    leaveBy(socket, familyOf(address), source, ask)
  })
}
