import { ackOfRejection, cancelRequest, type Invite, inviteRequest } from '../../wire/sip/invite.ts'
import type { SipRequest, SipResponse } from '../../wire/sip/message.ts'
import type { AskContext } from '../definition.ts'
import { type Expectation, Expectations } from '../transport/expectations.ts'
import { listenAtSentBy } from '../transport/sent-by-listener.ts'
import type { SipFlow } from '../transport/sip-transports.ts'
import type { TransactionTrace } from '../transport/transaction-trace.ts'
import type { CallDeps } from './call-plan.ts'

/** For a connection to open, and for each answer. */
const ANSWER_MS = 2000
/** From one try to the next: a server that breaks connections may be starting anew. With the answers they end within 64 T1. */
const PAUSES_MS = [1000, 2000, 4000, 8000] as const

export interface LostInviteEvents {
  /** It was answered: ACK and BYE are wanted, over that flow. Told of each repetition as well. */
  onSuccess(flow: SipFlow, response: SipResponse): void
  /** What the far end asks over the new flow. */
  onRequest(request: SipRequest, bytes: Uint8Array, flow: Pick<SipFlow, 'send'>): void
}

/** What the INVITE went over. */
export type LostWay = Pick<SipFlow, 'endpoint' | 'local'>

type Said = 'over' | 'again'

/**
 * An INVITE whose way broke before its final response came. The far end may go on with it, and answer into the void; so it is asked for
 * over a new way. A server knows its transaction by the branch and the sent-by of the topmost Via, whatever connection they come over
 * (RFC 3261 section 17.2.3), and a CANCEL belongs to it by the same rule (section 9.2).
 *
 * | CANCEL is answered | the same INVITE once more is answered | then |
 * |--------------------|---------------------------------------|------|
 * | above 299 (481)    | not sent: there it would begin a call | there is no such INVITE, or nothing left to cancel: over |
 * | 2xx                | above 299 (487, section 17.2.1)       | ACK: over |
 * | 2xx                | 2xx: the answer was there before the CANCEL | ACK and BYE: over |
 * | 2xx                | not at all                            | it is cancelled, and its 487 went the old way; or an answer is on its way to the old port (section 18.2.2), where we listen: over |
 * | not, or no way     | -                                     | the same again over another way, five times within 30 s |
 */
export class LostInvite {
  readonly #deps: CallDeps
  readonly #lost: LostWay
  readonly #invite: Invite
  readonly #context: AskContext
  readonly #trace: TransactionTrace
  readonly #events: LostInviteEvents
  readonly #withdrawn = new AbortController()
  readonly #cleanups: (() => void)[] = []
  readonly #expectation: Expectation
  /** The newest way, where there is one. */
  #flow: SipFlow | undefined
  /** A server has the INVITE, and has been told that it is not wanted. */
  #known = false
  #settle: (said: Said) => void = () => {}
  #cancelTimer: () => void = () => {}

  constructor(
    deps: CallDeps,
    lost: LostWay,
    invite: Invite,
    context: AskContext,
    trace: TransactionTrace,
    events: LostInviteEvents,
  ) {
    this.#deps = deps
    this.#lost = lost
    this.#invite = invite
    this.#context = context
    this.#trace = trace
    this.#events = events
    this.#expectation = {
      branch: invite.branch,
      callId: invite.callId,
      method: 'INVITE',
      onCancelResponse: (response, bytes) => {
        trace.received(bytes)
        this.#onCancelResponse(response)
      },
      onResponse: (response, _via, bytes) => {
        trace.received(bytes)
        this.#onResponse(response)
      },
      onBroken: (_why, bytes) => trace.received(bytes),
      onFault: () => this.#settle('again'),
      onStray: () => {},
    }
  }

  /** Resolves when nothing of it stands but what `onSuccess` was told of, or when all tries were in vain. Never rejects. */
  async seek(): Promise<void> {
    const { signal } = this.#withdrawn
    const { endpoint, local } = this.#lost
    // Over TLS nobody could be let in without a certificate of ours; over a WebSocket nobody can come (RFC 7118 section 5).
    if (endpoint.transport === 'tcp') {
      const onInbound = (send: (bytes: Uint8Array) => void) => this.#onInbound(send)
      this.#cleanups.push(listenAtSentBy(local, endpoint.address, this.#deps.timers, onInbound))
    }
    for (const [round, pauseMs] of [0, ...PAUSES_MS].entries()) {
      await this.#pause(pauseMs)
      if (signal.aborted) return
      // One kept from before may be as dead as the one that broke.
      const how = round === 0 ? 'shared' : 'fresh'
      const held = await this.#deps.sip.hold(this.#lost.endpoint, how, { timeoutMs: ANSWER_MS, signal })
      if (held.kind === 'failure') continue
      const before = this.#cleanups.push(() => held.flow.release()) - 1
      if (signal.aborted) return this.stop()
      this.#trace.note('the way broke before the final response: looking for the call over a new one')
      if ((await this.#askOver(held.flow)) === 'over') return
      this.#flow = undefined
      for (const cleanup of this.#cleanups.splice(before)) cleanup()
    }
  }

  /** Lets go of every way; repeated answers are no longer heard. */
  stop(): void {
    this.#withdrawn.abort()
    for (const cleanup of this.#cleanups.splice(0)) cleanup()
  }

  #askOver(flow: SipFlow): Promise<Said> {
    this.#flow = flow
    this.#known = false
    return new Promise((resolve) => {
      this.#settle = (said) => {
        this.#cancelTimer()
        resolve(said)
      }
      this.#cleanups.push(
        () => this.#settle('over'),
        flow.take(this.#invite.callId, (request, bytes) => this.#events.onRequest(request, bytes, flow)),
        flow.expect(this.#expectation),
      )
      this.#ask(flow, cancelRequest(this.#invite))
    })
  }

  #ask(flow: SipFlow, bytes: Uint8Array): void {
    this.#cancelTimer()
    this.#cancelTimer = this.#deps.timers.after(ANSWER_MS, () => this.#settle(this.#known ? 'over' : 'again'))
    this.#send(flow, bytes)
  }

  #onCancelResponse({ status }: SipResponse): void {
    const flow = this.#flow
    if (status >= 300) this.#settle('over')
    if (status < 200 || status >= 300 || this.#known || flow === undefined) return
    this.#known = true
    this.#ask(flow, inviteRequest(this.#invite))
  }

  /** Over whichever way it comes. */
  #onResponse(response: SipResponse): void {
    const flow = this.#flow
    // Before there is a way for an ACK it may as well be lost: it will be repeated.
    if (response.status < 200 || flow === undefined) return
    if (response.status < 300) this.#events.onSuccess(flow, response)
    else this.#send(flow, ackOfRejection(this.#invite, response))
    this.#settle('over')
  }

  #onInbound(send: (bytes: Uint8Array) => void): (bytes: Uint8Array) => void {
    const inbox = new Expectations({ malformed: 0, foreign: 0, requests: 0 })
    inbox.add(this.#expectation)
    inbox.take(this.#invite.callId, (request, bytes) => this.#events.onRequest(request, bytes, { send }))
    return (bytes) => inbox.deliver(bytes)
  }

  #send(flow: SipFlow, bytes: Uint8Array): void {
    this.#trace.sent(bytes)
    this.#context.onSend?.()
    flow.send(bytes, () => {})
  }

  #pause(ms: number): Promise<void> {
    if (ms === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const cancel = this.#deps.timers.after(ms, resolve)
      this.#cleanups.push(() => {
        cancel()
        resolve()
      })
    })
  }
}
