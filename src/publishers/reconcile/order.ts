import type { DomainName } from '../../core/brand.ts'
import type { Batch, BatchLimit } from '../providers/definition.ts'
import type { PlannedChange } from './plan.ts'

/**
 * Where a name's changes stand in line.
 *
 * | rank | what                                                                               |
 * |------|------------------------------------------------------------------------------------|
 * | 0    | urgent: addresses, which SRV answers lead to                                       |
 * | 1    | urgent: SRV and NAPTR                                                              |
 * | 2    | urgent: what leaves, when nothing leads to it any more                             |
 * | 3    | routine                                                                            |
 */
function rankOf(changes: readonly PlannedChange[]): number {
  const urgent = changes.filter((change) => change.urgency === 'urgent')
  if (urgent.length === 0) return 3
  if (urgent.every((change) => change.kind === 'delete')) return 2
  return urgent.some((change) => change.type === 'SRV' || change.type === 'NAPTR') ? 1 : 0
}

/** Changes in the order in which they are to be made, those of one name together; within a rank the order is kept. */
export function inOrder(changes: readonly PlannedChange[]): PlannedChange[] {
  return groupsOf(changes)
    .map((group) => ({ group, rank: rankOf(group) }))
    .sort((a, b) => a.rank - b.rank)
    .flatMap(({ group }) => group)
}

/**
 * Packs changes into as few batches as the limits allow, urgent ones first. Changes of one name stay together, so a set never
 * lacks its mark; `refusalOf` sees to it that each name fits.
 */
export function batchesOf(
  changes: readonly PlannedChange[],
  limits: readonly BatchLimit[],
): PlannedChange[][] {
  const open: { changes: PlannedChange[]; sizes: number[] }[] = []
  let rank = -1
  let first = 0
  for (const group of groupsOf(changes)) {
    const own = rankOf(group)
    // A later rank fills what an earlier one left free, but only from its last batch on: the order is kept.
    if (own !== rank) first = Math.max(0, open.length - 1)
    rank = own
    const sizes = limits.map(({ cost }) => group.reduce((sum, change) => sum + cost(change), 0))
    const fits = open
      .slice(first)
      .find((batch) => limits.every(({ max }, at) => (batch.sizes[at] ?? 0) + (sizes[at] ?? 0) <= max))
    if (fits === undefined) open.push({ changes: [...group], sizes })
    else {
      fits.changes.push(...group)
      fits.sizes = fits.sizes.map((size, at) => size + (sizes[at] ?? 0))
    }
  }
  return open.map((batch) => batch.changes)
}

export function groupsOf<One extends { readonly group: DomainName }>(changes: readonly One[]): One[][] {
  const groups = new Map<DomainName, One[]>()
  for (const change of changes) {
    const group = groups.get(change.group)
    if (group === undefined) groups.set(change.group, [change])
    else group.push(change)
  }
  return [...groups.values()]
}

/** Only what a provider needs to know. */
export function toBatch(changes: readonly PlannedChange[]): Batch {
  return changes.map(({ name, type, before, after, mark }) => ({
    name,
    type,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    ...(mark === undefined ? {} : { mark }),
  }))
}
