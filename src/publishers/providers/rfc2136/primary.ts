import type { Clock, Timers } from '../../../core/ports.ts'
import type { SocketAddress } from '../../../core/settings.ts'
import { HEADER } from '../../../wire/dns/query.ts'
import { type Message, readMessage } from '../../../wire/dns/read-message.ts'
import type { TsigKey } from '../../../wire/dns/tsig/key.ts'
import { type Signed, signatureSize, signMessage } from '../../../wire/dns/tsig/sign.ts'
import { verifyResponse } from '../../../wire/dns/tsig/verify-response.ts'
import type { CallPace } from '../definition.ts'
import { ProviderError } from '../error.ts'
import { type Conversation, openConversation } from './conversation.ts'
import { askByDatagram } from './datagram.ts'
import { BareRefusal, tsigError } from './faults.ts'

export interface PrimaryOptions {
  readonly server: SocketAddress
  readonly key: TsigKey
  readonly transport: 'auto' | 'tcp'
  readonly timeoutMs: number
}

export interface PrimaryDeps {
  readonly clock: Clock
  /** The time of day, steps and all: signatures are judged by it. */
  readonly wallClock: Clock
  readonly timers: Timers
  readonly pace: CallPace
}

export interface Answer {
  readonly message: Message
  /** The same was sent before and no answer to it came: it may have been acted upon twice. */
  readonly repeated: boolean
}

type Judged =
  | { readonly kind: 'answer'; readonly message: Message }
  | { readonly kind: 'stray' }
  | { readonly kind: 'error'; readonly error: ProviderError }

/** Nobody has to take longer messages than this without having said so (RFC 1035 section 4.2.1). */
const PLAIN_UDP_OCTETS = 512
/** What fits everywhere without fragments, for those who said that they can (RFC 9715 section 3). */
const EDNS_UDP_OCTETS = 1232
/** How long a datagram may take before the same is asked over TCP. */
const UDP_TIMEOUT_MS = 1_000
/** How long UDP is left alone where it brought nothing: a failover shall not wait for a datagram that some firewall eats. */
const UDP_REST_MS = 300_000
/** Questions under way on one connection (RFC 7766 section 6.2.1.1). */
const WINDOW = 64

/** The server that is updated: signed questions to it, answers checked (RFC 8945). Whatever fails is a `ProviderError`. */
export class Primary {
  readonly options: PrimaryOptions
  readonly #deps: PrimaryDeps
  #udpOctets = PLAIN_UDP_OCTETS
  #udpRestsUntilMs = 0

  constructor(options: PrimaryOptions, deps: PrimaryDeps) {
    this.options = options
    this.#deps = deps
  }

  get wallClock(): Clock {
    return this.#deps.wallClock
  }

  /** An answer of the server's had an OPT: it takes larger datagrams than 512 octets (RFC 6891 section 6.2.3). */
  speaksEdns(): void {
    this.#udpOctets = EDNS_UDP_OCTETS
  }

