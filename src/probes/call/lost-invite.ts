import { ackOfRejection, cancelRequest, type Invite, inviteRequest } from '../../wire/sip/invite.ts'
import type { SipResponse } from '../../wire/sip/message.ts'
import type { AskContext } from '../definition.ts'
import type { RequestTaker } from '../transport/expectations.ts'
import type { SipEndpoint, SipFlow } from '../transport/sip-transports.ts'
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
  onRequest(flow: SipFlow): RequestTaker
}

type Said = 'over' | 'again'

/**
 * An INVITE whose way broke before its final response came. The far end may go on with it, and answer into the void; so it is asked for over a new way.
 * A server knows its transaction by the branch and the sent-by of the topmost Via, whatever connection they come over (RFC 3261 section 17.2.3), and
 * a CANCEL belongs to it by the same rule (section 9.2).
 *
 * | CANCEL is answered | the same INVITE once more is answered | then |
 * |--------------------|---------------------------------------|------|
 * | above 299 (481)    | not sent: there it would begin a call | there is no such INVITE, or nothing left to cancel: over |
 * | 2xx                | above 299 (487, section 17.2.1)       | ACK: over |
 * | 2xx                | 2xx: the answer was there before the CANCEL | ACK and BYE: over |
 * | 2xx                | not at all                            | it is cancelled, and its 487 went the old way: over |
 * | not, or no way     | -                                     | the same again over another way, five times within 30 s |
 */
export class LostInvite {
  readonly #deps: CallDeps
  readonly #endpoint: SipEndpoint
  readonly #invite: Invite
  readonly #context: AskContext
  readonly #trace: TransactionTrace
  readonly #events: LostInviteEvents
  readonly #withdrawn = new AbortController()
  readonly #cleanups: (() => void)[] = []

  constructor(
    deps: CallDeps,
    endpoint: SipEndpoint,
    invite: Invite,
    context: AskContext,
    trace: TransactionTrace,
    events: LostInviteEvents,
  ) {
    this.#deps = deps
    this.#endpoint = endpoint
    this.#invite = invite
    this.#context = context
    this.#trace = trace
    this.#events = events
  }

  /** Resolves when nothing of it stands but what `onSuccess` was told of, or when all tries were in vain. Never rejects. */
  async seek(): Promise<void> {
    const { signal } = this.#withdrawn
    for (const [round, pauseMs] of [0, ...PAUSES_MS].entries()) {
      await this.#pause(pauseMs)
      if (signal.aborted) return
      // One kept from before may be as dead as the one that broke.
      const how = round === 0 ? 'shared' : 'fresh'
      const held = await this.#deps.sip.hold(this.#endpoint, how, { timeoutMs: ANSWER_MS, signal })
      if (held.kind === 'failure') continue
      const before = this.#cleanups.push(() => held.flow.release()) - 1
      if (signal.aborted) return this.stop()
      this.#trace.note('the way broke before the final response: looking for the call over a new one')
      if ((await this.#askOver(held.flow)) === 'over') return
      for (const cleanup of this.#cleanups.splice(before)) cleanup()
    }
  }

  /** Lets go of every way; repeated answers are no longer heard. */
  stop(): void {
    this.#withdrawn.abort()
    for (const cleanup of this.#cleanups.splice(0)) cleanup()
  }

  #askOver(flow: SipFlow): Promise<Said> {
    return new Promise((resolve) => {
      let onSilence: Said = 'again'
      let cancelTimer = () => {}
      const settle = (said: Said) => {
        cancelTimer()
        resolve(said)
      }
      const ask = (bytes: Uint8Array) => {
        cancelTimer()
        cancelTimer = this.#deps.timers.after(ANSWER_MS, () => settle(onSilence))
        this.#send(flow, bytes)
      }
      this.#cleanups.push(
        () => settle('over'),
        flow.take(this.#invite.callId, this.#events.onRequest(flow)),
        flow.expect({
          branch: this.#invite.branch,
          callId: this.#invite.callId,
          method: 'INVITE',
          onCancelResponse: ({ status }, bytes) => {
            this.#trace.received(bytes)
            if (status >= 300) return settle('over')
            if (status < 200 || onSilence === 'over') return
            onSilence = 'over'
            ask(inviteRequest(this.#invite))
          },
          onResponse: (response, _via, bytes) => {
            this.#trace.received(bytes)
            if (response.status < 200) return
            if (response.status < 300) this.#events.onSuccess(flow, response)
            else this.#send(flow, ackOfRejection(this.#invite, response))
            settle('over')
          },
          onBroken: (_why, bytes) => this.#trace.received(bytes),
          onFault: () => settle('again'),
          onStray: () => {},
        }),
      )
      ask(cancelRequest(this.#invite))
    })
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
