import type { Clock, Timers } from '../../core/ports.ts'
import { ackOfRejection, cancelRequest, type Invite, inviteRequest } from '../../wire/sip/invite.ts'
import type { SipResponse } from '../../wire/sip/message.ts'
import type { AskContext } from '../definition.ts'
import type { SocketFault } from './errno-reasons.ts'
import type { SipFlow } from './sip-transports.ts'
import type { TransactionTrace } from './transaction-trace.ts'

/** RFC 3261 section 17.1.1.1: the estimate of a round trip, from which its timers follow. */
const T1_MS = 500
/** Timers D, M and the wait behind a CANCEL: no response to an INVITE comes later (RFC 3261 sections 17.1.1.2 and 9.1, RFC 6026). */
export const LINGER_MS = 64 * T1_MS
const MIN_T1_MS = 25
/** How often a CANCEL that nobody answers is sent again over UDP. */
const CANCEL_REPEATS = 3

/** What an INVITE transaction tells the call it belongs to. */
export interface InviteEvents {
  /** The first response of all came; `rttMs` where nothing was sent twice. */
  onAlive(rttMs: number | undefined): void
  onProvisional(response: SipResponse): void
  /** Every 2xx that comes in, repeated ones and those of forks included: each wants an ACK of its own (RFC 3261 section 13.2.2.4). */
  onSuccess(response: SipResponse): void
  /** The first final response above 299; its ACK has left. */
  onRejected(response: SipResponse): void
  /** A response that carries our branch and cannot be read. */
  onBroken(why: string): void
  /** The socket failed before a final response came. */
  onFault(fault: SocketFault): void
  onStray(): void
}

export interface InviteDeps {
  readonly clock: Clock
  readonly timers: Timers
}

/**
 * An INVITE client transaction (RFC 3261 section 17.1.1, as RFC 6026 corrects it). It has no Timer B of its own: the call says when to
 * give up, and stops it when nothing can come any more (Timers D and M).
 *
 * | state      | 1xx        | 2xx                 | above 299           | UDP timer |
 * |------------|------------|---------------------|---------------------|-----------|
 * | calling    | proceeding | accepted, told      | completed, ACK, told | INVITE again, doubling (Timer A) |
 * | proceeding | told       | accepted, told      | completed, ACK, told | - |
 * | accepted   | ignored    | told                | ignored             | - |
 * | completed  | ignored    | ignored             | ACK again           | - |
 */
export class InviteTransaction {
  readonly #deps: InviteDeps
  readonly #flow: SipFlow
  readonly #invite: Invite
  readonly #context: AskContext
  readonly #trace: TransactionTrace
  readonly #events: InviteEvents
  #state: 'calling' | 'proceeding' | 'accepted' | 'completed' = 'calling'
  #sent = 0
  #sentMs = 0
  #repeated = false
  #cancelWanted = false
  #cancelSent = false
  #stopTimer: () => void = () => {}
  #unexpect: () => void = () => {}

  constructor(
    deps: InviteDeps,
    flow: SipFlow,
    invite: Invite,
    context: AskContext,
    trace: TransactionTrace,
    events: InviteEvents,
  ) {
    this.#deps = deps
    this.#flow = flow
    this.#invite = invite
    this.#context = context
    this.#trace = trace
    this.#events = events
  }

  /** Transmissions of the INVITE that left. */
  get sent(): number {
    return this.#sent
  }

  get isHeard(): boolean {
    return this.#state !== 'calling'
  }

  get hasFinal(): boolean {
    return this.#state === 'accepted' || this.#state === 'completed'
  }

