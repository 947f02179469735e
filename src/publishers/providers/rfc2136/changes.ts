import type { DomainName } from '../../../core/brand.ts'
import { encodeName } from '../../../wire/dns/name.ts'
import type { Prerequisite, Update, UpdateStep } from '../../../wire/dns/update.ts'
import type { Change } from '../definition.ts'
import { expectedOctets, octetsOfRdata } from './sets.ts'

/**
 * A batch as one update: all of it or nothing, and nothing where the zone is no longer as the plan saw it.
 *
 * | before | after | prerequisites (RFC 2136 section 2.4)               | steps (section 2.5)       |
 * |--------|-------|-----------------------------------------------------|---------------------------|
 * | none   | a set | no such set, and no CNAME at the name               | add                       |
 * | a set  | a set | the set is exactly `before`                         | delete the set, add       |
 * | a set  | none  | the set is exactly `before`                         | delete the set            |
 *
 * A server passes silently over data that would stand beside a CNAME (section 3.4.2.2), hence the second prerequisite of a creation.
 * TTLs are no part of a prerequisite: somebody else's change of a TTL alone is overwritten.
 */
export function updateOf(zone: DomainName, changes: readonly Change[]): Update {
  const prerequisites: Prerequisite[] = []
  const steps: UpdateStep[] = []
  const cnameLeaves = new Set(
    changes.filter(({ type, before }) => type === 'CNAME' && before !== undefined).map(({ name }) => name),
  )
  const noCname = new Set<DomainName>()
  for (const { name, type, before } of changes) {
    if (before !== undefined) {
      prerequisites.push({ kind: 'set-is', name, type, records: expectedOctets(before) })
      steps.push({ kind: 'delete-set', name, type })
    } else {
      prerequisites.push({ kind: 'no-set', name, type })
      if (type !== 'CNAME' && !cnameLeaves.has(name)) noCname.add(name)
    }
  }
  for (const name of noCname) prerequisites.push({ kind: 'no-set', name, type: 'CNAME' })
  // Deletions first: a CNAME that leaves makes room for what comes.
  for (const { name, after } of changes) {
    for (const rdata of after?.records ?? [])
      steps.push({ kind: 'add', name, ttlSeconds: after?.ttl ?? 0, rdata })
  }
  return { zone, prerequisites, steps }
}

/** TYPE, CLASS, TTL and RDLENGTH (RFC 1035 section 3.2.1). */
const FIXED_OCTETS = 10

/** Octets that a change takes in an update at the most: names count in full, compression makes it less. */
export function octetsOf({ name, before, after }: Change): number {
  const empty = encodeName(name).length + FIXED_OCTETS
  const full = (records: readonly Uint8Array[]) => records.reduce((sum, one) => sum + empty + one.length, 0)
  const expected = before === undefined ? 2 * empty : full(expectedOctets(before)) + empty
  return expected + full((after?.records ?? []).map(octetsOfRdata))
}
