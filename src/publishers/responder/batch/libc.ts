import { arch, endianness } from 'node:os'
import { messageOf } from '../../../core/errors.ts'
import { MMSGHDR, MSGHDR_FIELDS } from './layout.ts'

/** Numbers of the Linux interface that x64 and arm64 share (asm-generic). */
export const LINUX = {
  AF_INET: 2,
  AF_INET6: 10,
  SOCK_DGRAM: 2,
  SOCK_CLOEXEC: 0o2000000,
  SOL_SOCKET: 1,
  SO_RCVBUF: 8,
  SO_REUSEPORT: 15,
  SO_RCVTIMEO: 20,
  SO_SNDTIMEO: 21,
  SO_RCVBUFFORCE: 33,
  IPPROTO_IP: 0,
  IP_PKTINFO: 8,
  IP_MTU_DISCOVER: 10,
  IPPROTO_IPV6: 41,
  IPV6_MTU_DISCOVER: 23,
  IPV6_V6ONLY: 26,
  IPV6_RECVPKTINFO: 49,
  IPV6_PKTINFO: 50,
  /** Of both families. */
  PMTUDISC_PROBE: 3,
  MSG_DONTWAIT: 0x40,
  MSG_TRUNC: 0x20,
  MSG_WAITFORONE: 0x10000,
  POLLIN: 1,
  SHUT_RD: 0,
  EINTR: 4,
  EAGAIN: 11,
} as const

/** What is called of the C library. Pointers are numbers: an address space of 48 bits fits. Results below 0 mean: see `errno`. */
export interface Libc {
  socket(family: number, type: number, protocol: number): number
  setsockopt(fd: number, level: number, name: number, value: Uint8Array, length: number): number
  bind(fd: number, address: Uint8Array, length: number): number
  getsockname(fd: number, address: Uint8Array, length: Uint8Array): number
  shutdown(fd: number, how: number): number
  close(fd: number): number
  recvmmsg(fd: number, messages: number, count: number, flags: number, timeout: number): number
  sendmmsg(fd: number, messages: number, count: number, flags: number): number
  poll(fds: number, count: number, timeoutMs: number): number
  clock_nanosleep(clock: number, flags: number, request: number, remain: number): number
  errno(): number
  /** `EADDRINUSE` for 98. */
  errorName(errno: number): string
  /** Zeroed memory that never moves, its address, and what gives it back. */
  allocate(octets: number): {
    readonly memory: ArrayBuffer
    readonly address: number
    readonly free: () => void
  }
}

/** The C library of this process, or why it cannot be called. Never rejects. */
export async function loadLibc(): Promise<Libc | string> {
  if (process.platform !== 'linux') return `the system is ${process.platform}, not Linux`
  if (arch() !== 'x64' && arch() !== 'arm64') return `the layout of system calls is not known for ${arch()}`
  if (endianness() !== 'LE') return 'the machine is big-endian'
  try {
    return bindLibc((await import('koffi')).default)
  } catch (error) {
    return `koffi cannot be loaded (${messageOf(error).split('\n')[0]})`
  }
}

type Koffi = typeof import('koffi').default

function bindLibc(koffi: Koffi): Libc | string {
  const strange = strangeLayout(koffi)
  if (strange !== undefined) return strange
  // The C library that Node itself is linked with, whichever it is.
  const library = koffi.load(null)
  const names = new Map(Object.entries(koffi.os.errno).map(([name, errno]) => [errno, name]))
  const libc = {
    socket: library.func('socket', 'int', ['int', 'int', 'int']),
    setsockopt: library.func('setsockopt', 'int', ['int', 'int', 'int', 'void *', 'uint']),
    bind: library.func('bind', 'int', ['int', 'void *', 'uint']),
    getsockname: library.func('getsockname', 'int', ['int', 'void *', 'void *']),
    shutdown: library.func('shutdown', 'int', ['int', 'int']),
    close: library.func('close', 'int', ['int']),
    recvmmsg: library.func('recvmmsg', 'int', ['int', 'uintptr_t', 'uint', 'int', 'uintptr_t']),
    sendmmsg: library.func('sendmmsg', 'int', ['int', 'uintptr_t', 'uint', 'int']),
    poll: library.func('poll', 'int', ['uintptr_t', 'ulong', 'int']),
    clock_nanosleep: library.func('clock_nanosleep', 'int', ['int', 'int', 'uintptr_t', 'uintptr_t']),
    errno: () => koffi.errno(),
    errorName: (errno: number) => names.get(errno) ?? `errno ${errno}`,
    allocate(octets: number) {
      const pointer = koffi.alloc('uint8_t', octets)
      const memory = koffi.view(pointer, octets)
      new Uint8Array(memory).fill(0)
      return { memory, address: Number(koffi.address(pointer)), free: () => koffi.free(pointer) }
    },
  }
  return libc as Libc
}

/** Why the structures that are laid out by hand are not the ones of this machine's C; undefined when they are. */
function strangeLayout(koffi: Koffi): string | undefined {
  const msghdr = koffi.struct({
    msg_name: 'void *',
    msg_namelen: 'uint32_t',
    msg_iov: 'void *',
    msg_iovlen: 'size_t',
    msg_control: 'void *',
    msg_controllen: 'size_t',
    msg_flags: 'int',
  })
  const mmsghdr = koffi.struct({ msg_hdr: msghdr, msg_len: 'uint32_t' })
  const iovec = koffi.struct({ iov_base: 'void *', iov_len: 'size_t' })
  const wrong = Object.entries(MSGHDR_FIELDS).some(([name, at]) => koffi.offsetof(msghdr, name) !== at)
  const sound =
    !wrong &&
    koffi.sizeof(mmsghdr) === MMSGHDR.SIZE &&
    koffi.offsetof(mmsghdr, 'msg_len') === MMSGHDR.LENGTH &&
    koffi.sizeof(iovec) === 16
  return sound ? undefined : 'struct mmsghdr has another layout here'
}
