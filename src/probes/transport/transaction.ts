import { messageOf } from '../../core/errors.ts'
import type { Clock, Timers } from '../../core/ports.ts'
import { newRequestIds, type RandomBytes, type RequestIds } from '../../wire/sip/ids.ts'
import type { SipResponse } from '../../wire/sip/message.ts'
import { printable } from '../../wire/sip/printable.ts'
import type { AskContext } from '../definition.ts'
import type { ChannelPool } from './channel-pool.ts'
import { isOwnFault, type SocketFault } from './errno-reasons.ts'
import { Leg, type LegEvents } from './leg.ts'
import { brokenFault, silenceFault } from './silence.ts'
import type { SipEndpoint, SipQuestion, SipResult } from './sip-transports.ts'
import { TransactionTrace } from './transaction-trace.ts'
import { settled, withdrawOn } from './withdrawal.ts'

/** Written field by field: objects spread into one another cost a hundred times as much, and this is done for each answer. */
type Answered = { -readonly [Key in keyof SipAnswer]: SipAnswer[Key] }
type SipAnswer = Extract<SipResult, { readonly kind: 'response' }>

export interface TransactionDeps {
  readonly clock: Clock
  readonly timers: Timers
  readonly randomBytes: RandomBytes
  readonly pool: Pick<ChannelPool, 'acquire' | 'release'>
  onReconnect(): void
  /** It waits for nothing any more. */
  onSettled?(transaction: Transaction): void
}

/**
 * A non-INVITE client transaction (RFC 3261 section 17.1.2) with a budget of its own in place of Timer F.
 * Datagrams are sent again once, byte for byte: when an answer is overdue as the path goes (T1 is an estimate of the round trip:
 * RFC 3261 section 17.1.1.1), or at half the budget while that is not known. Over a kept connection the request is sent
 * again on a fresh one: when the kept one turns out dead, or stays silent for half the budget. The first final answer wins.
 */
export class Transaction implements LegEvents {
  readonly #deps: TransactionDeps
  readonly #endpoint: SipEndpoint
  readonly #question: SipQuestion
  readonly #context: AskContext
  readonly #trace: TransactionTrace
  readonly #deadlineMs: number
  /** One, or two while a kept connection is doubted. */
  readonly #legs: Leg[] = []
  #cancelTimer: () => void = () => {}
  #resolve: (result: SipResult) => void = () => {}
  #settled = false
  /** Transmissions over ways given up. */
  #spent = 0
  #legsOpened = 0
  #provisional: number | undefined
  #broken: string | undefined
  #strays = 0
  #otherFault: SocketFault | undefined

  constructor(deps: TransactionDeps, endpoint: SipEndpoint, question: SipQuestion, context: AskContext) {
    this.#deps = deps
    this.#endpoint = endpoint
    this.#question = question
    this.#context = context
    this.#trace = new TransactionTrace(context.trace)
    this.#deadlineMs = deps.clock.nowMs() + context.timeoutMs
  }

  run(): Promise<SipResult> {
    return new Promise((resolve) => {
      this.#resolve = resolve
      const { signal, timeoutMs, retransmitMs = timeoutMs / 2 } = this.#context
      if (signal?.aborted === true) {
        this.abort()
        return
      }
      if (signal !== undefined) withdrawOn(signal, this)
      // One deadline at a time: most questions are answered before the first.
      if (retransmitMs >= timeoutMs) this.#awaitDeadline()
      else this.#cancelTimer = this.#deps.timers.after(retransmitMs, () => this.#onHalfTime())
      this.#open('shared')
    })
  }

  abort(): void {
    this.#fail({ reason: 'aborted', detail: 'the question was withdrawn' })
  }

