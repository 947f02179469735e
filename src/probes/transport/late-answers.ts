import type { Socket } from 'node:dgram'
import type { Timers } from '../../core/ports.ts'
import { LATE_ANSWER_MS } from './completed.ts'

/** File handles are dear, and a path that lost its pace may double the answers of all targets at once. */
const SOCKETS_MAX = 64

/** A question that has its answer and was sent more than once, so that another answer may come. */
export interface AnsweredQuestion {
  /** Its own. Whoever listens to it closes it. */
  readonly socket: Socket
  /** Answers that may yet come: one for each transmission but the first answered. 1 or more. */
  readonly open: number
  /** Must not throw. */
  isAnswer(bytes: Uint8Array): boolean
  /** One came. */
  heard(): void
}

/**
 * Sockets that outlive their question to take in what answers come besides, as the Completed state of a SIP client transaction does (RFC
 * 3261 section 17.1.2.2): each until all have come, it breaks, or a second is over. They keep no process alive.
 */
export class LateAnswers {
  readonly #timers: Timers
  readonly #ends = new Set<() => Promise<void>>()
  #closed = false

  constructor(timers: Timers) {
    this.#timers = timers
  }

  /** Sockets that are listened to. */
  get size(): number {
    return this.#ends.size
  }

  /** False where there is no room: the socket is still the caller's to close. The ones before have the better chance to hear something. */
  listen({ socket, open, isAnswer, heard }: AnsweredQuestion): boolean {
    if (this.#closed || this.#ends.size >= SOCKETS_MAX) return false
    let left = open
    const end = () => {
      if (!this.#ends.delete(end)) return Promise.resolve()
      cancel()
      return new Promise<void>((resolve) => socket.close(() => resolve()))
    }
    const cancel = this.#timers.after(LATE_ANSWER_MS, () => void end())
    this.#ends.add(end)
    socket.removeAllListeners()
    socket.on('error', () => void end())
    socket.on('message', (bytes) => {
      if (left === 0 || !isAnswer(bytes)) return
      left--
      if (left === 0) void end()
      heard()
    })
    socket.unref()
    return true
  }

  /** Listens to none any more. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#ends].map((end) => end()))
  }
}
