/** Where the fields of `struct msghdr` stand, in octets, on 64-bit Linux. */
export const MSGHDR_FIELDS = {
  msg_name: 0,
  msg_namelen: 8,
  msg_iov: 16,
  msg_iovlen: 24,
  msg_control: 32,
  msg_controllen: 40,
  msg_flags: 48,
} as const

/** `struct mmsghdr`: a msghdr and how many octets came. */
export const MMSGHDR = { SIZE: 64, LENGTH: 56 } as const

const IOVEC = 16
/** A sockaddr_in6 has 28 octets. */
const NAME = 32
const NAME_OCTETS = 28
/** Room for one packet-info message of either family. */
const CONTROL = 64

/** The largest datagram. */
const QUERY = 65_536
/** No reply over UDP is larger; the next power of two. */
const REPLY = 2_048
/** A little more than pages apart, so that the first octets of all do not compete for the same lines of the cache. */
const SKEW = 320

/**
 * The memory of one socket's batches, laid out once: headers for as many messages as a batch has, what they point to, and views on it.
 * Queries come in `received`, replies leave by `sent`; message `i` of either owns the buffers of that number, and a reply's address and
 * control message are those of the query it answers.
 */
export class BatchMemory {
  readonly size: number
  readonly words: Uint32Array
  readonly octets: Uint8Array
  readonly queries: readonly Uint8Array[]
  readonly replies: readonly Uint8Array[]
  /** Addresses for the system. */
  readonly received: number
  readonly sent: number
  readonly #base: number
  readonly #receivedAt: number
  readonly #sentAt: number
  readonly #replyVectors: number
  readonly #names: number
  readonly #controls: number
  /** Of each reply: the query that its pointers lead to. */
  readonly #answered: Int32Array

  /** `withControl`: the system tells, for each query, which local address it came to. */
  constructor(size: number, allocated: { memory: ArrayBuffer; address: number }, withControl: boolean) {
    const { memory, address } = allocated
    this.size = size
    this.words = new Uint32Array(memory)
    this.octets = new Uint8Array(memory)
    this.#base = address
    let at = 0
    const take = (octets: number) => {
      const start = at
      at += octets * size
      return start
    }
    this.#receivedAt = take(MMSGHDR.SIZE)
    this.#sentAt = take(MMSGHDR.SIZE)
    const queryVectors = take(IOVEC)
    this.#replyVectors = take(IOVEC)
    this.#names = take(NAME)
    this.#controls = take(CONTROL)
    const queriesAt = take(QUERY + SKEW)
    const repliesAt = take(REPLY + SKEW)
    this.received = address + this.#receivedAt
    this.sent = address + this.#sentAt
    const indexes = Array.from({ length: size }, (_, i) => i)
    this.queries = indexes.map((i) => new Uint8Array(memory, queriesAt + i * (QUERY + SKEW), QUERY))
    this.replies = indexes.map((i) => new Uint8Array(memory, repliesAt + i * (REPLY + SKEW), REPLY))
    for (const i of indexes) {
      this.#vector(queryVectors + i * IOVEC, queriesAt + i * (QUERY + SKEW), QUERY)
      this.#vector(this.#replyVectors + i * IOVEC, repliesAt + i * (REPLY + SKEW), 0)
      this.#header(this.#receivedAt + i * MMSGHDR.SIZE, i, queryVectors, withControl)
      this.#header(this.#sentAt + i * MMSGHDR.SIZE, i, this.#replyVectors, false)
      this.rearm(i, withControl)
    }
    this.#answered = new Int32Array(size)
    for (const i of indexes) this.#point(i, i)
  }

  /** Octets that a batch of `size` messages needs. */
  static octets(size: number): number {
    return size * (2 * MMSGHDR.SIZE + 2 * IOVEC + NAME + CONTROL + QUERY + SKEW + REPLY + SKEW)
  }

  /** Of the query with this number. */
  lengthOf(i: number): number {
    return this.words[(this.#receivedAt + i * MMSGHDR.SIZE + MMSGHDR.LENGTH) >> 2] ?? 0
  }

  /** Octets of its sender's sockaddr; 0: it has none. */
  nameLengthOf(i: number): number {
    return this.words[(this.#receivedAt + i * MMSGHDR.SIZE + MSGHDR_FIELDS.msg_namelen) >> 2] ?? 0
  }

  controlLengthOf(i: number): number {
    return this.words[(this.#receivedAt + i * MMSGHDR.SIZE + MSGHDR_FIELDS.msg_controllen) >> 2] ?? 0
  }

  /** Where, in `octets`, the sockaddr of its sender stands. */
  nameAt(i: number): number {
    return this.#names + i * NAME
  }

  controlAt(i: number): number {
    return this.#controls + i * CONTROL
  }

  /** The system has written lengths over the room there was: before the next batch that is set right again. */
  rearm(i: number, withControl: boolean): void {
    const header = (this.#receivedAt + i * MMSGHDR.SIZE) >> 2
    this.words[header + (MSGHDR_FIELDS.msg_namelen >> 2)] = NAME_OCTETS
    if (withControl) this.words[header + (MSGHDR_FIELDS.msg_controllen >> 2)] = CONTROL
  }

  /** Makes reply `i`, of `length` octets, go to the sender of query `query`, from where that query came to. */
  address(i: number, length: number, query: number, nameLength: number, controlLength: number): void {
    const header = this.#sentAt + i * MMSGHDR.SIZE
    // Nearly always the answer to query `i` is reply `i`, as it was in the batch before.
    if (this.#answered[i] !== query) this.#point(i, query)
    this.words[(header + MSGHDR_FIELDS.msg_namelen) >> 2] = nameLength
    this.words[(header + MSGHDR_FIELDS.msg_controllen) >> 2] = controlLength
    this.words[(this.#replyVectors + i * IOVEC + 8) >> 2] = length
  }

  /** Address and control message of reply `i` are those of query `query`. */
  #point(i: number, query: number): void {
    const header = this.#sentAt + i * MMSGHDR.SIZE
    this.#pointer(header + MSGHDR_FIELDS.msg_name, this.nameAt(query))
    this.#pointer(header + MSGHDR_FIELDS.msg_control, this.controlAt(query))
    this.#answered[i] = query
  }

  #header(at: number, i: number, vectors: number, withControl: boolean): void {
    this.#pointer(at + MSGHDR_FIELDS.msg_name, this.nameAt(i))
    this.#pointer(at + MSGHDR_FIELDS.msg_iov, vectors + i * IOVEC)
    this.words[(at + MSGHDR_FIELDS.msg_iovlen) >> 2] = 1
    if (withControl) this.#pointer(at + MSGHDR_FIELDS.msg_control, this.controlAt(i))
  }

  #vector(at: number, target: number, length: number): void {
    this.#pointer(at, target)
    this.words[(at + 8) >> 2] = length
  }

  /** A 64-bit pointer as two words, the low one first. */
  #pointer(at: number, target: number): void {
    const address = this.#base + target
    this.words[at >> 2] = address % 2 ** 32
    this.words[(at >> 2) + 1] = Math.floor(address / 2 ** 32)
  }
}
