import { isIP } from 'node:net'
import { evidenceOf, type Outcome, outcome, type Sample } from '../../core/outcome.ts'
import type { Target } from '../../core/target.ts'
import { printable } from '../../wire/sip/printable.ts'
import { askEach } from '../composite/ask-each.ts'
import { type Said, tally } from '../composite/tally.ts'
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
  readonly tellsSpurious?: true

  constructor(inner: Prober, destinations: readonly string[], quorum: number) {
    this.#inner = inner
    this.#destinations = destinations
    this.#quorum = quorum
    if (inner.roundTrips !== undefined) this.roundTrips = inner.roundTrips
    if (inner.tellsSpurious !== undefined) this.tellsSpurious = inner.tellsSpurious
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
    const members = asked.map((name) => ({ name, prober: this.#inner, address: name }))
    const said = await askEach(members, this.#quorum, target, context)
    const judged = {
      ...(linkGone(target, said) ?? tally(said, this.#quorum)),
      samples: said.flatMap(sampleOf),
    }
    trace?.({ direction: 'note', text: judged.detail ?? judged.reason })
    return judged
  }
}

/** What the quality of the way to one host is told from; nothing where our own side broke. */
function sampleOf({ name: host, outcome: seen }: Said): Sample[] {
  if (seen.result === 'inconclusive' || seen.attempts < 1) return []
  const { attempts: sent, rttMs } = seen
  return [{ host, sent, answered: evidenceOf(seen) !== 'silence', ...(rttMs === undefined ? {} : { rttMs }) }]
}

/**
 * No way out by a link is what a dead link looks like from this side: its interface went, and took address and routes with it. It counts
 * as silence, never as a sign of life: where every link is gone, our own network is.
 *
 * | the target has a source | every host asked           | then                                    |
 * |-------------------------|----------------------------|-----------------------------------------|
 * | no                      | any                        | as the hosts say: no route is our fault |
 * | yes                     | cannot be sent to by it    | unreachable                             |
 * | yes                     | some could be              | as the hosts say                        |
 */
function linkGone({ source }: Target, said: readonly Said[]): Outcome | undefined {
  if (source === undefined || said.length === 0) return undefined
  if (said.some((each) => each.outcome.reason !== 'no-route')) return undefined
  const why = said[0]?.outcome.detail ?? 'no route'
  return outcome('unreachable', { attempts: 1, detail: printable(`no way out by ${source}: ${why}`) })
}
