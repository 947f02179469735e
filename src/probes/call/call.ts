import { messageOf } from '../../core/errors.ts'
import { type Dialog, dialogOf } from '../../wire/sip/dialog.ts'
import type { Invite } from '../../wire/sip/invite.ts'
import type { SipResponse } from '../../wire/sip/message.ts'
import type { AskContext } from '../definition.ts'
import { isOwnFault, type SocketFault } from '../transport/errno-reasons.ts'
import { InviteTransaction, LINGER_MS } from '../transport/invite-transaction.ts'
import { brokenFault, silenceFault } from '../transport/silence.ts'
import type { SipFlow } from '../transport/sip-transports.ts'
import { TransactionTrace } from '../transport/transaction-trace.ts'
import { AnswerWait } from './answer-wait.ts'
import { CallLegs } from './call-legs.ts'
import {
  type CallDeps,
  type CallIds,
  type CallPlan,
  type CallResult,
  inviteOf,
  openWay,
} from './call-plan.ts'

/**
 * One test call (RFC 3261 section 13.2), from the INVITE until nothing of it can stand any more: every 2xx gets its ACK and BYE, those of
 * forks and those that cross a CANCEL included. It outlives its question: `place` answers in time, the rest ends behind it.
 */
export class Call {
  readonly #deps: CallDeps
  readonly #plan: CallPlan
  readonly #context: AskContext
  readonly #trace: TransactionTrace
  readonly #deadlineMs: number
  readonly #transactions: InviteTransaction[] = []
  readonly #legs: CallLegs
  readonly #wait: AnswerWait
  /** Resolves when no call is known to stand: each answered one had its BYE, each INVITE its final response. */
  readonly quiet: Promise<void>
  #settleQuiet: () => void = () => {}
  #flow: SipFlow | undefined
  #offer: Uint8Array = new Uint8Array(0)
  #untake: () => void = () => {}
  #onReleased: () => void = () => {}
  #cancelLinger: () => void = () => {}
  #hungUp = false
  #stopped = false
  readonly #heard: { provisional?: number; broken?: string; strays: number } = { strays: 0 }
  /** From the first INVITE to the first response, where it was sent once. */
  rttMs: number | undefined
  #connects = 0

