import { createRequire } from 'node:module'
import { endianness } from 'node:os'
import ipaddr from 'ipaddr.js'
import { messageOf } from '../../core/errors.ts'

/** Numbers of the Linux interface that x64 and arm64 share (asm-generic). */
const AF_INET = 2
const AF_INET6 = 10
const SOCK = { stream: 1, datagram: 2 } as const
const SOCK_CLOEXEC = 0o2000000
const SOCK_NONBLOCK = 0o4000
const SOL_SOCKET = 1
const SO_BINDTODEVICE = 25

/** What is called of the C library; results below 0 mean: see `error`. */
export interface Libc {
  socket(family: number, type: number, protocol: number): number
  setsockopt(fd: number, level: number, name: number, value: Uint8Array, length: number): number
  bind(fd: number, address: Uint8Array, length: number): number
  connect(fd: number, address: Uint8Array, length: number): number
  send(fd: number, bytes: Uint8Array, length: number, flags: number): number
  recvmsg(fd: number, header: number, flags: number): number
  close(fd: number): number
  /** The last error by its name: `ENODEV`. */
  error(): string
  /** Memory that stays where it is and is never given back; undefined where pointers have not 64 bits. */
  allocate(octets: number): { readonly memory: ArrayBuffer; readonly address: number } | undefined
}

/** A socket in the making. Each step throws the system's error, with `code` and `syscall` as Node's own have them. */
export interface SocketSteps {
  readonly fd: number
  set(level: number, name: number, value: Uint8Array): void
  /** Sends and receives through that interface alone. `ENODEV` where there is none by that name (now), `EPERM` where we may not. */
  bindToInterface(name: string): void
  /** To a port of the system's choice. */
  bind(address: string): void
  connect(address: string): void
}

/**
 * A socket of the system, for Node to take over by its descriptor. Throws an error with the errno's name as `code`, and then holds nothing: `ENOSYS` where
 * no C library can be called.
 */
export function systemSocket(
  kind: 'stream' | 'datagram',
  family: 4 | 6,
  protocol: number,
  prepare: (steps: SocketSteps) => void,
): number {
  const libc = systemCalls()
  if (typeof libc === 'string') throw Object.assign(new Error(libc), { code: 'ENOSYS' })
  const type = SOCK[kind] | SOCK_CLOEXEC | SOCK_NONBLOCK
  const fd = libc.socket(family === 4 ? AF_INET : AF_INET6, type, protocol)
  const must = (result: number, call: string) => {
    if (result < 0) throw systemError(libc, call)
  }
  must(fd, 'socket')
  const set = (level: number, name: number, value: Uint8Array) =>
    must(libc.setsockopt(fd, level, name, value, value.length), 'setsockopt')
  try {
    prepare({
      fd,
      set,
      bindToInterface: (name) => set(SOL_SOCKET, SO_BINDTODEVICE, Buffer.from(`${name}\0`, 'latin1')),
      bind(address) {
        const at = sockaddr(family, address)
        must(libc.bind(fd, at, at.length), 'bind')
      },
      connect(address) {
        const at = sockaddr(family, address)
        must(libc.connect(fd, at, at.length), 'connect')
      },
    })
  } catch (error) {
    libc.close(fd)
    throw error
  }
  return fd
}

/** Gives back a socket that nobody took over. */
export function closeSocket(fd: number): void {
  const libc = systemCalls()
  if (typeof libc !== 'string') libc.close(fd)
}

/** As Node's own errors of the system. Called right after the call that failed. */
export function systemError(libc: Libc, syscall: string): Error {
  const code = libc.error()
  return Object.assign(new Error(`${syscall} ${code}`), { code, syscall })
}

let kept: Libc | string | undefined

/** The C library of this process, or why it cannot be called. koffi is loaded only where it is asked for. */
export function systemCalls(): Libc | string {
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
      connect: library.func('connect', 'int', ['int', 'void *', 'uint']),
      send: library.func('send', 'long', ['int', 'void *', 'ulong', 'int']),
      recvmsg: library.func('recvmsg', 'long', ['int', 'uintptr_t', 'int']),
      close: library.func('close', 'int', ['int']),
      error: () => names.get(koffi.errno()) ?? `errno ${koffi.errno()}`,
      allocate(octets: number) {
        if (koffi.sizeof('void *') !== 8) return undefined
        const pointer = koffi.alloc('uint8_t', octets)
        return { memory: koffi.view(pointer, octets), address: Number(koffi.address(pointer)) }
      },
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
