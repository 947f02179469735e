import type { DomainName } from '../../core/brand.ts'
import type { Rdata } from '../../core/records.ts'
import { isSubdomain, NameError, ROOT } from '../../wire/dns/name.ts'
import { hostName } from '../host.ts'
import { type Census, cutAbove, lookUp, redirectAbove } from './census.ts'
import type { ZoneFault } from './fault.ts'

/** One name that something points at. */
interface Pointer {
  readonly from: string
  readonly to: DomainName
  readonly at: Omit<ZoneFault, 'message'>
  /** An NS record's owner, where it is one: its target may need glue. */
  readonly cut?: DomainName
}

/**
 * Names in the zone that SRV, MX and NS point at.
 *
 * | the target is                                  |                                                         |
 * |------------------------------------------------|---------------------------------------------------------|
 * | outside the zone, or `.`                       | not ours to judge                                       |
 * | an alias, or below a DNAME                     | fault (RFC 2181 section 10.3; RFC 2782 for SRV)          |
 * | below a cut, and the cut's own name server     | needs its glue (RFC 1034 section 4.2.1, RFC 9471)       |
 * | below a cut otherwise                          | the child zone's business                               |
 * | in the zone, without an address                | fault: nobody could follow it; none while lines of the  |
 * |                                                | text cannot be read                                     |
 */
export function targets(census: Census): ZoneFault[] {
  const { origin } = census.settings
  const faults: ZoneFault[] = []
  for (const { from, to, at, cut } of pointers(census)) {
    if (to === ROOT || !isSubdomain(to, origin)) continue
    const met = lookUp(census, to)
    const above = cutAbove(census, to)
    if (met.some(({ type }) => type === 'CNAME')) {
      faults.push({ message: `${from} points to ${to}, which is a CNAME (RFC 2181 section 10.3)`, ...at })
    } else if (redirectAbove(census, to) !== undefined) {
      // RFC 6672 section 2.2: what is found there is a CNAME.
      faults.push({ message: `${from} points to ${to}, which a DNAME leads elsewhere`, ...at })
    } else if (above !== undefined && (cut === undefined || !isSubdomain(to, cut))) {
      // Sibling glue is welcome, not needed.
    } else if (!met.some(({ type }) => type === 'A' || type === 'AAAA')) {
      // A line that could not be read may be the very one: it has its own fault.
      if (census.statics.faults.length > 0) continue
      const record = `${to === origin ? '@' : to.slice(0, -origin.length - 1)} IN A ...`
      const message = `${from} points to ${to}, which has no address in the zone; add "${record}" to its records`
      faults.push({ message, ...at })
    }
  }
  return [...faults, ...aliasLoops(census)]
}

function pointers(census: Census): Pointer[] {
  const { settings, statics } = census
  const apex = settings.nameservers.map((to): Pointer => ({ from: `the zone's NS`, to, at: {} }))
  const written = statics.records.flatMap(({ name, type, rdata, line, column }): Pointer[] => {
    const to = targetOf(rdata)
    // The zone's own NS are judged with `nameservers`.
    if (to === undefined || (type === 'NS' && name === settings.origin)) return []
    return [{ from: `${name} ${type}`, to, at: { line, column }, ...(type === 'NS' ? { cut: name } : {}) }]
  })
  return [...apex, ...written, ...givenHosts(census)]
}

function targetOf(rdata: Rdata): DomainName | undefined {
  if (rdata.type === 'NS' || rdata.type === 'SRV') return rdata.target
  return rdata.type === 'MX' ? rdata.exchange : undefined
}

/** Host names that targets bring along, once a host and answer. */
function givenHosts({ layout, pools, settings }: Census): Pointer[] {
  const seen = new Map<string, Pointer>()
  for (const { settings: answer, answer: index } of layout.answers) {
    if (answer.type !== 'SRV') continue
    const pool = pools.get(answer.pool)
    for (const target of [...(pool?.targets ?? []), ...(pool?.fallback ?? [])]) {
      if (target.host === undefined) continue
      try {
        const to = hostName(target, settings.origin)
        seen.set(`${index} ${to}`, { from: `the host of ${target.id}`, to, at: { answer: index } })
      } catch (error) {
        // Told of by the layout.
        if (!(error instanceof NameError)) throw error
      }
    }
  }
  return [...seen.values()]
}

/** RFC 1034 section 3.6.2: a chain of aliases that comes back to itself is an error. */
function aliasLoops({ statics }: Census): ZoneFault[] {
  const next = new Map<DomainName, DomainName>()
  for (const { name, records } of statics.sets) {
    const rdata = records[0]
    if (rdata?.type === 'CNAME') next.set(name, rdata.target)
  }
  return statics.sets.flatMap(({ name, type, line, column }): ZoneFault[] => {
    if (type !== 'CNAME') return []
    const passed = new Set<DomainName>()
    let at: DomainName | undefined = name
    while (at !== undefined && !passed.has(at)) {
      passed.add(at)
      at = next.get(at)
    }
    return at === name ? [{ message: `${name} CNAME leads back to itself`, line, column }] : []
  })
}
