import { isDeepStrictEqual } from 'node:util'
import type { DnsSettings } from '../core/dns-settings.ts'
import { messageOf } from '../core/errors.ts'
import type { Logger, Random, Timers } from '../core/ports.ts'
import type { Snapshot } from '../core/snapshot.ts'
import { createResponder, type Responder } from '../publishers/responder/responder.ts'

export interface AnsweringDeps {
  readonly logger: Logger
  readonly random: Random
  readonly timers: Timers
  /** What is published now; a responder answers from it from its first query on. */
  readonly snapshot: () => Snapshot | undefined
}

/** The responder of an instance, which comes, goes and moves with `dns` in the configuration. */
export class Answering {
  readonly #deps: AnsweringDeps
  #responder: Responder | undefined

  constructor(deps: AnsweringDeps) {
    this.#deps = deps
  }

  get responder(): Responder | undefined {
    return this.#responder
  }

  publish(snapshot: Snapshot): void {
    this.#responder?.publish(snapshot)
  }

  /** Answers on the addresses of `dns`; nothing to do without it. Rejects with `ListenError`, and then nothing is open. */
  async open(dns: DnsSettings | undefined): Promise<void> {
    if (dns === undefined) return
    const { snapshot: published, ...deps } = this.#deps
    const opened = createResponder(dns, deps)
    const snapshot = published()
    if (snapshot !== undefined) opened.publish(snapshot)
    try {
      await opened.listen()
    } catch (error) {
      await opened.close()
      throw error
    }
    this.#responder = opened
  }

  /**
   * Moves from the settings `before` to `next`. The old and the new set of addresses may overlap, so the old sockets close first; a moment
   * later the new ones, or the old ones again, answer. Rejects with `ListenError` where the old ones do.
   */
  async replace(before: DnsSettings | undefined, next: DnsSettings | undefined): Promise<void> {
    if (isDeepStrictEqual(before, next)) return
    await this.close()
    try {
      await this.open(next)
    } catch (error) {
      const said = `the new dns.listen cannot be had (${messageOf(error)}); the old one stays`
      this.#deps.logger.error('dns.not-moved', { error }, said)
      await this.open(before)
      throw error
    }
  }

  async close(): Promise<void> {
    const closing = this.#responder
    this.#responder = undefined
    await closing?.close()
  }
}
