import type { DomainName } from '../../../core/brand.ts'
import { formatRdata } from '../../../wire/dns/rdata/registry.ts'
import type { Batch, Change, CurrentSet } from '../definition.ts'
import type { ApiRecord } from './record.ts'
import { fingerprint, groupSets, handleOf, setKey } from './sets.ts'

/**
 * Whether a set must be looked at again right before it is changed.
 *
 * | change  | looked at again                                                                             |
 * |---------|---------------------------------------------------------------------------------------------|
 * | create  | always: records would join those that somebody has put there meanwhile                      |
 * | delete  | always: the record may be somebody else's by now                                            |
 * | replace | where the last look is older than `maxAgeMs`: a failover mostly is one, and has no time     |
 */
export function isToRecheck({ before, after }: Change, nowMs: number, maxAgeMs: number): boolean {
  if (before === undefined || after === undefined) return true
  return nowMs - handleOf(before).atMs >= maxAgeMs
}

/** Indices of the changes whose set no longer is what `before` says; `changes` keeps their places in the batch. */
export function changedSince(
  changes: readonly (readonly [index: number, change: Change])[],
  records: readonly ApiRecord[],
): number[] {
  const now = new Map(groupSets(records, 0).map((set) => [setKey(set.name, set.type), fingerprint(set)]))
  return changes
    .filter(([, { name, type, before }]) => {
      const then = before === undefined ? undefined : fingerprint(before)
      return now.get(setKey(name, type)) !== then
    })
    .map(([index]) => index)
}

/** The sets of every `after`: what was left alone, and what the API says of the rest. */
export function madeBy(batch: Batch, replied: readonly ApiRecord[], nowMs: number): CurrentSet[] {
  const said = new Map(replied.map((record) => [record.id, record]))
  return batch.flatMap(({ name, type, before, after }) => {
    if (after === undefined) return []
    const old = before === undefined ? [] : handleOf(before).records
    const there = new Set(old.map(({ id }) => id))
    const wanted = new Set(after.records.map(formatRdata))
    // A record that was neither patched nor wanted was deleted.
    const kept = old.filter(
      (one) => said.has(one.id) || (one.rdata !== undefined && wanted.has(formatRdata(one.rdata))),
    )
    const posted = replied.filter((one) => one.name === name && one.type === type && !there.has(one.id))
    return groupSets([...kept.map((one) => said.get(one.id) ?? one), ...posted], nowMs)
  })
}

/**
 * Names where a proxied record of another type makes Cloudflare answer our unproxied ones with its own addresses too
 * ("Proxy status": one proxied A or AAAA record, and all of the name are treated so).
 */
export function proxiedNeighbours(sets: readonly CurrentSet[]): DomainName[] {
  const proxied = new Set<DomainName>()
  const marked = new Set<DomainName>()
  for (const set of sets) {
    if (set.type !== 'A' && set.type !== 'AAAA') continue
    if (set.mark !== undefined) marked.add(set.name)
    else if (handleOf(set).records.some((one) => one.proxied)) proxied.add(set.name)
  }
  return [...marked].filter((name) => proxied.has(name))
}
