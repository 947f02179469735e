import type { Invite } from '../../wire/sip/invite.ts'
import type { SipRequest, SipResponse } from '../../wire/sip/message.ts'
import type { AskContext } from '../definition.ts'
import type { SipFlow } from '../transport/sip-transports.ts'
import type { TransactionTrace } from '../transport/transaction-trace.ts'
import type { CallDeps } from './call-plan.ts'
import { LostInvite, type LostWay } from './lost-invite.ts'

/** What a call is told of its INVITEs whose way broke. */
export interface LostInvitesEvents {
  /** One was answered; repeated answers are told as well. */
  onSuccess(flow: SipFlow, invite: Invite, response: SipResponse): void
  /** The far end asks something over the way that one was looked for. */
  onRequest(request: SipRequest, bytes: Uint8Array, flow: Pick<SipFlow, 'send'>): void
  /** What became of one is known, or never will be. */
  onSought(): void
}

/**
 * The INVITEs of one call that the far end may go on with though nothing of ours can hear of it: a kept connection may die, and the one
 * behind it.
 */
export class LostInvites {
  readonly #deps: CallDeps
  readonly #context: AskContext
  readonly #trace: TransactionTrace
  readonly #events: LostInvitesEvents
  readonly #all = new Set<LostInvite>()
  #sought = 0

  constructor(deps: CallDeps, context: AskContext, trace: TransactionTrace, events: LostInvitesEvents) {
    this.#deps = deps
    this.#context = context
    this.#trace = trace
    this.#events = events
  }

  /** There was one. */
  get any(): boolean {
    return this.#all.size > 0
  }

  /** One is still looked for. */
  get anySought(): boolean {
    return this.#sought > 0
  }

  /** Resolves when what became of it is known. */
  async seek(way: LostWay, invite: Invite): Promise<void> {
    const lost = new LostInvite(this.#deps, way, invite, this.#context, this.#trace, {
      onSuccess: (flow, response) => this.#events.onSuccess(flow, invite, response),
      onRequest: (request, bytes, flow) => this.#events.onRequest(request, bytes, flow),
    })
    this.#all.add(lost)
    this.#sought++
    await lost.seek()
    this.#sought--
    this.#events.onSought()
  }

  stop(): void {
    for (const lost of this.#all) lost.stop()
  }
}
