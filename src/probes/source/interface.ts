import { createRequire } from 'node:module'
import { isIP } from 'node:net'
import { endianness } from 'node:os'
import ipaddr from 'ipaddr.js'
import { errnoOf, messageOf, SipvaneError } from '../../core/errors.ts'

/** Numbers of the Linux interface that x64 and arm64 share (asm-generic). */
const AF_INET = 2
const AF_INET6 = 10
const SOCK = { stream: 1, datagram: 2 } as const
const SOCK_CLOEXEC = 0o2000000
const SOL_SOCKET = 1
const SO_BINDTODEVICE = 25

/** What is called of the C library; results below 0 mean: see `errno`. */
interface Libc {
  socket(family: number, type: number, protocol: number): number
  setsockopt(fd: number, level: number, name: number, value: Uint8Array, length: number): number
  bind(fd: number, address: Uint8Array, length: number): number
  close(fd: number): number
  /** The last error by its name: `ENODEV`. */
  error(): string
}

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
  const libc = loaded()
  if (typeof libc === 'string') throw Object.assign(new Error(libc), { code: 'ENOSYS' })
  const fd = libc.socket(family === 4 ? AF_INET : AF_INET6, SOCK[kind] | SOCK_CLOEXEC, 0)
  const must = (result: number, call: string) => {
    if (result >= 0) return
    const code = libc.error()
    if (fd >= 0) libc.close(fd)
    throw Object.assign(new Error(`${call} ${code}`), { code })
  }
  must(fd, 'socket')
  const device = Buffer.from(`${name}\0`, 'latin1')
  must(libc.setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, device.length), 'setsockopt')
  if (address !== undefined) {
    const at = sockaddr(family, address)
    must(libc.bind(fd, at, at.length), 'bind')
  }
  return fd
}

/** Gives back a socket that nobody took over. */
export function closeInterfaceSocket(fd: number): void {
  const libc = loaded()
  if (typeof libc !== 'string') libc.close(fd)
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
    closeInterfaceSocket(interfaceSocket('datagram', 4, 'lo'))
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

let kept: Libc | string | undefined

/** The C library of this process, or why it cannot be called. koffi is loaded only where an interface is asked for. */
function loaded(): Libc | string {
  kept ??= load()
  return kept
}

function load(): Libc | string {
  if (process.platform !== 'linux') return `the system is ${process.platform}, not Linux`
  if (endianness() !== 'LE') return 'the machine is big-endian'
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi').default
    const library = koffi.load(null)
    const names = new Map(Object.entries(koffi.os.errno).map(([name, errno]) => [errno, name]))
    return {
      socket: library.func('socket', 'int', ['int', 'int', 'int']),
      setsockopt: library.func('setsockopt', 'int', ['int', 'int', 'int', 'void *', 'uint']),
      bind: library.func('bind', 'int', ['int', 'void *', 'uint']),
      close: library.func('close', 'int', ['int']),
      error: () => names.get(koffi.errno()) ?? `errno ${koffi.errno()}`,
    } as Libc
  } catch (error) {
    return `koffi cannot be loaded (${messageOf(error).split('\n')[0]})`
  }
}

/** `struct sockaddr_in` or `sockaddr_in6` with port 0: the family in the machine's order, the address in the network's. */
function sockaddr(family: 4 | 6, address: string): Buffer {
  const at = Buffer.alloc(family === 6 ? 28 : 16)
  at.writeUInt16LE(family === 6 ? AF_INET6 : AF_INET, 0)
  at.set(ipaddr.parse(address).toByteArray(), family === 6 ? 8 : 4)
  return at
}
