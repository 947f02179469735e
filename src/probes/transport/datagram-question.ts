import { createSocket, type Socket } from 'node:dgram'
import type { Clock, Timers } from '../../core/ports.ts'
import type { AskContext } from '../definition.ts'
import { leaveBy } from '../source/sockets.ts'
import { withinBudget } from './budget.ts'
import { familyOf, type SocketFault, socketFault } from './errno-reasons.ts'
import type { LateAnswers } from './late-answers.ts'

export interface DatagramEndpoint {
  /** IPv4 or IPv6 literal. */
  readonly address: string
  readonly port: number
  /** Local address or interface to leave by. */
  readonly source?: string | undefined
}

export interface DatagramQuestion<Answer> {
  readonly bytes: Uint8Array
  /** Milliseconds after the first transmission at which the same bytes are sent again while nothing has come. */
  readonly repeatAtMs: readonly number[]
  /** Undefined where the bytes are not the answer: late, stray or forged. Must not throw. */
  accept(bytes: Uint8Array): Answer | undefined
}

export type DatagramEnd<Answer> = {
  /** Datagrams that left. */
  readonly attempts: number
  /** Datagrams that came and were not the answer. */
  readonly strays: number
} & (
  | {
      readonly kind: 'answer'
      readonly answer: Answer
      /** Absent where a repetition makes it unknown which datagram was answered (Karn: RFC 6298 section 3). */
      readonly rttMs?: number
    }
  | { readonly kind: 'fault'; readonly fault: SocketFault }
  | { readonly kind: 'timeout' | 'aborted' }
)

export interface DatagramDeps {
  readonly clock: Clock
  readonly timers: Timers
  /** Takes the socket of a question that was sent again and answered, to tell `context.onSpurious`. Absent: nobody listens. */
  readonly late?: LateAnswers
}

/**
 * One question over a connected UDP socket of its own: the kernel drops what others send to it, reports ICMP errors, and draws a fresh
 * port, which an attacker off the path has to guess. Never rejects.
 */
export async function askDatagram<Answer>(
  endpoint: DatagramEndpoint,
  question: DatagramQuestion<Answer>,
  context: AskContext,
  deps: DatagramDeps,
): Promise<DatagramEnd<Answer>> {
  if (context.signal?.aborted === true) return { kind: 'aborted', attempts: 0, strays: 0 }
  const asking = new Asking(endpoint, question, context, deps)
  const end = await withinBudget<Said<Answer>>(context, deps.timers, (settle) => asking.begin(settle))
  if (end.kind !== 'answer' || !asking.complete()) await asking.close()
  return { ...end, attempts: asking.attempts, strays: asking.strays }
}

type Said<Answer> =
  | { readonly kind: 'answer'; readonly answer: Answer; readonly rttMs?: number }
  | { readonly kind: 'fault'; readonly fault: SocketFault }

class Asking<Answer> {
  attempts = 0
  strays = 0
  readonly #endpoint: DatagramEndpoint
  readonly #question: DatagramQuestion<Answer>
  readonly #context: AskContext
  readonly #deps: DatagramDeps
  readonly #socket: Socket
  #cancelRepeat: () => void = () => {}
  #beganMs = 0
  #sentMs = 0
  #closed = false

  constructor(
    endpoint: DatagramEndpoint,
    question: DatagramQuestion<Answer>,
    context: AskContext,
    deps: DatagramDeps,
  ) {
    this.#endpoint = endpoint
    this.#question = question
    this.#context = context
    this.#deps = deps
    this.#socket = createSocket(familyOf(endpoint.address) === 4 ? 'udp4' : 'udp6')
  }

  begin(settle: (said: Said<Answer>) => void): void {
    const { address, port, source } = this.#endpoint
    let connected = false
    this.#beganMs = this.#deps.clock.nowMs()
    const fail = (error: unknown) =>
      settle({ kind: 'fault', fault: socketFault(error, connected ? 'remote' : 'local') })
    const send = () => {
      this.attempts++
      this.#socket.send(this.#question.bytes, (error) => {
        if (error === null || error === undefined || this.#closed) return
        // These bytes did not leave; the error may be the ICMP answer to the datagram before.
        this.attempts--
        fail(error)
      })
    }
    const connect = () => {
      this.#socket.connect(port, address, (error?: Error | null) => {
        if (this.#closed) return
        if (error !== undefined && error !== null) return fail(error)
        connected = true
        this.#sentMs = this.#deps.clock.nowMs()
        send()
        this.#awaitRepeat(send, 0)
      })
    }
    this.#socket.on('error', fail)
    this.#socket.on('message', (bytes) => {
      const answer = this.#question.accept(bytes)
      if (answer === undefined) this.strays++
      else {
        const rttMs = this.#deps.clock.nowMs() - this.#sentMs
        settle({ kind: 'answer', answer, ...(this.attempts === 1 ? { rttMs } : {}) })
      }
    })
    leaveBy(this.#socket, familyOf(address), source, connect)
  }

  /**
   * It was answered. After more than one transmission the answers to the others, should they come, prove that the repetition was needless:
   * then its socket lives on. False where nobody wants to know, or there is no room.
   */
  complete(): boolean {
    const { late } = this.#deps
    const { onSpurious } = this.#context
    if (this.attempts < 2 || late === undefined || onSpurious === undefined) return false
    const taken = late.listen({
      socket: this.#socket,
      open: this.attempts - 1,
      isAnswer: (bytes) => this.#question.accept(bytes) !== undefined,
      heard: () => onSpurious(this.#sentMs),
    })
    if (taken) this.#end()
    return taken
  }

  close(): Promise<void> {
    this.#end()
    return new Promise((resolve) => this.#socket.close(() => resolve()))
  }

  #end(): void {
    this.#closed = true
    this.#cancelRepeat()
  }

  /** The next repetition, from that place of the list on. Where our own loop stood still over several, they are one. */
  #awaitRepeat(send: () => void, from: number): void {
    const { clock, timers } = this.#deps
    const elapsedMs = clock.nowMs() - this.#sentMs
    const { repeatAtMs } = this.#question
    const place = repeatAtMs.findIndex((atMs, at) => at >= from && atMs > elapsedMs)
    const atMs = repeatAtMs[place]
    if (atMs === undefined) return
    this.#cancelRepeat = timers.after(atMs - elapsedMs, () => {
      // No answer to it could come in time: it rang too late, or is set for later.
      if (clock.nowMs() - this.#beganMs >= this.#context.timeoutMs) return
      this.#awaitRepeat(send, place + 1)
      this.#repeat(send)
    })
  }

  #repeat(send: () => void): void {
    if (this.#context.mayRetransmit?.() === false) {
      this.#context.trace?.({ direction: 'note', text: 'no retransmission: enough requests for now' })
    } else send()
  }
}
