import type { Dialog } from '../../wire/sip/dialog.ts'
import type { SipRequest } from '../../wire/sip/message.ts'
import type { SipFlow } from '../transport/sip-transports.ts'
import { EstablishedLeg, type LegFacts } from './established-leg.ts'
import { answerRequest } from './inbound.ts'

/** The answered branches of one call: one, unless a proxy forked it. */
export class CallLegs {
  readonly #shared: Pick<LegFacts, 'sip' | 'auth' | 'context' | 'trace'>
  readonly #onOver: () => void
  /** By the far end's tag. */
  readonly #byTag = new Map<string, EstablishedLeg>()

  /** `onOver` is called each time that one ends. */
  constructor(shared: Pick<LegFacts, 'sip' | 'auth' | 'context' | 'trace'>, onOver: () => void) {
    this.#shared = shared
    this.#onOver = onOver
  }

  get size(): number {
    return this.#byTag.size
  }

  get anyStands(): boolean {
    return [...this.#byTag.values()].some((leg) => !leg.isOver)
  }

  find(remoteTag: string): EstablishedLeg | undefined {
    return this.#byTag.get(remoteTag)
  }

  open(flow: SipFlow, invite: LegFacts['invite'], dialog: Dialog): EstablishedLeg {
    const leg = new EstablishedLeg({ ...this.#shared, flow, invite, dialog })
    this.#byTag.set(leg.remoteTag, leg)
    void leg.ended.then(this.#onOver)
    return leg
  }

  /** A request of the far end inside the call. */
  take(request: SipRequest, bytes: Uint8Array, flow: SipFlow): void {
    answerRequest(request, bytes, flow, this.#byTag, this.#shared.trace)
  }

  async bye(): Promise<void> {
    await Promise.all([...this.#byTag.values()].map((leg) => leg.bye()))
  }

  stop(): void {
    for (const leg of this.#byTag.values()) leg.stop()
  }
}
