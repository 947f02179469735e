import { type Invite, inviteRequest } from '../../wire/sip/invite.ts'
import type { SipRequest, SipResponse } from '../../wire/sip/message.ts'
import { tooLongFor } from '../../wire/sip/size.ts'
import type { AskContext } from '../definition.ts'
import { isOwnFault, type SocketFault } from '../transport/errno-reasons.ts'
import { InviteTransaction } from '../transport/invite-transaction.ts'
import { brokenFault, silenceFault } from '../transport/silence.ts'
import type { SipFlow } from '../transport/sip-transports.ts'
import type { TransactionTrace } from '../transport/transaction-trace.ts'
import { type CallDeps, type CallIds, type CallPlan, inviteOf, openWay } from './call-plan.ts'
import { Invites } from './invites.ts'
import { LostInvites } from './lost-invites.ts'

/** What a call is told of its INVITEs. */
export interface InvitingEvents {
  onRinging(response: SipResponse): void
  /** Each 2xx, repeated ones and those of forks included. `wanted`: of an INVITE that was not given up. */
  onSuccess(flow: SipFlow, invite: Invite, response: SipResponse, wanted: boolean): void
  onRejected(response: SipResponse): void
  /** Our account was refused, or there is none. */
  onRefused(response: SipResponse, why: string): void
  onFault(fault: SocketFault): void
  /** The way is gone, and with it all that could still come over it. */
  onGone(): void
  /** The far end asks something inside the call. */
  onRequest(request: SipRequest, bytes: Uint8Array, flow: Pick<SipFlow, 'send'>): void
  /** What became of an INVITE whose way broke is known, or never will be. */
  onSought(): void
  /** A throw is a programmer's error; it must not take the process down with it. */
  guard(work: Promise<void>): void
}

/** Gets an INVITE of one call to its final response: opens the way, answers challenges, and goes after INVITEs whose way broke. */
export class Inviting {
  readonly #deps: CallDeps
  readonly #plan: CallPlan
  readonly #context: AskContext
  readonly #trace: TransactionTrace
  readonly #events: InvitingEvents
  readonly #deadlineMs: number
  readonly #invites = new Invites()
  readonly #lost: LostInvites
  readonly #heard: { provisional?: number; broken?: string; strays: number } = { strays: 0 }
  #flow: SipFlow | undefined
  #offer: Uint8Array = new Uint8Array(0)
  #untake: () => void = () => {}
  #isOver = false
  #rttMs: number | undefined

