import type { Clock } from '../../core/ports.ts'
import type { RequestIds } from '../../wire/sip/ids.ts'
import type { SipResponse } from '../../wire/sip/message.ts'
import type { Lease } from './channel-pool.ts'
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

/** A request on its way over one channel. */
export class Leg {
  readonly lease: Lease
  readonly #clock: Clock
  readonly #trace: TransactionTrace
  readonly #events: LegEvents
  #expectation: Expectation | undefined
  #bytes: Uint8Array | undefined
  #sentMs = 0
  #sent = 0
  /** A send that met an ICMP error left over from an earlier question has been repeated. */
  #repeated = false

  constructor(lease: Lease, clock: Clock, trace: TransactionTrace, events: LegEvents) {
    this.lease = lease
    this.#clock = clock
    this.#trace = trace
    this.#events = events
  }

  /** Transmissions that left over this leg. */
  get sent(): number {
    return this.#sent
  }

  /** The request was composed: the channel is, or was, open. */
  get started(): boolean {
    return this.#expectation !== undefined
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
    this.#expectation = {
      branch: ids.branch,
      callId: ids.callId,
      method: question.method,
      onResponse: (response, via, bytes) => {
        this.#trace.received(bytes)
        this.#trace.mapping(channel.local, via)
        this.#events.onResponse(this, response)
      },
      onBroken: (why, bytes) => {
        this.#trace.received(bytes)
        this.#events.onBroken(this, why)
      },
      onFault: (fault) => this.#events.onFault(this, fault),
      onStray: (what, bytes) => {
        this.#trace.ignored(what, bytes)
        this.#events.onStray()
      },
    }
    channel.expectations.add(this.#expectation)
    this.transmit()
  }

  /** Sends the request, the first time or again: byte for byte the same (RFC 3261 section 17.1.2.2). */
  transmit(): void {
    if (this.#bytes === undefined) return
    this.#sent++
    this.#sentMs = this.#clock.nowMs()
    this.#trace.sent(this.#bytes)
    this.lease.channel.send(this.#bytes, (fault) => {
      // These bytes did not leave.
      this.#sent--
      const stale = fault.reason === 'refused' && this.#sent === 0 && !this.#repeated
      if (stale && this.started) {
        // The error may be the ICMP answer to an earlier question's last datagram, which the kernel kept for us.
        this.#repeated = true
        this.transmit()
      } else this.#events.onFault(this, fault)
    })
  }

  /** Expects nothing any more. */
  stop(): void {
    if (this.#expectation !== undefined) this.lease.channel.expectations.remove(this.#expectation)
    this.#expectation = undefined
    this.#bytes = undefined
  }
}
