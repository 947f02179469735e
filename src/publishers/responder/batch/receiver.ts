import type { Answerer } from '../answerer.ts'
import { type ClientAddress, emptyClientAddress } from '../client-address.ts'
import { isForgedPort } from '../source-port.ts'
import type { Tally } from '../tally.ts'
import { BatchMemory, MMSGHDR } from './layout.ts'
import { LINUX, type Libc } from './libc.ts'
import { keepSource } from './packet-info.ts'
import type { BatchSocket } from './socket.ts'

/** Messages that one call of the system may bring or take. */
export const BATCH = 64

/** Octets of the two forms of a sockaddr, and where the address stands in them. */
const SOCKADDR_IN = { size: 16, address: 4 }
const SOCKADDR_IN6 = { size: 28, address: 8 }

export interface ReceiverDeps {
  readonly libc: Libc
  readonly answerer: Answerer
  readonly tally: Tally
  /** An answer could not be sent; the errno. */
  readonly failed: (errno: number) => void
}

/** Takes queries from one socket and sends their answers, as many at a time as wait there. It leaves no garbage. */
export class Receiver {
  readonly #deps: ReceiverDeps
  readonly #socket: BatchSocket
  readonly #batch: BatchMemory
  readonly #free: () => void
  readonly #client: ClientAddress = emptyClientAddress()
  readonly #nameLength: number
  readonly #addressAt: number

  constructor(socket: BatchSocket, deps: ReceiverDeps) {
    this.#deps = deps
    this.#socket = socket
    const allocated = deps.libc.allocate(BatchMemory.octets(BATCH))
    this.#free = allocated.free
    this.#batch = new BatchMemory(BATCH, allocated, socket.anyAddress)
    const { size, address } = socket.ipv6 ? SOCKADDR_IN6 : SOCKADDR_IN
    this.#nameLength = size
    this.#addressAt = address
    this.#client.length = socket.ipv6 ? 16 : 4
  }

  /** Waits for queries as `flags` say; how many came, or below 0 when none did. */
  receive(flags: number): number {
    return this.#deps.libc.recvmmsg(this.#socket.fd, this.#batch.received, this.#batch.size, flags, 0)
  }

  /** Answers the `count` queries that were received. */
  answer(count: number): void {
    const { answerer, tally } = this.#deps
    const batch = this.#batch
    const { octets, queries, replies } = batch
    const { anyAddress } = this.#socket
    let due = 0
    for (let i = 0; i < count; i++) {
      const name = batch.nameAt(i)
      const controlLength = anyAddress ? batch.controlLengthOf(i) : 0
      const length = batch.lengthOf(i)
      const fromNobody = batch.nameLengthOf(i) === 0
      batch.rearm(i, anyAddress)
      // That is how a wait ends (`endWait`).
      if (fromNobody) continue
      tally.queriesUdp++
      const query = queries[i]
      const reply = replies[due]
      const port = ((octets[name + 2] ?? 0) << 8) | (octets[name + 3] ?? 0)
      if (query === undefined || reply === undefined || isForgedPort(port)) {
        tally.dropped++
        continue
      }
      const { octets: client } = this.#client
      for (let at = 0; at < this.#client.length; at++) client[at] = octets[name + this.#addressAt + at] ?? 0
      const written = answerer.answer(query, 'udp', this.#client, reply, length)
      if (written === 0) continue
      const control = controlLength > 0 ? keepSource(octets, batch.controlAt(i), controlLength) : 0
      batch.address(due++, written, i, this.#nameLength, control)
    }
    this.#send(due)
  }

  close(): void {
    this.#free()
  }

  /** A reply that the system does not take is lost, as UDP loses things: the client asks again. The others still go. */
  #send(due: number): void {
    const { libc, tally, failed } = this.#deps
    for (let sent = 0; sent < due; ) {
      const at = this.#batch.sent + sent * MMSGHDR.SIZE
      const taken = libc.sendmmsg(this.#socket.fd, at, due - sent, 0)
      if (taken > 0) {
        sent += taken
        continue
      }
      const errno = libc.errno()
      if (errno === LINUX.EINTR) continue
      sent++
      tally.sendErrors++
      failed(errno)
    }
  }
}
