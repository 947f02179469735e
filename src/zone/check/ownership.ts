import { formatRdata } from '../../wire/dns/rdata/registry.ts'
import { addressRecords } from '../answers.ts'
import type { PlacedHost } from '../layout.ts'
import { type Census, called, type Occupant } from './census.ts'
import type { ZoneFault } from './fault.ts'

/**
 * Who may share a name, and a set. Two answers for one set are told of with the answers.
 *
 * | at one name             | and      |                                                            |
 * |-------------------------|----------|------------------------------------------------------------|
 * | CNAME                   | any type | fault (RFC 1034 section 3.6.2, RFC 2181 section 10.1)       |
 * | static set              | apex NS  | one set: `records` compares them                           |
 * | static set              | answer   | fault: health drives the whole set                         |
 * | static set, answer      | host     | fault: the name belongs to a target                        |
 * | host                    | host     | one name; its targets must have the same addresses         |
 */
export function ownership(census: Census): ZoneFault[] {
  const faults: ZoneFault[] = []
  for (const there of census.occupants.values()) {
    const alias = there.find(({ type }) => type === 'CNAME')
    const other = there.find(({ type }) => type !== 'CNAME')
    if (alias !== undefined && other !== undefined) {
      const apex = other.source === 'apex' ? ", and never at the zone's own name" : ''
      const what = `${alias.name} has a CNAME and ${described(other)}: a CNAME stands alone${apex} (RFC 1034 section 3.6.2)`
      faults.push({ message: what, ...other.at, ...alias.at })
    }
    faults.push(...shared(there))
  }
  for (const set of census.statics.sets) {
    if (set.type !== 'CNAME' || set.records.length < 2) continue
    // RFC 2181 section 10.1.
    faults.push({
      message: `${set.name} has ${set.records.length} CNAME records`,
      line: set.line,
      column: set.column,
    })
  }
  return [...faults, ...census.layout.hosts.flatMap(disagreement)]
}

function shared(there: readonly Occupant[]): ZoneFault[] {
  const faults: ZoneFault[] = []
  for (const one of there) {
    if (one.source !== 'record' && one.source !== 'answer') continue
    const owner = there.find(
      (two) =>
        two.type === one.type &&
        (two.source === 'host' || (one.source === 'record' && two.source === 'answer')),
    )
    if (owner === undefined) continue
    const whose =
      owner.source === 'host'
        ? 'is the name of a target in SRV answers'
        : 'is driven by an answer of the zone'
    faults.push({ message: `${called(one)} ${whose}: it cannot be set here too`, ...owner.at, ...one.at })
  }
  return faults
}

function described(occupant: Occupant): string {
  if (occupant.source === 'host') return 'is the name of a target in SRV answers'
  return occupant.source === 'answer' ? `an answer of type ${occupant.type}` : occupant.type
}

/** Pools may share a server under one name, not two servers. */
function disagreement({ name, targets, answer }: PlacedHost): ZoneFault[] {
  const [first, ...others] = targets
  const sameAs = new Set(first === undefined ? [] : [identity(first.addresses)])
  const other = others.find((target) => !sameAs.has(identity(target.addresses)))
  if (first === undefined || other === undefined) return []
  const message = `${name} would be both ${first.id} and ${other.id}, whose addresses differ: rename one, or give it a host`
  return [{ message, answer }]
}

function identity(addresses: readonly string[]): string {
  return [...addressRecords(addresses, 'A'), ...addressRecords(addresses, 'AAAA')].map(formatRdata).join(' ')
}
