import { systemCalls } from '../source/system-socket.ts'
import { type IcmpError, icmpErrorIn } from './extended-error.ts'

const MSG_ERRQUEUE = 0x2000
const MSG_DONTWAIT = 0x40

/** `struct msghdr` and `struct iovec` on 64-bit Linux; then what the system writes: the packet that the error is about, and what it is. */
const IOVEC = 56
const QUOTED = 72
const QUOTED_OCTETS = 256
const CONTROL = QUOTED + QUOTED_OCTETS
const CONTROL_OCTETS = 512
const FIELD = { iov: 16, iovLength: 24, control: 32, controlLength: 40 } as const

export interface QueuedError {
  /** Undefined: our own system's error. */
  readonly icmp: IcmpError | undefined
  /** What it is about, from its ICMP header on, as much as was sent back. */
  readonly quoted: Uint8Array
}

interface Room {
  readonly address: number
  readonly octets: Uint8Array
  readonly view: DataView
}

let room: Room | undefined

/** The next error that waits at that socket; undefined where there is none, or the system cannot be asked for it. */
export function nextError(fd: number): QueuedError | undefined {
  const libc = systemCalls()
  if (typeof libc === 'string') return undefined
  if (room === undefined) {
    const made = libc.allocate(CONTROL + CONTROL_OCTETS)
    if (made === undefined) return undefined
    room = { ...made, octets: new Uint8Array(made.memory), view: new DataView(made.memory) }
  }
  const { address, octets, view } = room
  octets.fill(0, 0, QUOTED)
  const pointer = (at: number, to: number) => view.setBigUint64(at, BigInt(address + to), true)
  const count = (at: number, value: number) => view.setBigUint64(at, BigInt(value), true)
  pointer(FIELD.iov, IOVEC)
  count(FIELD.iovLength, 1)
  pointer(FIELD.control, CONTROL)
  count(FIELD.controlLength, CONTROL_OCTETS)
  pointer(IOVEC, QUOTED)
  count(IOVEC + 8, QUOTED_OCTETS)
  const length = libc.recvmsg(fd, address, MSG_ERRQUEUE | MSG_DONTWAIT)
  if (length < 0) return undefined
  const controlOctets = Number(view.getBigUint64(FIELD.controlLength, true))
  return {
    icmp: icmpErrorIn(octets.subarray(CONTROL, CONTROL + controlOctets)),
    quoted: octets.slice(QUOTED, QUOTED + Math.min(length, QUOTED_OCTETS)),
  }
}
