import type { DomainName } from '../../core/brand.ts'
import { TYPE, typeCode, typeName } from '../../wire/dns/constants.ts'
import { isSubdomain, ROOT } from '../../wire/dns/name.ts'
import type { TextRecord } from '../../wire/dns/text.ts'
import { setKey } from '../static.ts'
import { type Census, called } from './census.ts'
import type { ZoneFault } from './fault.ts'

/** Types that would have to be worked out at each answer or change, so that a fixed record is wrong. */
const REFUSED: ReadonlyMap<number, string> = new Map([
  [TYPE.RRSIG, 'a fixed signature fails with the first change'],
  [TYPE.NSEC, 'a fixed denial fails with the first change'],
  [TYPE.NSEC3, 'a fixed denial fails with the first change'],
  [TYPE.NSEC3PARAM, 'a fixed denial fails with the first change'],
])

/** Each static record by itself, and the sets they form. */
export function records({ statics, settings }: Census): ZoneFault[] {
  const { origin } = settings
  const faults: ZoneFault[] = [...statics.faults]
  const first = new Map<string, TextRecord>()
  const lone = new Map<string, boolean>()
  for (const record of statics.records) {
    const { name, type, ttl, rdata, line, column } = record
    const key = setKey(name, type)
    const refuse = (message: string) => faults.push({ message, line, column })
    if (!isSubdomain(name, origin)) refuse(`${name} is outside the zone ${origin}`)
    if (rdata.type === 'SOA') refuse('the SOA is made by sipvane: leave it out')
    const why = REFUSED.get(typeCode(type))
    if (why !== undefined) refuse(`${name} ${typeName(typeCode(type))}: ${why}`)
    // RFC 4592 section 4.2: what a wildcard NS would mean is not defined.
    if (type === 'NS' && name.startsWith('*.')) refuse(`${name}: a wildcard cannot be delegated`)
    // RFC 3403 section 4.1: the two exclude each other.
    if (rdata.type === 'NAPTR' && rdata.regexp !== '' && rdata.replacement !== ROOT) {
      refuse(`${called(record)} has both a regexp and a replacement`)
    }
    // RFC 2181 section 5.2: one TTL a set.
    const before = first.get(key)
    if (before === undefined) first.set(key, record)
    else if (before.ttl !== ttl) {
      refuse(`${called(record)} has TTL ${ttl}, but ${before.ttl} on line ${before.line}: a set has one`)
    }
    // "No such service" says so alone: SRV by RFC 2782, MX by RFC 7505 section 3.
    const none =
      (rdata.type === 'SRV' && rdata.target === ROOT) || (rdata.type === 'MX' && rdata.exchange === ROOT)
    const otherwise = lone.get(key)
    if (otherwise !== undefined && (otherwise || none)) {
      refuse(`${called(record)}: a target of "." means that there is no service, so it has to be alone`)
    }
    lone.set(key, none)
  }
  return [...faults, ...apexNs(statics.records, settings.nameservers, origin)]
}

/** NS records of the zone itself may stand in the text when they say what `nameservers` says. */
function apexNs(
  all: readonly TextRecord[],
  nameservers: readonly DomainName[],
  origin: DomainName,
): ZoneFault[] {
  const written = all.flatMap(({ name, rdata, line, column }) =>
    name === origin && rdata.type === 'NS' ? [{ target: rdata.target, line, column }] : [],
  )
  const first = written[0]
  if (first === undefined) return []
  const stray = written.find(({ target }) => !nameservers.includes(target))
  const missing = nameservers.filter((nameserver) => !written.some(({ target }) => target === nameserver))
  if (stray === undefined && missing.length === 0) return []
  const what = stray === undefined ? `${missing.join(' and ')} missing` : `${stray.target} too many`
  const { line, column } = stray ?? first
  return [{ message: `the NS records of ${origin} differ from its nameservers: ${what}`, line, column }]
}
