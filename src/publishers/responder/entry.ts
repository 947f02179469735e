import type { Random } from '../../core/ports.ts'
import type { RecordSet } from '../../core/records.ts'
import { RCODE } from '../../wire/dns/constants.ts'
import { QNAME } from '../../wire/dns/message.ts'
import { type OwnedSet, owned, type Reference, type Rendered, render, type Sections } from './render.ts'
import { additionalOf } from './sections.ts'
import type { ZoneTree } from './tree.ts'

/** What one name and type is answered with: one reply, or several of which each response carries one. */
export interface Entry {
  /** Never empty. */
  readonly replies: readonly [Rendered, ...Rendered[]]
  /** Running sums of the weights, one a reply; the last is their total. */
  readonly upTo: readonly number[]
}

export function single(reply: Rendered): Entry {
  return { replies: [reply], upTo: [1] }
}

export function entryOf(reference: Reference, sections: Sections): Entry {
  return single(render(reference, sections))
}

/** The answer with `set`, reached over the aliases in `chain` (RFC 1034 section 3.6.2); one reply an alternative. */
export function positive(
  reference: Reference,
  tree: ZoneTree,
  set: RecordSet,
  chain: readonly OwnedSet[] = [],
  owner: OwnedSet['owner'] = QNAME,
): Entry {
  const replies = (set.alternatives ?? [set]).map((choice) =>
    render(reference, {
      rcode: RCODE.NOERROR,
      authoritative: true,
      answer: [...chain, owned(owner, { ttl: set.ttl, records: choice.records })],
      additional: additionalOf(tree, choice.records),
    }),
  )
  const [first, ...rest] = replies
  if (first === undefined) throw new Error(`${set.name} ${set.type} has an empty list of alternatives`)
  return { replies: [first, ...rest], upTo: runningSums(set) }
}

/** Weight 0 is never drawn while another is positive; where all are 0, each is as likely. */
function runningSums(set: RecordSet): number[] {
  const weights = (set.alternatives ?? [{ weight: 1 }]).map((choice) => choice.weight)
  const even = weights.every((weight) => weight <= 0)
  let sum = 0
  return weights.map((weight) => {
    sum += even ? 1 : Math.max(0, weight)
    return sum
  })
}

/** One reply, drawn by weight. */
export function draw(entry: Entry, random: Random): Rendered {
  const { replies, upTo } = entry
  if (replies.length === 1) return replies[0]
  const point = random.next() * (upTo[upTo.length - 1] ?? 0)
  let at = 0
  while (at < upTo.length - 1 && point >= (upTo[at] ?? 0)) at++
  return replies[at] ?? replies[0]
}
