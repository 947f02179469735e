import { isSubdomain, ROOT } from '../../wire/dns/name.ts'
import { type Census, called, redirectAbove } from './census.ts'
import type { ZoneFault } from './fault.ts'

/**
 * What may stand with a DNAME (RFC 6672). A CNAME beside it is told of with all CNAMEs, one at a delegation with the delegations.
 *
 * | at its owner           |                                    | below its owner             |                      |
 * |------------------------|------------------------------------|-----------------------------|----------------------|
 * | another DNAME          | fault: section 2.4                 | anything                    | fault: section 2.4   |
 * | NS, but at the apex    | fault: section 2.3                 |                             |                      |
 * | `*` as the owner       | fault: section 3.3 leaves it open  |                             |                      |
 * | any other type         | yes                                |                             |                      |
 *
 * One that leads to itself or below itself is a fault too: each step would make the name longer, until it is too long.
 */
export function redirections(census: Census): ZoneFault[] {
  const faults: ZoneFault[] = []
  for (const { name, type, records, line, column } of census.statics.sets) {
    if (type !== 'DNAME') continue
    const refuse = (message: string) => faults.push({ message, line, column })
    if (records.length > 1) refuse(`${name} has ${records.length} DNAME records (RFC 6672 section 2.4)`)
    if (name === ROOT) refuse('a DNAME at the root would lead every name there is elsewhere')
    if (name.startsWith('*.')) refuse(`${name}: a wildcard cannot have a DNAME`)
    for (const rdata of records) {
      if (rdata.type === 'DNAME' && isSubdomain(rdata.target, name))
        refuse(`${name} DNAME leads to ${rdata.target}, which it leads elsewhere again`)
    }
  }
  for (const occupant of [...census.occupants.values()].flat()) {
    const above = redirectAbove(census, occupant.name)
    if (above === undefined) continue
    const message = `${called(occupant)} lies below the DNAME of ${above}, which hides it (RFC 6672 section 2.4)`
    faults.push({ message, ...occupant.at })
  }
  return faults
}