  start(): void {
    const { branch, callId } = this.#invite
    this.#unexpect = this.#flow.expect({
      branch,
      callId,
      method: 'INVITE',
      onResponse: (response, via, bytes) => {
        this.#trace.received(bytes)
        this.#trace.mapping(this.#flow.local, via)
        this.#onResponse(response)
      },
      onCancelResponse: (_response, bytes) => {
        this.#trace.received(bytes)
        // RFC 3261 section 9.1: the INVITE still ends by a final response of its own.
        if (this.#cancelSent) this.#stopTimer()
      },
      onBroken: (why, bytes) => {
        this.#trace.received(bytes)
        if (!this.hasFinal) this.#events.onBroken(why)
      },
      onFault: (fault) => {
        if (!this.hasFinal) this.#events.onFault(fault)
      },
      onStray: (what, bytes) => {
        if (this.hasFinal) return
        this.#trace.ignored(what, bytes)
        this.#events.onStray()
      },
    })
    this.#transmit(inviteRequest(this.#invite))
  }

  /**
   * Ends the INVITE: at once where it is known to have arrived, else as soon as that shows, since before a provisional response
   * there is nothing that a CANCEL could find (RFC 3261 section 9.1). The INVITE is sent no more.
   */
  cancel(): void {
    if (this.hasFinal || this.#cancelWanted) return
    this.#cancelWanted = true
    if (this.#state === 'calling') this.#stopTimer()
    else this.#sendCancel()
  }

  stop(): void {
    this.#stopTimer()
    this.#unexpect()
  }

  #transmit(bytes: Uint8Array): void {
    this.#sent++
    this.#sentMs = this.#deps.clock.nowMs()
    this.#trace.sent(bytes)
    if (this.#isDatagram && this.#sent === 1) this.#repeatInvite(bytes, this.#t1Ms)
    this.#flow.send(bytes, (fault) => {
      // These bytes did not leave; the error may be the ICMP answer to an earlier question's last datagram.
      this.#sent--
      if (fault.reason === 'refused' && this.#sent === 0 && !this.#repeated) {
        this.#repeated = true
        this.#stopTimer()
        this.#transmit(bytes)
      } else if (!this.hasFinal) this.#events.onFault(fault)
    })
  }

  /** Timer A: after T1, 2 T1, 4 T1 and so on (RFC 3261 section 17.1.1.2). */
  #repeatInvite(bytes: Uint8Array, delayMs: number): void {
    this.#stopTimer = this.#deps.timers.after(delayMs, () => {
      this.#repeatInvite(bytes, delayMs * 2)
      if (this.#context.mayRetransmit?.() === false) {
        this.#trace.note('no retransmission: enough requests for now')
      } else this.#transmit(bytes)
    })
  }

  /** A budget shorter than two T1 still has room for one retransmission, unless it is about to end. */
  get #t1Ms(): number {
    const { timeoutMs, retransmitMs = T1_MS } = this.#context
    return Math.max(MIN_T1_MS, Math.min(retransmitMs, timeoutMs / 2))
  }

  #onResponse(response: SipResponse): void {
    if (this.#state === 'calling') {
      this.#stopTimer()
      this.#events.onAlive(this.#sent === 1 ? this.#deps.clock.nowMs() - this.#sentMs : undefined)
    }
    if (response.status < 200) this.#onProvisional(response)
    else if (response.status < 300) this.#onSuccess(response)
    else this.#onRejected(response)
  }

  #onProvisional(response: SipResponse): void {
    if (this.hasFinal) return
    this.#state = 'proceeding'
    if (this.#cancelWanted && !this.#cancelSent) this.#sendCancel()
    this.#events.onProvisional(response)
  }

  #onSuccess(response: SipResponse): void {
    if (this.#state === 'completed') return
    this.#state = 'accepted'
    this.#stopTimer()
    this.#events.onSuccess(response)
  }

  #onRejected(response: SipResponse): void {
    if (this.#state === 'accepted') return
    const first = this.#state !== 'completed'
    this.#state = 'completed'
    this.#stopTimer()
    this.#sendExtra(ackOfRejection(this.#invite, response))
    if (first) this.#events.onRejected(response)
  }

  #sendCancel(): void {
    this.#cancelSent = true
    const bytes = cancelRequest(this.#invite)
    const send = (delayMs: number, repeats: number) => {
      this.#sendExtra(bytes)
      if (!this.#isDatagram || repeats === 0) return
      this.#stopTimer = this.#deps.timers.after(delayMs, () => send(delayMs * 2, repeats - 1))
    }
    send(T1_MS, CANCEL_REPEATS)
  }

  /** What has to leave whatever the share of requests is. */
  #sendExtra(bytes: Uint8Array): void {
    this.#trace.sent(bytes)
    this.#context.onSend?.()
    this.#flow.send(bytes, () => {})
  }

  get #isDatagram(): boolean {
    return this.#flow.endpoint.transport === 'udp'
  }
}
