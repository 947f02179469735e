import { isIP } from 'node:net'
import { type Outcome, outcome } from '../../core/outcome.ts'
import type { Target } from '../../core/target.ts'
import { tally } from '../composite/tally.ts'
import type { AskContext, Prober } from '../definition.ts'

/**
 * Puts one probe's question to several reference hosts through one link, all at once, and counts who answers: one dead host is no dead
 * link. The target's own address is what is published and is not asked; its `source` is what the questions leave by. Only hosts of that
 * address's family are asked, so that a link that lost IPv6 alone is judged so.
 */
export class DestinationsProber implements Prober {
  readonly #inner: Prober
  readonly #destinations: readonly string[]
  readonly #quorum: number
  readonly roundTrips?: number

  constructor(inner: Prober, destinations: readonly string[], quorum: number) {
    this.#inner = inner
    this.#destinations = destinations
    this.#quorum = quorum
    if (inner.roundTrips !== undefined) this.roundTrips = inner.roundTrips
  }

  /** What one host gets: the limit of requests a second is there for who is asked, and each is asked once. */
  get requests(): number {
    return this.#inner.requests ?? 1
  }

  start(): Promise<void> {
    return this.#inner.start()
  }

  close(): Promise<void> {
    return this.#inner.close()
  }

  async ask(target: Target, address: string, context: AskContext): Promise<Outcome> {
    if (context.signal?.aborted === true) return outcome('aborted', { attempts: 0 })
    const { trace } = context
    const asked = this.#destinations.filter((each) => isIP(each) === isIP(address))
    const said = await Promise.all(
      asked.map(async (name) => ({
        name,
        outcome: await this.#inner.ask(target, name, {
          ...context,
          ...(trace === undefined
            ? {}
            : { trace: ({ direction, text }) => trace({ direction, text: `${name}: ${text}` }) }),
        }),
      })),
    )
    const judged = tally(said, this.#quorum)
    trace?.({ direction: 'note', text: judged.detail ?? judged.reason })
    return judged
  }
}
