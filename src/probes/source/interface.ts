import { isIP } from 'node:net'
import { errnoOf, messageOf, SipvaneError } from '../../core/errors.ts'
import { closeSocket, systemSocket } from './system-socket.ts'

/** The interface that a target's `source` names; undefined for an address, or for none. */
export function interfaceOf(source: string | undefined): string | undefined {
  return source === undefined || isIP(source) !== 0 ? undefined : source
}

/**
 * A socket of the system that sends and receives through that interface alone (SO_BINDTODEVICE), for Node to take over by its file
 * descriptor. `address`, where given, is what it is bound to, with a port of the system's choice. Throws an error with the errno's name as
 * `code`, and then holds nothing: `ENODEV` where there is no such interface (now), `EPERM` where we may not.
 */
export function interfaceSocket(
  kind: 'stream' | 'datagram',
  family: 4 | 6,
  name: string,
  address?: string,
): number {
  return systemSocket(kind, family, 0, (steps) => {
    steps.bindToInterface(name)
    if (address !== undefined) steps.bind(address)
  })
}

/**
 * Throws `source-interface-unavailable` where one of these sources is an interface and no socket of this process can be bound to any. One
 * that is not there now is no reason: it may come.
 */
export function requireInterfaces(
  sources: Iterable<string | undefined>,
  unusable: () => string | undefined = interfacesUnusable,
): void {
  const names = new Set([...sources].map(interfaceOf).filter((name) => name !== undefined))
  const why = names.size === 0 ? undefined : unusable()
  if (why === undefined) return
  throw new SipvaneError(
    'source-interface-unavailable',
    `questions cannot leave by the interface ${[...names].join(', ')} here: ${why}; give its address as source, and a routing rule for it`,
  )
}

/** Why no socket of this process can be bound to an interface, whichever it is; undefined where that works. Tried on loopback. */
function interfacesUnusable(): string | undefined {
  try {
    closeSocket(interfaceSocket('datagram', 4, 'lo'))
    return undefined
  } catch (error) {
    const code = errnoOf(error)
    // A host without `lo` says nothing of what we may do.
    if (code === 'ENODEV') return undefined
    return code === 'EPERM'
      ? 'the system refuses it (EPERM), Linux 5.7 or CAP_NET_RAW is needed'
      : messageOf(error)
  }
}
