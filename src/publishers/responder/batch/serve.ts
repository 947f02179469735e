import type { Epochs } from '../image/epochs.ts'
import type { Tally } from '../tally.ts'
import { LINUX, type Libc } from './libc.ts'
import type { Receiver } from './receiver.ts'

/** How long a thread with several sockets waits before it looks whether it is to stop. */
const POLL_MS = 100

/** `struct pollfd`: a descriptor, what is awaited, what came. */
const POLLFD = 8

export interface ServeDeps {
  readonly libc: Libc
  readonly epochs: Epochs
  readonly reader: number
  readonly tally: Tally
  readonly receivers: readonly { readonly fd: number; readonly receiver: Receiver }[]
  /** Called before each batch, with the version that it will be answered from at the least. */
  readonly begin: (version: number) => void
}

/**
 * Answers until the epochs say stop. With one socket the thread sleeps in the system's receive call, which brings all that waits; with several it
 * sleeps in `poll` and then asks those that have something.
 */
export function serve({ libc, epochs, reader, tally, receivers, begin }: ServeDeps): void {
  const only = receivers.length === 1 ? receivers[0] : undefined
  const waiting =
    only === undefined
      ? new Waiting(
          libc,
          receivers.map(({ fd }) => fd),
        )
      : undefined
  const enter = () => {
    const { version } = epochs
    begin(version)
    epochs.enter(reader, version)
  }
  while (!epochs.stopped) {
    if (only !== undefined) {
      const count = only.receiver.receive(LINUX.MSG_WAITFORONE)
      enter()
      if (count > 0) only.receiver.answer(count)
    } else if (waiting !== undefined) {
      const ready = waiting.wait()
      enter()
      for (let i = 0; ready > 0 && i < receivers.length; i++) {
        const receiver = receivers[i]?.receiver
        if (receiver === undefined || !waiting.isReady(i)) continue
        const count = receiver.receive(LINUX.MSG_DONTWAIT)
        if (count > 0) receiver.answer(count)
      }
    }
    tally.share()
  }
  epochs.leave(reader)
  waiting?.close()
}

/** The descriptors of a thread with several sockets, as `poll` wants them. */
class Waiting {
  readonly #libc: Libc
  readonly #count: number
  readonly #fds: { readonly memory: ArrayBuffer; readonly address: number; readonly free: () => void }
  readonly #words: Int32Array

  constructor(libc: Libc, fds: readonly number[]) {
    this.#libc = libc
    this.#count = fds.length
    this.#fds = libc.allocate(fds.length * POLLFD)
    this.#words = new Int32Array(this.#fds.memory)
    for (const [i, fd] of fds.entries()) {
      this.#words[i * 2] = fd
      this.#words[i * 2 + 1] = LINUX.POLLIN
    }
  }

  /** How many have something; 0 or below after the time-out. */
  wait(): number {
    return this.#libc.poll(this.#fds.address, this.#count, POLL_MS)
  }

  isReady(i: number): boolean {
    return (this.#words[i * 2 + 1] ?? 0) >>> 16 !== 0
  }

  close(): void {
    this.#fds.free()
  }
}
