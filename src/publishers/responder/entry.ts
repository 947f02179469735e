import type { Alternative, RecordSet } from '../../core/records.ts'
import { EDE, RCODE } from '../../wire/dns/constants.ts'
import { QNAME } from '../../wire/dns/message.ts'
import {
  type OwnedSet,
  owned,
  type Reference,
  type Remark,
  type Rendered,
  render,
  type Sections,
} from './render.ts'
import { additionalOf } from './sections.ts'
import type { ZoneTree } from './tree.ts'

/**
 * What one name and type is answered with: one reply, or several of which each response carries one, drawn by weight.
 * Nodes that say the same share one entry, so that it is rendered and kept once.
 */
export interface Entry {
  readonly render: () => readonly Rendered[]
  /** Running sums of the weights, one a reply; the last is their total. */
  readonly upTo: readonly number[]
}

/** A single reply; `sections` are worked out when it is first rendered. */
export function entryOf(reference: Reference, sections: () => Sections): Entry {
  return { render: () => [render(reference, sections())], upTo: [1] }
}

/** What an EDNS client is told of an answer that health did not choose freely (RFC 8914 sections 4.1 and 4.4). */
const REMARKS: Readonly<Record<NonNullable<RecordSet['mode']>, Remark>> = {
  frozen: { code: EDE.STALE_ANSWER, text: 'frozen: the monitor has lost sight' },
  'last-resort': { code: EDE.OTHER, text: 'last resort: no target is up' },
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
        ...(set.mode === undefined ? {} : { remark: REMARKS[set.mode] }),
      }),
    )
  return { render: replies, upTo: set.alternatives === undefined ? [1] : runningSums(set.alternatives) }
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
