import type { Clock, Timers } from '../../core/ports.ts'
import { type Dialog, routeOf } from '../../wire/sip/dialog.ts'
import type { RequestIds } from '../../wire/sip/ids.ts'
import { type Invite, inDialogRequest } from '../../wire/sip/invite.ts'
import type { AuthExchange } from '../auth/digest-auth.ts'
import type { AskContext } from '../definition.ts'
import { sentBy } from '../transport/sent-by.ts'
import type { SipEndpoint, SipFlow, SipQuestion, SipTransports } from '../transport/sip-transports.ts'
import type { TransactionTrace } from '../transport/transaction-trace.ts'
import { isSameEndpoint, nextHopEndpoint } from './next-hop.ts'

/**
 * Each BYE has this long to be answered, with one retransmission half-way; together 64 T1, as long as Timer F (RFC 3261 section 17.1.2.2).
 */
const BYE_BUDGETS_MS = [1000, 2000, 4000, 8000, 16_000] as const
type ByeSaid = 'nothing' | 'again' | 'refused' | 'ended'
/** To open a way for the ACK where its next hop is not where the INVITE went. */
const ACK_OPEN_MS = 1000

export interface LegFacts {
  readonly sip: Pick<SipTransports, 'ask' | 'hold'>
  readonly clock: Clock
  readonly timers: Timers
  /** What the INVITE went over. */
  readonly flow: SipFlow
  readonly dialog: Dialog
  readonly invite: Pick<Invite, 'cseq' | 'userAgent' | 'authorization'>
  readonly auth: AuthExchange
  readonly context: AskContext
  readonly trace: TransactionTrace
}

/** An answered call, or one branch of a forked one, from its 2xx to its BYE. */
export class EstablishedLeg {
  readonly #facts: LegFacts
  readonly #endpoint: SipEndpoint
  readonly #ended: Promise<void>
  #settleEnded: () => void = () => {}
  #over = false
  /** Open where the ACK goes another way than the INVITE went. */
  #ackFlow: Promise<SipFlow> | undefined
  #ackBytes: Uint8Array | undefined
  #byeSent = false
  #byeAnswered = false

  constructor(facts: LegFacts) {
    this.#facts = facts
    this.#endpoint = nextHopEndpoint(routeOf(facts.dialog).nextHop, facts.flow.endpoint)
    this.#ended = new Promise((resolve) => {
      this.#settleEnded = resolve
    })
  }

  get isOver(): boolean {
    return this.#over
  }

  /** The far end answered our BYE, or said BYE itself. */
  get wasEndedInOrder(): boolean {
    return this.#byeAnswered
  }

  /** Resolves when it is over. */
  get ended(): Promise<void> {
    return this.#ended
  }

  /** Answers a 2xx; the same bytes again for each time that it is repeated. */
  async ack(): Promise<void> {
    this.#ackFlow ??= this.#openAckFlow()
    const flow = await this.#ackFlow
    this.#ackBytes ??= inDialogRequest({
      method: 'ACK',
      ...this.#inDialog(flow, flow.newIds()),
      cseq: this.#facts.invite.cseq,
      // RFC 3261 section 13.2.2.4: the credentials of the INVITE.
      authorization: this.#facts.invite.authorization,
    })
    this.#facts.trace.sent(this.#ackBytes)
    this.#facts.context.onSend?.()
    flow.send(this.#ackBytes, () => {})
  }

  /** Ends it; resolves when it is over, or nothing more can be done about it. Asked twice, it sends nothing new. */
  async bye(): Promise<void> {
    if (this.#over || this.#byeSent) return this.#ended
    this.#byeSent = true
    // It must not overtake the ACK.
    await this.#ackFlow
    this.#facts.auth.accepted()
    let { cseq } = this.#facts.invite
    for (const [round, timeoutMs] of BYE_BUDGETS_MS.entries()) {
      // Where the dialog's own way is silent, who took the INVITE may still know the call.
      const endpoint = round === 0 ? this.#endpoint : this.#facts.flow.endpoint
      const endMs = this.#facts.clock.nowMs() + timeoutMs
      let said = await this.#askBye(endpoint, ++cseq, timeoutMs)
      // The exchange says so twice at most for each side that asks.
      while (said === 'again' && !this.#over) said = await this.#askBye(endpoint, ++cseq, timeoutMs)
      if (this.#over) return
      if (said !== 'nothing') {
        this.#byeAnswered = said === 'ended'
        break
      }
      // Refused at once, by a server that is starting anew: the next one waits as long as for an answer. Another way need not wait.
      const another = round === 0 && !isSameEndpoint(this.#endpoint, this.#facts.flow.endpoint)
      if (!another) await this.#until(endMs)
      if (this.#over) return
    }
    this.#end()
  }

  /** The far end hung up. */
  onRemoteBye(): void {
    this.#byeAnswered = true
    this.#end()
  }

  stop(): void {
    this.#end()
    void this.#ackFlow?.then((flow) => {
      if (flow !== this.#facts.flow) flow.release()
    })
    this.#ackFlow = undefined
  }

  #until(endMs: number): Promise<void> {
    return new Promise((resolve) => {
      const leftMs = Math.max(0, endMs - this.#facts.clock.nowMs())
      const cancel = this.#facts.timers.after(leftMs, resolve)
      void this.#ended.then(() => {
        cancel()
        resolve()
      })
    })
  }

  #end(): void {
    this.#over = true
    this.#settleEnded()
  }

  async #openAckFlow(): Promise<SipFlow> {
    const { flow, sip, trace } = this.#facts
    if (isSameEndpoint(this.#endpoint, flow.endpoint)) return flow
    const held = await sip.hold(this.#endpoint, 'shared', { timeoutMs: ACK_OPEN_MS })
    if (held.kind === 'flow') return held.flow
    trace.note('the way that the answer asks for does not open: ACK goes where the INVITE went')
    return flow
  }

  /**
   * | final response | credentials     | then    |
   * |----------------|-----------------|---------|
   * | none           | -               | nothing |
   * | 401 407        | can be answered | again   |
   * | 401 407        | cannot          | refused: the call may stand |
   * | any other      | -               | ended: for us by any, and 481 says that it is gone already (RFC 3261 section 15.1.1) |
   */
  async #askBye(endpoint: SipEndpoint, cseq: number, timeoutMs: number): Promise<ByeSaid> {
    const { sip, context, auth, dialog } = this.#facts
    const { requestUri } = routeOf(dialog)
    const question: SipQuestion = {
      method: 'BYE',
      callId: dialog.callId,
      compose: (local, ids) =>
        inDialogRequest({
          method: 'BYE',
          ...this.#inDialog({ endpoint, local }, ids),
          cseq,
          authorization: auth.headersFor('BYE', requestUri),
        }),
    }
    context.onSend?.()
    const { mayRetransmit, trace } = context
    const result = await sip.ask(endpoint, question, {
      timeoutMs,
      ...(mayRetransmit === undefined ? {} : { mayRetransmit }),
      ...(trace === undefined ? {} : { trace }),
    })
    if (result.kind === 'failure') return 'nothing'
    const { status } = result.response
    if (status !== 401 && status !== 407) return 'ended'
    return auth.challenged(result.response).kind === 'again' ? 'again' : 'refused'
  }

  #inDialog({ endpoint, local }: Pick<SipFlow, 'endpoint' | 'local'>, ids: RequestIds) {
    const { dialog, invite } = this.#facts
    const { transport } = endpoint
    const { host } = sentBy(transport, local, ids)
    return { dialog, userAgent: invite.userAgent, transport, sentBy: host, branch: ids.branch }
  }
}
