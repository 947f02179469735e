import type { InviteTransaction } from '../transport/invite-transaction.ts'

/** The INVITEs of one call: the first, and each that answers a challenge. */
export class Invites {
  #all: InviteTransaction[] = []
  /** Those whose way broke: nothing can come over it any more. */
  readonly #broken = new Set<InviteTransaction>()
  #connects = 0

  /** One, and what was sent in vain: an INVITE that answers a challenge is no retransmission and tells of no loss. */
  get attempts(): number {
    const sent = this.#all.reduce((sum, each) => sum + each.sent, this.#connects)
    return sent - Math.max(0, this.#all.length - 1)
  }

  get count(): number {
    return this.#all.length
  }

  /** Any was answered, be it by 100. */
  get isHeard(): boolean {
    return this.#all.some((each) => each.isHeard)
  }

  get isSent(): boolean {
    return this.#all.some((each) => each.sent > 0)
  }

  /** A final response may still come. */
  get isAwaited(): boolean {
    return this.#all.some((each) => each.sent > 0 && !each.hasFinal && !this.#broken.has(each))
  }

  add(invite: InviteTransaction): void {
    this.#all.push(invite)
  }

  /** A connection attempt is a transmission as well, once it left us. */
  noteConnect(): void {
    this.#connects++
  }

  /** Nothing comes over its way any more. */
  lose(invite: InviteTransaction): void {
    this.#broken.add(invite)
    invite.stop()
  }

  /** As if none had been sent. */
  forget(): void {
    this.stop()
    this.#all = []
  }

  cancel(): void {
    for (const each of this.#all) if (!this.#broken.has(each)) each.cancel()
  }

  stop(): void {
    for (const each of this.#all) each.stop()
  }
}
