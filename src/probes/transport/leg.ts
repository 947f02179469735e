import type { Clock } from '../../core/ports.ts'
import type { RequestIds } from '../../wire/sip/ids.ts'
import type { SipResponse } from '../../wire/sip/message.ts'
import type { Via } from '../../wire/sip/via.ts'
import type { AskContext } from '../definition.ts'
import type { Lease } from './channel-pool.ts'
import { LATE_ANSWER_MS } from './completed.ts'
import type { SocketFault } from './errno-reasons.ts'
import type { Expectation } from './expectations.ts'
import type { SipQuestion } from './sip-transports.ts'
import type { TransactionTrace } from './transaction-trace.ts'

/** What a leg tells its transaction. */
export interface LegEvents {
  onResponse(leg: Leg, response: SipResponse): void
  onBroken(leg: Leg, why: string): void
  onFault(leg: Leg, fault: SocketFault): void
  onStray(): void
}

/**
 * A request on its way over one channel. It waits there itself: what an unanswered question holds on to is kept small, since thousands
 * of them wait at a time.
 */
export class Leg implements Expectation {
  readonly lease: Lease
  readonly #clock: Clock
  readonly #trace: TransactionTrace
  readonly #events: LegEvents
  #question: SipQuestion | undefined
  #ids: RequestIds | undefined
  #bytes: Uint8Array | undefined
  #sentMs = 0
  #firstSentMs = 0
  #sent = 0
  /** A send that met an ICMP error left over from an earlier question has been repeated. */
  #repeated = false

  constructor(lease: Lease, clock: Clock, trace: TransactionTrace, events: LegEvents) {
    this.lease = lease
    this.#clock = clock
    this.#trace = trace
    this.#events = events
  }

  get branch(): string {
    return this.#ids?.branch ?? ''
  }

  get callId(): string {
    return this.#ids?.callId ?? ''
  }

  get method(): string {
    return this.#question?.method ?? ''
  }

  /** Transmissions that left over this leg. */
  get sent(): number {
    return this.#sent
  }

  /** The request was composed: the channel is, or was, open. */
  get started(): boolean {
    return this.#bytes !== undefined
  }

  get isDatagram(): boolean {
    return this.lease.channel.endpoint.transport === 'udp'
  }

  /** Milliseconds since the last transmission. */
  get elapsedMs(): number {
    return this.#clock.nowMs() - this.#sentMs
  }

  start(question: SipQuestion, ids: RequestIds): void {
    const { channel } = this.lease
    this.#bytes = question.compose(channel.local, ids)
    this.#question = question
    this.#ids = ids
    channel.expectations.add(this)
    this.transmit()
  }

  onResponse(response: SipResponse, via: Via, bytes: Uint8Array): void {
    this.#trace.received(bytes)
    this.#trace.mapping(this.lease.channel.local, via)
    this.#events.onResponse(this, response)
  }

  onBroken(why: string, bytes: Uint8Array): void {
    this.#trace.received(bytes)
    this.#events.onBroken(this, why)
  }

  onFault(fault: SocketFault): void {
    this.#events.onFault(this, fault)
  }

  onStray(what: string, bytes: Uint8Array): void {
    this.#trace.ignored(what, bytes)
    this.#events.onStray()
  }

  /** Sends the request, the first time or again: byte for byte the same (RFC 3261 section 17.1.2.2). */
  transmit(): void {
    if (this.#bytes === undefined) return
    // Most are sent once: only the second transmission keeps what the first one noted.
    if (this.#sent === 1) this.#firstSentMs = this.#sentMs
    this.#sent++
    this.#sentMs = this.#clock.nowMs()
    this.#trace.sent(this.#bytes)
    this.lease.channel.send(this.#bytes, (fault) => this.#notSent(fault))
  }

  /**
   * It was answered, after more than one transmission over a datagram socket: the answers to the others, should they come within a second,
   * prove that the retransmission was needless. (Timer K lets them come for five, RFC 3261 section 17.1.2.2; later than one they tell of
   * nothing recent.)
   */
  complete(onSpurious: NonNullable<AskContext['onSpurious']>): void {
    const { branch, callId, method } = this
    const clock = this.#clock
    const sentMs = this.#firstSentMs
    const answeredMs = clock.nowMs()
    const heard = () => {
      if (clock.nowMs() - answeredMs <= LATE_ANSWER_MS) onSpurious(sentMs)
    }
    this.lease.channel.expectations.complete({ branch, callId, method, open: this.#sent - 1, heard })
  }

  /** Expects nothing any more. */
  stop(): void {
    this.lease.channel.expectations.remove(this)
    this.#bytes = undefined
  }

  #notSent(fault: SocketFault): void {
    // These bytes did not leave.
    this.#sent--
    const stale = fault.reason === 'refused' && this.#sent === 0 && !this.#repeated
    if (stale && this.started) {
      // The error may be the ICMP answer to an earlier question's last datagram, which the kernel kept for us.
      this.#repeated = true
      this.transmit()
    } else this.#events.onFault(this, fault)
  }
}