  constructor(
    deps: CallDeps,
    plan: CallPlan,
    context: AskContext,
    trace: TransactionTrace,
    events: InvitingEvents,
  ) {
    this.#deps = deps
    this.#plan = plan
    this.#context = context
    this.#trace = trace
    this.#events = events
    this.#deadlineMs = deps.clock.nowMs() + context.timeoutMs
    this.#lost = new LostInvites(deps, context, trace, {
      ...events,
      onSuccess: (flow, invite, response) => events.onSuccess(flow, invite, response, false),
    })
  }

  /** Transmissions: one, and what was sent in vain. */
  get attempts(): number {
    return this.#invites.attempts
  }

  get isHeard(): boolean {
    return this.#invites.isHeard
  }

  /** The last provisional status. */
  get provisional(): number | undefined {
    return this.#heard.provisional
  }

  /** From the first INVITE to the first response, where it was sent once. */
  get rttMs(): number | undefined {
    return this.#rttMs
  }

  /** The far end may know of a call. */
  get mayStand(): boolean {
    return this.#invites.isSent || this.#lost.any
  }

  /** A final response may still come. */
  get isAwaited(): boolean {
    return this.#invites.isAwaited || this.#lost.anySought
  }

  /** Why there is no answer by now; `lateMs`: how late our own timer was. */
  silence(lateMs: number): SocketFault {
    return silenceFault({ lateMs, phases: this.#flow === undefined ? [] : ['open'], ...this.#heard })
  }

  async open(how: 'shared' | 'fresh'): Promise<void> {
    const way = await openWay(this.#deps, this.#plan, how, this.#rest())
    if (!('flow' in way)) {
      if (!isOwnFault(way) && way.reason !== 'aborted') this.#invites.noteConnect()
      this.#events.onFault(way)
      return
    }
    const { flow, offer } = way
    if (this.#isOver) {
      flow.release()
      return
    }
    this.#flow = flow
    this.#offer = offer
    const { callId, fromTag } = flow.newIds()
    this.#untake = flow.take(callId, (request, bytes) => this.#events.onRequest(request, bytes, flow))
    this.#invite(flow, { callId, fromTag, cseq: 1 })
  }

  /** No further INVITE is sent; those on their way are cancelled as soon as that can be. */
  cancel(): void {
    this.#isOver = true
    this.#invites.cancel()
  }

  /** Lets go of everything. */
  stop(): void {
    this.#isOver = true
    this.#invites.stop()
    this.#lost.stop()
    this.#untake()
    this.#flow?.release()
  }

  #invite(flow: SipFlow, ids: CallIds): void {
    const invite = inviteOf(this.#plan, flow, ids, this.#offer)
    // The answer to a challenge is as long as the server makes it.
    const detail = tooLongFor(flow.endpoint.transport, 'INVITE', inviteRequest(invite).length)
    if (detail !== undefined) {
      this.#events.onFault({ reason: 'no-verdict', detail })
      return
    }
    const first = this.#invites.count === 0
    const transaction = new InviteTransaction(this.#deps, flow, invite, this.#rest(), this.#trace, {
      onAlive: (rttMs) => {
        if (first) this.#rttMs = rttMs
      },
      onProvisional: (response) => {
        this.#heard.provisional = response.status
        if (response.status === 180 || response.status === 183) this.#events.onRinging(response)
      },
      onSuccess: (response) => this.#events.onSuccess(flow, invite, response, true),
      onRejected: (response) => this.#onRejected(flow, ids, response),
      onBroken: (why) => {
        this.#heard.broken = why
        // Over UDP a whole answer may still come, to the retransmission; a stream repeats nothing.
        if (flow.endpoint.transport !== 'udp') this.#events.onFault(brokenFault(why))
      },
      onFault: (fault) => this.#onFault(flow, transaction, invite, fault),
      onStray: () => {
        this.#heard.strays++
      },
    })
    this.#invites.add(transaction)
    if (!first) this.#context.onSend?.()
    transaction.start()
  }

  #rest(): AskContext {
    return { ...this.#context, timeoutMs: Math.max(0, this.#deadlineMs - this.#deps.clock.nowMs()) }
  }

  #onRejected(flow: SipFlow, ids: CallIds, response: SipResponse): void {
    const asked = response.status === 401 || response.status === 407
    if (this.#isOver || !asked) {
      this.#events.onRejected(response)
      return
    }
    const challenged = this.#plan.auth.challenged(response)
    if (challenged.kind === 'again') this.#invite(flow, { ...ids, cseq: ids.cseq + 1 })
    else if (challenged.kind === 'refused') this.#events.onRefused(response, challenged.why)
    else this.#events.onFault({ reason: 'bad-reply', detail: challenged.why })
  }

  /**
   * | the way was kept | closed or reset, nothing heard | the INVITE may have arrived | then |
   * |------------------|--------------------------------|-----------------------------|------|
   * | yes              | yes                            | yes                         | call anew over a fresh one, and see that the old INVITE comes to nothing |
   * | any              | any other                      | yes                         | that is the outcome; see that it comes to nothing |
   * | any              | -                              | no (refused by ICMP, unsent) | that is the outcome |
   */
  #onFault(flow: SipFlow, transaction: InviteTransaction, invite: Invite, fault: SocketFault): void {
    const lost = fault.reason === 'closed' || fault.reason === 'reset'
    const arrived = transaction.sent > 0 && (fault.reason !== 'refused' || transaction.isHeard)
    const untouched = this.#invites.count === 1 && !transaction.isHeard && !this.#isOver
    this.#invites.lose(transaction)
    if (flow.reused && lost && untouched) {
      this.#trace.note(`the kept connection is dead (${fault.detail}): calling again on a new one`)
      // An idle connection mostly died long ago, and what went into it never reached the server.
      this.#invites.forget()
      this.#untake()
      flow.release()
      this.#events.guard(this.open('fresh'))
      if (arrived) this.#events.guard(this.#lost.seek(flow, invite))
      return
    }
    if (arrived) this.#events.guard(this.#lost.seek(flow, invite))
    this.#events.onFault(fault)
    if (!this.#lost.any) this.#events.onGone()
  }
}
