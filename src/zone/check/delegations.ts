import type { DomainName } from '../../core/brand.ts'
import { TYPE, typeCode } from '../../wire/dns/constants.ts'
import { isSubdomain } from '../../wire/dns/name.ts'
import { type Census, called, cutAbove, type Occupant } from './census.ts'
import type { ZoneFault } from './fault.ts'

/**
 * What may lie at and below a delegation (RFC 1034 section 4.2.1).
 *
 * | type    | at the cut                 | below it                   | elsewhere              |
 * |---------|----------------------------|----------------------------|------------------------|
 * | NS      | makes the cut              | fault: the child's         | -                      |
 * | DS      | yes (RFC 4035 section 2.4) | fault                      | fault: it secures none |
 * | A, AAAA | as glue                    | as glue                    | yes                    |
 * | other   | fault                      | fault                      | yes                    |
 *
 * Glue is a static address of a name server that an NS record names; answers and hosts of targets are data, so never glue.
 */
export function delegations(census: Census): ZoneFault[] {
  const { statics, settings, occupants } = census
  const nameservers = new Set(
    statics.records.flatMap(({ rdata }): DomainName[] => (rdata.type === 'NS' ? [rdata.target] : [])),
  )
  const faults: ZoneFault[] = []
  for (const occupant of [...occupants.values()].flat()) {
    // What is outside the zone has its own fault.
    if (!isSubdomain(occupant.name, settings.origin)) continue
    const cut = cutAbove(census, occupant.name)
    if (cut === undefined) {
      if (isDs(occupant)) {
        faults.push({
          message: `${occupant.name} has DS but no NS records: there is no delegation to secure`,
          ...occupant.at,
        })
      }
    } else if (!allowed(occupant, cut, nameservers)) {
      const message = `${called(occupant)} lies ${occupant.name === cut ? 'at' : 'below'} the delegation of ${cut}: only its glue may`
      faults.push({ message, ...occupant.at })
    }
  }
  return faults
}

function allowed(occupant: Occupant, cut: DomainName, nameservers: ReadonlySet<DomainName>): boolean {
  if (occupant.source !== 'record') return false
  const { name, type } = occupant
  if (name === cut && (type === 'NS' || isDs(occupant))) return true
  return (type === 'A' || type === 'AAAA') && nameservers.has(name)
}

function isDs({ type }: Occupant): boolean {
  return typeCode(type) === TYPE.DS
}