  /** A throw in here is a programmer's error; it must not take the process down with it. */
  #open(how: 'shared' | 'fresh'): void {
    const broke = (error: unknown) => this.#fail({ reason: 'internal', detail: messageOf(error) })
    try {
      this.#openLeg(how)?.catch(broke)
    } catch (error) {
      broke(error)
    }
  }

  /** Without waiting where the channel is open: nearly always. */
  #openLeg(how: 'shared' | 'fresh'): Promise<void> | undefined {
    const lease = this.#deps.pool.acquire(this.#endpoint, how)
    if ('reason' in lease) {
      this.#fail(lease)
      return undefined
    }
    const leg = new Leg(lease, this.#deps.clock, this.#trace, this)
    this.#legs.push(leg)
    this.#legsOpened++
    const { channel, reused } = lease
    if (channel.phase !== 'open') {
      this.#trace.note(`opening ${this.#where()}`)
      return channel.opened().then((fault) => this.#begin(leg, fault))
    }
    if (reused && this.#context.trace !== undefined) {
      this.#trace.note(`using the socket kept to ${this.#where()}`)
    }
    this.#begin(leg, undefined)
    return undefined
  }

  #begin(leg: Leg, fault: SocketFault | undefined): void {
    if (this.#settled || !this.#legs.includes(leg)) return
    if (fault === undefined) leg.start(this.#question, this.#newIds())
    else this.onFault(leg, fault)
  }

  #newIds(): RequestIds {
    const fresh = newRequestIds(this.#deps.randomBytes)
    const { callId } = this.#question
    return callId === undefined ? fresh : { ...fresh, callId }
  }

  onResponse(leg: Leg, response: SipResponse): void {
    if (response.status < 200) {
      this.#provisional = response.status
      return
    }
    const { certificateEndsMs } = leg.lease.channel
    const result: Answered = { kind: 'response', response, attempts: this.#attempts() }
    if (leg.sent === 1) result.rttMs = leg.elapsedMs
    else if (leg.isDatagram && this.#context.onSpurious !== undefined) leg.complete(this.#context.onSpurious)
    if (certificateEndsMs !== undefined) result.certificateEndsMs = certificateEndsMs
    this.#settle(result)
  }

  /** Over UDP a whole answer may still come, to the retransmission; a stream repeats nothing. */
  onBroken(leg: Leg, why: string): void {
    this.#broken = why
    if (!leg.isDatagram) this.#fail(brokenFault(why))
  }

  onStray(): void {
    this.#strays++
  }

  /**
   * | the leg's channel           | another leg lives | then |
   * |-----------------------------|-------------------|------|
   * | kept, closed or reset       | no                | ask again on a fresh one, once: it may have died long ago (unless 1xx came) |
   * | any                         | yes               | the other leg goes on |
   * | any other                   | no                | that is the outcome |
   */
  onFault(leg: Leg, fault: SocketFault): void {
    if (this.#settled || !this.#legs.includes(leg)) return
    const wasKept = leg.lease.reused && !leg.isDatagram
    this.#dropLeg(leg)
    if (this.#legs.length > 0) {
      // Without a route of our own the silence of the way kept says nothing of the server.
      if (!isOwnFault(fault) || fault.reason === 'no-route') this.#otherFault = fault
      return
    }
    const lost = fault.reason === 'closed' || fault.reason === 'reset'
    if (wasKept && lost && this.#legsOpened === 1 && this.#provisional === undefined) {
      this.#trace.note(`the kept connection is dead (${fault.detail}): asking again on a new one`)
      this.#deps.onReconnect()
      // What went into a dead connection never reached the server.
      this.#spent = 0
      this.#open('fresh')
      return
    }
    // A connection attempt is a transmission as well, once it left us.
    if (leg.sent === 0 && !isOwnFault(fault) && fault.reason !== 'aborted') this.#spent++
    this.#fail(fault)
  }

  #awaitDeadline(): void {
    const leftMs = this.#deadlineMs - this.#deps.clock.nowMs()
    this.#cancelTimer = this.#deps.timers.after(leftMs, () => this.#onDeadline())
  }

  #onHalfTime(): void {
    // Our own loop stood still: no retransmission could be answered in time any more.
    const nowMs = this.#deps.clock.nowMs()
    if (nowMs >= this.#deadlineMs) {
      this.#onDeadline()
      return
    }
    const leg = this.#legs[0]
    const restMs = leg === undefined ? 0 : this.#notYetOverdueMs(leg)
    if (restMs > 0 && nowMs + restMs < this.#deadlineMs) {
      this.#cancelTimer = this.#deps.timers.after(restMs, () => this.#onHalfTime())
      return
    }
    this.#awaitDeadline()
    if (leg === undefined || !leg.started || this.#provisional !== undefined) return
    if (!leg.isDatagram && (!leg.lease.reused || this.#legsOpened > 1)) return
    if (this.#context.mayRetransmit?.() === false) {
      this.#trace.note('no retransmission: enough requests for now')
      return
    }
    // RFC 3261 section 17.1.2.2: only an unreliable transport retransmits. A kept connection may have lost its way
    // (a NAT or firewall forgot it) without anybody telling us, which is not the server's fault.
    if (leg.isDatagram) leg.transmit()
    else this.#open('fresh')
  }

  /** Milliseconds until the answer to a datagram is overdue that left late, since its socket took long to open. 0 where it left in time. */
  #notYetOverdueMs(leg: Leg): number {
    if (!leg.started || !leg.isDatagram) return 0
    const { timeoutMs, retransmitMs = timeoutMs / 2 } = this.#context
    const { elapsedMs } = leg
    return elapsedMs < retransmitMs / 2 ? retransmitMs - elapsedMs : 0
  }

  #onDeadline(): void {
    const lateMs = this.#deps.clock.nowMs() - this.#deadlineMs
    // Answers that wait in the socket's buffer came in time: let the loop read them first.
    setImmediate(() => {
      if (this.#settled) return
      // A connection request left us, though no SIP message did.
      if (this.#attempts() === 0) this.#spent = 1
      const phases = this.#legs.map((leg) => leg.lease.channel.phase)
      this.#fail(
        silenceFault({
          lateMs,
          broken: this.#broken,
          fault: this.#otherFault,
          provisional: this.#provisional,
          phases,
          strays: this.#strays,
        }),
      )
    })
  }

  #fail(fault: SocketFault): void {
    const detail = printable(fault.detail)
    this.#trace.note(`${fault.reason}: ${detail}`)
    this.#settle({
      kind: 'failure',
      reason: fault.reason,
      detail,
      attempts: this.#attempts(),
      ...(this.#provisional === undefined ? {} : { status: this.#provisional }),
    })
  }

  #settle(result: SipResult): void {
    if (this.#settled) return
    this.#settled = true
    this.#cancelTimer()
    const { signal } = this.#context
    if (signal !== undefined) settled(signal, this)
    while (this.#legs.length > 0) this.#dropLeg(this.#legs[0] as Leg)
    this.#deps.onSettled?.(this)
    this.#resolve(result)
  }

  #dropLeg(leg: Leg): void {
    this.#legs.splice(this.#legs.indexOf(leg), 1)
    this.#spent += leg.sent
    leg.stop()
    this.#deps.pool.release(leg.lease)
  }

  #attempts(): number {
    return this.#legs.reduce((sum, leg) => sum + leg.sent, this.#spent)
  }

  #where(): string {
    const { transport, address, port, source } = this.#endpoint
    return `${transport} ${address} port ${port}${source === undefined ? '' : ` from ${source}`}`
  }
}
