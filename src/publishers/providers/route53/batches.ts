import type { Change as ApiChange } from '@aws-sdk/client-route-53'
import { formatRdata } from '../../../wire/dns/rdata/registry.ts'
import type { Batch, BatchLimit, Change, ProviderSet } from '../definition.ts'
import { asItStands, toApi } from './record-sets.ts'

/**
 * A batch as the API takes it. An update is DELETE of what was read and CREATE of what shall be, not UPSERT: within one request both
 * happen or none, it counts the same (an UPSERT counts twice), and it fails where somebody else changed the set since, instead
 * of overwriting that (docs/decisions/0011). DELETEs first: a plain set has to go before weighted ones can come.
 */
export function toApiChanges(batch: Batch): ApiChange[] {
  const deletes = batch.flatMap(({ before }): ApiChange[] =>
    before === undefined ? [] : [{ Action: 'DELETE', ResourceRecordSet: asItStands(before) }],
  )
  const creates = batch.flatMap(({ after }): ApiChange[] =>
    after === undefined ? [] : [{ Action: 'CREATE', ResourceRecordSet: toApi(after) }],
  )
  return [...deletes, ...creates]
}

/** "Quotas": at most 1,000 ResourceRecord elements and 32,000 characters of Value in a ChangeResourceRecordSets request. */
export const BATCH_LIMITS: readonly BatchLimit[] = [
  { unit: 'records', max: 1_000, cost: (change) => sum(change, (set) => set.records.length) },
  {
    unit: 'characters',
    max: 32_000,
    cost: (change) =>
      sum(change, (set) => set.records.reduce((total, rdata) => total + formatRdata(rdata).length, 0)),
  },
]

/** "Quotas on records": values of one set, and weighted sets of one name and type. */
export const RECORDS_IN_SET = 400
export const WEIGHTED_SETS = 100

function sum({ before, after }: Change, size: (set: ProviderSet) => number): number {
  return (before === undefined ? 0 : size(before)) + (after === undefined ? 0 : size(after))
}

/** The changes that the API's messages speak of: each quotes the name it means. Empty where none does. */
export function culpritsOf(batch: Batch, messages: readonly string[]): number[] {
  const quoted = messages.map((message) => message.toLowerCase())
  return batch.flatMap((change, index) => {
    const { Name } = toApi(change.after ?? (change.before as ProviderSet))
    return quoted.some((message) => message.includes(`'${Name}'`)) ? [index] : []
  })
}