  constructor(deps: CallDeps, plan: CallPlan, context: AskContext) {
    this.#deps = deps
    this.#plan = plan
    this.#context = context
    this.#trace = new TransactionTrace(context.trace)
    this.#deadlineMs = deps.clock.nowMs() + context.timeoutMs
    this.quiet = new Promise((resolve) => {
      this.#settleQuiet = resolve
    })
    this.#wait = new AnswerWait(deps, {
      onWithdrawn: () => this.#fail({ reason: 'aborted', detail: 'the question was withdrawn' }),
      onDeadline: (lateMs) => this.#onDeadline(lateMs),
    })
    const shared = { sip: deps.sip, auth: plan.auth, context, trace: this.#trace }
    this.#legs = new CallLegs(shared, () => this.#checkQuiet())
  }

  /** One, and what was sent in vain: an INVITE that answers a challenge is no retransmission and tells of no loss. */
  get attempts(): number {
    const sent = this.#transactions.map((each) => each.sent)
    return sent.reduce((sum, each) => sum + each, this.#connects) - Math.max(0, sent.length - 1)
  }

  /** The far end has answered something. */
  get isHeard(): boolean {
    return this.#transactions.some((each) => each.isHeard)
  }

  /** `told` is called when nothing is listened for any more. */
  onReleased(told: () => void): void {
    this.#onReleased = told
  }

  /** Calls, and waits for an answer until the budget is used up. Never rejects. */
  place(): Promise<CallResult> {
    return this.#wait.run(this.#context, () => this.#guard(this.#open('shared')))
  }

  /** Ends whatever stands, now or once it shows; idempotent. */
  hangUp(): void {
    if (this.#wait.isOpen) this.#fail({ reason: 'aborted', detail: 'the probe was closed' })
    if (this.#hungUp) return
    this.#hungUp = true
    this.#guard(this.#legs.bye())
    for (const transaction of this.#transactions) transaction.cancel()
    const sent = this.#transactions.some((each) => each.sent > 0)
    if (sent) this.#cancelLinger = this.#deps.timers.after(LINGER_MS, () => this.stop())
    else this.stop()
    this.#checkQuiet()
  }

  /** Lets go of everything, whatever stands. */
  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#hungUp = true
    this.#onReleased()
    this.#cancelLinger()
    for (const transaction of this.#transactions) transaction.stop()
    this.#legs.stop()
    this.#untake()
    this.#flow?.release()
    this.#settleQuiet()
  }

  /** A throw is a programmer's error; it must not take the process down with it. */
  #guard(work: Promise<void>): void {
    work.catch((error: unknown) => this.#fail({ reason: 'internal', detail: messageOf(error).slice(0, 150) }))
  }

  async #open(how: 'shared' | 'fresh'): Promise<void> {
    const way = await openWay(this.#deps, this.#plan, how, this.#rest())
    if (!('flow' in way)) {
      // A connection attempt is a transmission as well, once it left us.
      if (!isOwnFault(way) && way.reason !== 'aborted') this.#connects++
      this.#fail(way)
      return
    }
    const { flow, offer } = way
    if (this.#hungUp) {
      flow.release()
      return
    }
    this.#flow = flow
    this.#offer = offer
    const { callId, fromTag } = flow.newIds()
    this.#untake = flow.take(callId, (request, bytes) => this.#legs.take(request, bytes, flow))
    this.#invite(flow, { callId, fromTag, cseq: 1 })
  }

  #invite(flow: SipFlow, ids: CallIds): void {
    const invite = inviteOf(this.#plan, flow, ids, this.#offer)
    const first = this.#transactions.length === 0
    const transaction = new InviteTransaction(this.#deps, flow, invite, this.#rest(), this.#trace, {
      onAlive: (rttMs) => {
        if (first) this.rttMs = rttMs
      },
      onProvisional: (response) => this.#onProvisional(response),
      onSuccess: (response) => this.#onSuccess(flow, invite, response),
      onRejected: (response) => this.#onRejected(flow, ids, response),
      onBroken: (why) => {
        this.#heard.broken = why
        // Over UDP a whole answer may still come, to the retransmission; a stream repeats nothing.
        if (flow.endpoint.transport !== 'udp') this.#fail(brokenFault(why))
      },
      onFault: (fault) => this.#onFault(flow, transaction, fault),
      onStray: () => {
        this.#heard.strays++
      },
    })
    this.#transactions.push(transaction)
    if (!first) this.#context.onSend?.()
    transaction.start()
  }

  #rest(): AskContext {
    return { ...this.#context, timeoutMs: Math.max(0, this.#deadlineMs - this.#deps.clock.nowMs()) }
  }

  #onProvisional(response: SipResponse): void {
    this.#heard.provisional = response.status
    if (this.#plan.ring && (response.status === 180 || response.status === 183))
      this.#answer({ kind: 'ringing', response })
  }

  #onSuccess(flow: SipFlow, invite: Invite, response: SipResponse): void {
    const dialog = dialogOf(invite, response)
    const known = this.#legs.find(dialog?.remoteTag ?? '')
    if (dialog === undefined) this.#fail(brokenFault('to'))
    else if (known === undefined) this.#onNewLeg(flow, invite, dialog, response)
    else this.#guard(known.ack())
  }

  #onNewLeg(flow: SipFlow, invite: Invite, dialog: Dialog, response: SipResponse): void {
    const leg = this.#legs.open(flow, invite, dialog)
    // A second one comes from a fork, one behind our hanging up crossed the CANCEL: neither is wanted.
    const wanted = this.#legs.size === 1 && !this.#hungUp
    this.#guard(
      leg.ack().then(() => {
        if (!wanted || this.#hungUp) return leg.bye()
        this.#answer({ kind: 'answered', response, leg })
        return undefined
      }),
    )
  }

  #onRejected(flow: SipFlow, ids: CallIds, response: SipResponse): void {
    const asked = response.status === 401 || response.status === 407
    if (this.#hungUp || !asked) {
      this.#answer({ kind: 'rejected', response })
      return
    }
    const challenged = this.#plan.auth.challenged(response)
    if (challenged.kind === 'again') this.#invite(flow, { ...ids, cseq: ids.cseq + 1 })
    else if (challenged.kind === 'refused') this.#answer({ kind: 'refused', response, why: challenged.why })
    else this.#fail({ reason: 'bad-reply', detail: challenged.why })
  }

  #onFault(flow: SipFlow, transaction: InviteTransaction, fault: SocketFault): void {
    const lost = fault.reason === 'closed' || fault.reason === 'reset'
    const untouched = this.#transactions.length === 1 && this.rttMs === undefined && !this.#hungUp
    if (flow.reused && lost && untouched) {
      this.#trace.note(`the kept connection is dead (${fault.detail}): calling again on a new one`)
      // What went into a dead connection never reached the server.
      this.#transactions.length = 0
      transaction.stop()
      this.#untake()
      flow.release()
      this.#guard(this.#open('fresh'))
      return
    }
    this.#fail(fault)
    // The way is gone, and with it all that could still come over it.
    if (this.#legs.size === 0) this.stop()
  }

  #onDeadline(lateMs: number): void {
    const phases = this.#flow === undefined ? [] : (['open'] as const)
    this.#fail(silenceFault({ lateMs, phases, ...this.#heard }))
  }

  #fail(fault: SocketFault): void {
    if (this.#wait.isOpen) this.#trace.note(`${fault.reason}: ${fault.detail}`)
    const status = this.#heard.provisional
    this.#answer({ kind: 'failure', fault, ...(status === undefined ? {} : { status }) })
  }

  /** Tells how far the call came, once; any but an answered one is hung up at once. */
  #answer(result: CallResult): void {
    this.#wait.settle(result)
    if (result.kind !== 'answered') this.hangUp()
    this.#checkQuiet()
  }

  #checkQuiet(): void {
    if (!this.#hungUp) return
    const waits = this.#transactions.some((each) => each.sent > 0 && !each.hasFinal)
    if (!waits && !this.#legs.anyStands) this.#settleQuiet()
  }
}
