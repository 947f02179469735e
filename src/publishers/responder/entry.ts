import type { Random } from '../../core/ports.ts'
import type { Alternative, RecordSet } from '../../core/records.ts'
import { RCODE } from '../../wire/dns/constants.ts'
import { QNAME } from '../../wire/dns/message.ts'
import { type OwnedSet, owned, type Reference, type Rendered, render, type Sections } from './render.ts'
import { additionalOf } from './sections.ts'
import type { ZoneTree } from './tree.ts'

/**
 * What one name and type is answered with: one reply, or several of which each response carries one.
 *
 * Rendered when first asked for and then kept: a failover in a zone of 10,000 names costs what its clients ask about, and a set that
 * cannot be rendered costs itself and no other.
 */
export class Entry {
  readonly #render: () => readonly Rendered[]
  /** Running sums of the weights, one a reply; the last is their total. */
  readonly #upTo: readonly number[]
  #replies: readonly Rendered[] | undefined

  constructor(render: () => readonly Rendered[], upTo: readonly number[] = [1]) {
    this.#render = render
    this.#upTo = upTo
  }

  /** One reply, drawn by weight. */
  draw(random: Random): Rendered {
    this.#replies ??= this.#render()
    const reply = this.#replies.length === 1 ? this.#replies[0] : this.#replies[this.#index(random)]
    if (reply === undefined) throw new Error('an entry without replies')
    return reply
  }

  #index(random: Random): number {
    const upTo = this.#upTo
    const point = random.next() * (upTo[upTo.length - 1] ?? 0)
    let at = 0
    while (at < upTo.length - 1 && point >= (upTo[at] ?? 0)) at++
    return at
  }
}

export function entryOf(reference: Reference, sections: () => Sections): Entry {
  return new Entry(() => [render(reference, sections())])
}

/** The answer with `set`, reached over the aliases in `chain` (RFC 1034 section 3.6.2); one reply an alternative. */
export function positive(
  reference: Reference,
  tree: ZoneTree,
  set: RecordSet,
  chain: readonly OwnedSet[] = [],
  owner: OwnedSet['owner'] = QNAME,
): Entry {
  const replies = () =>
    (set.alternatives ?? [set]).map((choice) =>
      render(reference, {
        rcode: RCODE.NOERROR,
        authoritative: true,
        answer: [...chain, owned(owner, { ttl: set.ttl, records: choice.records })],
        additional: additionalOf(tree, choice.records),
      }),
    )
  return new Entry(replies, set.alternatives === undefined ? undefined : runningSums(set.alternatives))
}

/** Weight 0 is never drawn while another is positive; where all are 0, each is as likely. */
function runningSums(alternatives: readonly Alternative[]): number[] {
  const even = alternatives.every(({ weight }) => weight <= 0)
  let sum = 0
  return alternatives.map(({ weight }) => {
    sum += even ? 1 : Math.max(0, weight)
    return sum
  })
}
