import { LINUX, type Libc } from './libc.ts'

/** `struct pollfd`: a descriptor, what is awaited, what came. */
const POLLFD = 8

/** The descriptors that are waited for together, as `poll` wants them. */
export class Waiting {
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

  /** How many have something; 0 or below after the time-out. -1: there is none. */
  wait(timeoutMs: number): number {
    return this.#libc.poll(this.#fds.address, this.#count, timeoutMs)
  }

  isReady(i: number): boolean {
    return (this.#words[i * 2 + 1] ?? 0) >>> 16 !== 0
  }

  close(): void {
    this.#fds.free()
  }
}
