/** Sends IPv4 packets as they are given, whoever they claim to be from. Linux, root and koffi needed. */
import { createRequire } from 'node:module'
import { enterNamespace } from './enter.ts'

const AF_INET = 2
const SOCK_RAW = 3
const IPPROTO_RAW = 255
const IPPROTO_ICMP = 1

export interface Forger {
  /** An ICMP message, its checksum still 0. */
  icmp(from: string, to: string, message: Uint8Array): void
  close(): void
}

/** Its packets set out from that namespace, wherever the caller is. */
export function openForger(path: string): Forger {
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi').default
  const library = koffi.load(null)
  const socket = library.func('socket', 'int', ['int', 'int', 'int'])
  const sendto = library.func('sendto', 'long', ['int', 'void *', 'ulong', 'int', 'void *', 'uint'])
  const close = library.func('close', 'int', ['int'])
  const leave = enterNamespace(path)
  const fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW) as number
  leave()
  if (fd < 0) throw new Error(`raw socket: errno ${koffi.errno()}`)
  return {
    icmp(from, to, message) {
      const packet = Buffer.concat([header(from, to, message.length), withChecksum(message)])
      const at = Buffer.alloc(16)
      at.writeUInt16LE(AF_INET, 0)
      at.set(octets(to), 4)
      const sent = sendto(fd, packet, packet.length, 0, at, at.length) as number
      if (sent < 0) throw new Error(`sendto: errno ${koffi.errno()}`)
    },
    close: () => void close(fd),
  }
}

/** RFC 791 section 3.1; the system fills in checksum and identification. */
function header(from: string, to: string, length: number): Buffer {
  const bytes = Buffer.alloc(20)
  bytes[0] = 0x45
  bytes.writeUInt16BE(20 + length, 2)
  bytes[8] = 64
  bytes[9] = IPPROTO_ICMP
  bytes.set(octets(from), 12)
  bytes.set(octets(to), 16)
  return bytes
}

/** An ICMP error about a packet from `source` to `target` that began with these octets of ICMP (RFC 792). */
export function icmpError(
  type: number,
  code: number,
  about: { readonly source: string; readonly target: string; readonly message: Uint8Array },
): Uint8Array {
  const quoted = header(about.source, about.target, about.message.length)
  return Buffer.concat([Uint8Array.of(type, code, 0, 0, 0, 0, 0, 0), quoted, about.message])
}

function octets(address: string): number[] {
  return address.split('.').map(Number)
}

/** RFC 1071. */
function withChecksum(message: Uint8Array): Uint8Array {
  const bytes = Buffer.from(message)
  let sum = 0
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16)
  bytes.writeUInt16BE(~sum & 0xffff, 2)
  return bytes
}