  /** Sends one message, by UDP where it fits; by TCP where it does not, or where UDP brings no answer to be believed. */
  async ask(message: Uint8Array, signal: AbortSignal): Promise<Answer> {
    const { options } = this
    const fits = message.length + signatureSize(options.key) <= this.#udpOctets
    const byUdp = options.transport === 'auto' && fits && this.#deps.clock.nowMs() >= this.#udpRestsUntilMs
    if (byUdp) {
      const reply = await this.#askByUdp(message, signal)
      if (reply !== undefined) return { message: reply, repeated: false }
    }
    try {
      return { message: await this.#askByTcp(message, signal), repeated: byUdp }
    } catch (error) {
      // The datagram may have arrived, whatever became of the connection.
      if (byUdp && error instanceof ProviderError && !error.uncertain) throw uncertain(error)
      throw error
    }
  }

  /**
   * Asks a question over TCP; a refusal without signature is a value here. `fudgeS` up to 65535 makes a signature that holds however
   * far the clocks are apart: for questions only, a change signed so could be played back for hours.
   */
  async askByTcp(message: Uint8Array, signal: AbortSignal, fudgeS?: number): Promise<Message | BareRefusal> {
    return this.#askByTcp(message, signal, fudgeS).catch((error: unknown) => {
      if (error instanceof BareRefusal) return error
      throw error
    })
  }

  /** Asks over TCP without a signature; the answer is anybody's. Undefined where it is no sound message. */
  async askPlainly(message: Uint8Array, signal: AbortSignal): Promise<Message | undefined> {
    const [answer] = await this.#converse(signal, async (conversation) => {
      conversation.send(message)
      const reading = readMessage(await conversation.receive())
      return reading.ok && reading.message.response ? [reading.message] : []
    })
    return answer
  }

  /** Answers to all messages in their order, over as few connections as the server allows. */
  async askAll(messages: readonly Uint8Array[], signal: AbortSignal): Promise<readonly Message[]> {
    const answers: (Message | undefined)[] = messages.map(() => undefined)
    for (;;) {
      const open = messages.flatMap((_, i) => (answers[i] === undefined ? [i] : []))
      if (open.length === 0) return answers.filter((one) => one !== undefined)
      try {
        await this.#pipeline(messages, open, answers, signal)
      } catch (error) {
        // A server may close after so many questions (RFC 7766 section 6.2.3); where it answered some, go on with the rest.
        const progress = open.some((i) => answers[i] !== undefined)
        if (!(error instanceof ProviderError && error.fault === 'unreachable' && progress)) throw error
      }
    }
  }

  /** A connection to the server. Waits for its turn. */
  async converse(signal: AbortSignal): Promise<Conversation> {
    await this.#turn(signal)
    const { server, timeoutMs } = this.options
    return openConversation(server, { timers: this.#deps.timers, timeoutMs, signal })
  }

  async #askByUdp(message: Uint8Array, signal: AbortSignal): Promise<Message | undefined> {
    await this.#turn(signal)
    const { server, timeoutMs } = this.options
    const signed = this.#sign(message)
    const options = { timers: this.#deps.timers, timeoutMs: Math.min(UDP_TIMEOUT_MS, timeoutMs), signal }
    const judged = await askByDatagram(server, signed.bytes, options, (reply) => {
      const one = this.#judge(reply, message, signed.mac)
      return one.kind === 'stray' ? undefined : one
    })
    if (judged === undefined && !signal.aborted)
      this.#udpRestsUntilMs = this.#deps.clock.nowMs() + UDP_REST_MS
    // What cannot be believed may be anybody's word over UDP: nobody but the server answers over TCP.
    if (judged?.kind !== 'answer' || judged.message.truncated) return undefined
    return judged.message
  }

  async #askByTcp(message: Uint8Array, signal: AbortSignal, fudgeS?: number): Promise<Message> {
    const [answer] = await this.#converse(signal, async (conversation) => {
      const signed = this.#sign(message, fudgeS)
      conversation.send(signed.bytes)
      return [this.#sure(this.#judge(await conversation.receive(), message, signed.mac))]
    })
    if (answer === undefined) throw new Error('no answer and no error')
    return answer
  }

  async #pipeline(
    messages: readonly Uint8Array[],
    open: readonly number[],
    answers: (Message | undefined)[],
    signal: AbortSignal,
  ): Promise<void> {
    await this.#converse(signal, async (conversation) => {
      const underWay = new Map<number, { index: number; message: Uint8Array; mac: Uint8Array }>()
      let next = 0
      while (next < open.length || underWay.size > 0) {
        while (next < open.length && underWay.size < WINDOW) {
          const index = open[next++] ?? 0
          const message = messages[index] ?? new Uint8Array()
          const signed = this.#sign(message)
          underWay.set(idOf(message), { index, message, mac: signed.mac })
          conversation.send(signed.bytes)
        }
        // Answers come in any order (RFC 7766 section 7).
        const reply = await conversation.receive()
        const asked = underWay.get(idOf(reply))
        if (asked === undefined) throw new ProviderError('protocol', 'an answer to nothing that was asked')
        answers[asked.index] = this.#sure(this.#judge(reply, asked.message, asked.mac))
        underWay.delete(idOf(reply))
      }
      return []
    })
  }

  async #converse<T>(signal: AbortSignal, work: (conversation: Conversation) => Promise<T[]>): Promise<T[]> {
    const conversation = await this.converse(signal)
    try {
      return await work(conversation)
    } finally {
      conversation.close()
    }
  }

  #sign(message: Uint8Array, fudgeS?: number): Signed {
    const nowMs = this.#deps.wallClock.nowMs()
    return signMessage(message, this.options.key, nowMs, fudgeS === undefined ? {} : { fudgeS })
  }

  /** What a reply to `asked` is: ours and sound, somebody else's, or not to be believed. */
  #judge(reply: Uint8Array, asked: Uint8Array, mac: Uint8Array): Judged {
    const response = reply.length >= HEADER && ((reply[2] ?? 0) & 0x80) !== 0
    const opcodes = ((reply[2] ?? 0) ^ (asked[2] ?? 0)) & 0x78
    if (!response || opcodes !== 0 || idOf(reply) !== idOf(asked)) return { kind: 'stray' }
    const nowMs = this.#deps.wallClock.nowMs()
    const verified = verifyResponse(reply, this.options.key, mac, nowMs)
    if (!verified.ok) return { kind: 'error', error: tsigError(verified, nowMs, (reply[3] ?? 0) & 0x0f) }
    const reading = readMessage(verified.message)
    if (reading.ok) return { kind: 'answer', message: reading.message }
    const words = `the answer is malformed: ${reading.fault}`
    return { kind: 'error', error: new ProviderError('protocol', words, { uncertain: true }) }
  }

  #sure(judged: Judged): Message {
    if (judged.kind === 'answer') return judged.message
    if (judged.kind === 'error') throw judged.error
    throw new ProviderError('protocol', 'an answer to nothing that was asked', { uncertain: true })
  }

  async #turn(signal: AbortSignal): Promise<void> {
    try {
      await this.#deps.pace.turn(signal)
    } catch (error) {
      if (error instanceof ProviderError || !signal.aborted) throw error
      throw new ProviderError('timeout', 'given up: no longer wanted')
    }
  }
}

function idOf(message: Uint8Array): number {
  return ((message[0] ?? 0) << 8) | (message[1] ?? 0)
}

function uncertain(error: ProviderError): ProviderError {
  const { fault, message, culprits, apiCode, retryAfterMs } = error
  return new ProviderError(fault, message, {
    uncertain: true,
    culprits,
    ...(apiCode === undefined ? {} : { apiCode }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}
