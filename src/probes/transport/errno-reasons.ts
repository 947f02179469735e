import { isIP } from 'node:net'
import { errnoOf, messageOf } from '../../core/errors.ts'
import type { ReasonCode } from '../../core/outcome.ts'
import { printable } from '../../wire/sip/printable.ts'

export interface SocketFault {
  readonly reason: ReasonCode
  readonly detail: string
}

/**
 * Where a system call failed, as far as it changes the meaning:
 * `local`: before any packet left (socket, bind, connect of a datagram socket, a route look-up);
 * `remote`: on an open or opening connection, where the code may come from a packet of someone else's.
 */
export type FaultSide = 'local' | 'remote'

/**
 * | errno                              | local        | remote      |
 * |------------------------------------|--------------|-------------|
 * | ECONNREFUSED                       | refused      | refused     | ICMP port unreachable, RST on connect
 * | ECONNRESET, EPIPE, ECONNABORTED    | reset        | reset       |
 * | ETIMEDOUT                          | timeout      | timeout     |
 * | EHOSTUNREACH, ENETUNREACH          | no-route     | unreachable | our routing table, or a router's ICMP
 * | EADDRNOTAVAIL ENODEV EINVAL EAFNOSUPPORT ENETDOWN EACCES EPERM ENOSYS | no-route | no-route | no such source, no family, own firewall
 * | EMFILE ENFILE ENOBUFS ENOMEM EADDRINUSE EAGAIN          | no-resources | no-resources |
 * | anything else                      | internal     | internal    |
 */
export function socketFault(error: unknown, side: FaultSide): SocketFault {
  const code = errnoOf(error)
  const known = code === undefined ? undefined : FAULTS[code]
  if (known === undefined) return { reason: 'internal', detail: printable(messageOf(error)) }
  if (known.reason === 'unreachable' && side === 'local') {
    return { reason: 'no-route', detail: `this host has no route to it (${code})` }
  }
  return { reason: known.reason, detail: `${known.detail} (${code})` }
}

/** Our own routing table's opinion: an error on a datagram socket's connect never comes from the far end. */
export function isOwnFault(fault: SocketFault): boolean {
  return fault.reason === 'no-route' || fault.reason === 'no-resources' || fault.reason === 'internal'
}

/** Programmer errors at the edge are caught by name: only literals reach the sockets, so no probe ever waits for DNS. */
export function familyOf(address: string): 4 | 6 {
  const family = isIP(address)
  if (family === 4 || family === 6) return family
  throw new TypeError(`not an IP address: ${JSON.stringify(address)}`)
}

const NO_ROUTE: SocketFault = { reason: 'no-route', detail: 'this host cannot send to it' }
const NO_RESOURCES: SocketFault = {
  reason: 'no-resources',
  detail: 'this host is short of handles, ports or memory',
}
const RESET: SocketFault = { reason: 'reset', detail: 'the far end reset the connection' }
const UNREACHABLE: SocketFault = { reason: 'unreachable', detail: 'a router says that it cannot be reached' }

const FAULTS: Readonly<Record<string, SocketFault>> = {
  ECONNREFUSED: { reason: 'refused', detail: 'nothing listens on that port' },
  ECONNRESET: RESET,
  EPIPE: RESET,
  ECONNABORTED: RESET,
  ETIMEDOUT: { reason: 'timeout', detail: 'the connection timed out' },
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  EADDRNOTAVAIL: { reason: 'no-route', detail: 'this host does not have the source address' },
  ENODEV: { reason: 'no-route', detail: 'this host does not have the interface' },
  ENOSYS: { reason: 'no-route', detail: 'this host cannot bind a socket to an interface' },
  EINVAL: NO_ROUTE,
  EAFNOSUPPORT: NO_ROUTE,
  ENETDOWN: NO_ROUTE,
  EACCES: NO_ROUTE,
  EPERM: NO_ROUTE,
  EMFILE: NO_RESOURCES,
  ENFILE: NO_RESOURCES,
  ENOBUFS: NO_RESOURCES,
  ENOMEM: NO_RESOURCES,
  EADDRINUSE: NO_RESOURCES,
  EAGAIN: NO_RESOURCES,
}
