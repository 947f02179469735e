import type { Dialog } from '../../wire/sip/dialog.ts'
import type { SipRequest } from '../../wire/sip/message.ts'
import type { SipFlow } from '../transport/sip-transports.ts'
import { EstablishedLeg, type LegFacts } from './established-leg.ts'
import { answerRequest, legKey } from './inbound.ts'

type Shared = Pick<LegFacts, 'sip' | 'clock' | 'timers' | 'auth' | 'context' | 'trace'>

/** The answered branches of one call: one, unless a proxy forked it. */
export class CallLegs {
  readonly #shared: Shared
  readonly #onOver: () => void
  /** By Call-ID, of which an INVITE given up has another, and the far end's tag. */
  readonly #byKey = new Map<string, EstablishedLeg>()

  /** `onOver` is called each time that one ends. */
  constructor(shared: Shared, onOver: () => void) {
    this.#shared = shared
    this.#onOver = onOver
  }

  get size(): number {
    return this.#byKey.size
  }

  get anyStands(): boolean {
    return [...this.#byKey.values()].some((leg) => !leg.isOver)
  }

  /** The far end knows that each of them is over. */
  get allEndedInOrder(): boolean {
    return [...this.#byKey.values()].every((leg) => leg.wasEndedInOrder)
  }

  find({ callId, remoteTag }: Dialog): EstablishedLeg | undefined {
    return this.#byKey.get(legKey(callId, remoteTag))
  }

  open(flow: SipFlow, invite: LegFacts['invite'], dialog: Dialog): EstablishedLeg {
    const leg = new EstablishedLeg({ ...this.#shared, flow, invite, dialog })
    this.#byKey.set(legKey(dialog.callId, dialog.remoteTag), leg)
    void leg.ended.then(this.#onOver)
    return leg
  }

  /** A request of the far end inside the call. */
  take(request: SipRequest, bytes: Uint8Array, flow: Pick<SipFlow, 'send'>): void {
    answerRequest(request, bytes, flow, this.#byKey, this.#shared.trace)
  }

  async bye(): Promise<void> {
    await Promise.all([...this.#byKey.values()].map((leg) => leg.bye()))
  }

  stop(): void {
    for (const leg of this.#byKey.values()) leg.stop()
  }
}
