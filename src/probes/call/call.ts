import { messageOf } from '../../core/errors.ts'
import { type Dialog, dialogOf } from '../../wire/sip/dialog.ts'
import type { Invite } from '../../wire/sip/invite.ts'
import type { SipResponse } from '../../wire/sip/message.ts'
import type { AskContext } from '../definition.ts'
import type { SocketFault } from '../transport/errno-reasons.ts'
import { LINGER_MS } from '../transport/invite-transaction.ts'
import { brokenFault } from '../transport/silence.ts'
import type { SipFlow } from '../transport/sip-transports.ts'
import { TransactionTrace } from '../transport/transaction-trace.ts'
import { AnswerWait } from './answer-wait.ts'
import { CallLegs } from './call-legs.ts'
import type { CallDeps, CallPlan, CallResult } from './call-plan.ts'
import { Inviting } from './inviting.ts'

/**
 * One test call (RFC 3261 section 13.2), from the INVITE until nothing of it can stand any more: every 2xx gets its ACK and BYE, those of
 * forks and those that cross a CANCEL included. It outlives its question: `place` answers in time, the rest ends behind it.
 */
export class Call {
  readonly #deps: CallDeps
  readonly #context: AskContext
  readonly #trace: TransactionTrace
  readonly #inviting: Inviting
  readonly #legs: CallLegs
  readonly #wait: AnswerWait
  /** Resolves when no call is known to stand: each answered one had its BYE, each INVITE its final response. */
  readonly quiet: Promise<void>
  #settleQuiet: () => void = () => {}
  #onReleased: () => void = () => {}
  #cancelLinger: () => void = () => {}
  #answered = false
  #hungUp = false
  #stopped = false

  constructor(deps: CallDeps, plan: CallPlan, context: AskContext) {
    this.#deps = deps
    this.#context = context
    this.#trace = new TransactionTrace(context.trace)
    this.quiet = new Promise((resolve) => {
      this.#settleQuiet = resolve
    })
    this.#wait = new AnswerWait(deps, {
      onWithdrawn: () => this.#fail({ reason: 'aborted', detail: 'the question was withdrawn' }),
      onDeadline: (lateMs) => this.#fail(this.#inviting.silence(lateMs)),
    })
    const shared = { ...deps, auth: plan.auth, context, trace: this.#trace }
    this.#legs = new CallLegs(shared, () => this.#checkQuiet())
    this.#inviting = new Inviting(deps, plan, context, this.#trace, {
      onRinging: (response) => {
        if (plan.ring) this.#answer({ kind: 'ringing', response })
      },
      onSuccess: (flow, invite, response, wanted) => this.#onSuccess(flow, invite, response, wanted),
      onRejected: (response) => this.#answer({ kind: 'rejected', response }),
      onRefused: (response, why) => this.#answer({ kind: 'refused', response, why }),
      onFault: (fault) => this.#fail(fault),
      onGone: () => {
        if (this.#legs.size === 0) this.stop()
      },
      onRequest: (request, bytes, flow) => this.#legs.take(request, bytes, flow),
      onSought: () => this.#checkQuiet(),
      guard: (work) => this.#guard(work),
    })
  }

  /** Transmissions: one, and what was sent in vain. */
  get attempts(): number {
    return this.#inviting.attempts
  }

  /** From the first INVITE to the first response, where it was sent once. */
  get rttMs(): number | undefined {
    return this.#inviting.rttMs
  }

  /** The far end has answered something. */
  get isHeard(): boolean {
    return this.#inviting.isHeard
  }

  /** Whatever was answered has ended, and the far end knows it. */
  get endedInOrder(): boolean {
    return this.#legs.allEndedInOrder
  }

  /** `told` is called when nothing is listened for any more. */
  onReleased(told: () => void): void {
    this.#onReleased = told
  }

  /** Calls, and waits for an answer until the budget is used up. Never rejects. */
  place(): Promise<CallResult> {
    return this.#wait.run(this.#context, () => this.#guard(this.#inviting.open('shared')))
  }

  /** Ends whatever stands, now or once it shows; idempotent. */
  hangUp(): void {
    if (this.#wait.isOpen) this.#fail({ reason: 'aborted', detail: 'the probe was closed' })
    if (this.#hungUp) return
    this.#hungUp = true
    this.#guard(this.#legs.bye())
    this.#inviting.cancel()
    if (this.#inviting.mayStand) this.#cancelLinger = this.#deps.timers.after(LINGER_MS, () => this.stop())
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
    this.#inviting.stop()
    this.#legs.stop()
    this.#settleQuiet()
  }

  #guard(work: Promise<void>): void {
    work.catch((error: unknown) => this.#fail({ reason: 'internal', detail: messageOf(error).slice(0, 150) }))
  }

  #onSuccess(flow: SipFlow, invite: Invite, response: SipResponse, wanted: boolean): void {
    const dialog = dialogOf(invite, response)
    const known = dialog === undefined ? undefined : this.#legs.find(dialog)
    if (dialog === undefined) this.#fail(brokenFault('to'))
    else if (known === undefined) this.#onNewLeg(flow, invite, dialog, response, wanted)
    else this.#guard(known.ack())
  }

  /** A second one comes from a fork, one behind our hanging up crossed the CANCEL: neither is wanted. */
  #onNewLeg(flow: SipFlow, invite: Invite, dialog: Dialog, response: SipResponse, wanted: boolean): void {
    const leg = this.#legs.open(flow, invite, dialog)
    const isAnswer = wanted && !this.#answered && !this.#hungUp
    if (isAnswer) this.#answered = true
    this.#guard(
      leg.ack().then(() => {
        if (!isAnswer || this.#hungUp) return leg.bye()
        this.#answer({ kind: 'answered', response, leg })
        return undefined
      }),
    )
  }

  #fail(fault: SocketFault): void {
    if (this.#wait.isOpen) this.#trace.note(`${fault.reason}: ${fault.detail}`)
    const status = this.#inviting.provisional
    this.#answer({ kind: 'failure', fault, ...(status === undefined ? {} : { status }) })
  }

  /** Tells how far the call came, once; any but an answered one is hung up at once. */
  #answer(result: CallResult): void {
    this.#wait.settle(result)
    if (result.kind !== 'answered') this.hangUp()
    this.#checkQuiet()
  }

  #checkQuiet(): void {
    if (this.#hungUp && !this.#inviting.isAwaited && !this.#legs.anyStands) this.#settleQuiet()
  }
}
