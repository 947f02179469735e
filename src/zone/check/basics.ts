import { canonicalName, isSubdomain, NameError } from '../../wire/dns/name.ts'
import { MAX_TTL } from '../../wire/dns/rdata/field.ts'
import { setKey } from '../static.ts'
import type { Census } from './census.ts'
import type { ZoneFault } from './fault.ts'

/** The zone's own numbers and name servers. */
export function basics({ settings }: Census): ZoneFault[] {
  const { origin, nameservers, publish, ttl, negativeTtl } = settings
  const faults: ZoneFault[] = []
  if (nameservers.length === 0 && publish.includes('dns'))
    faults.push({ message: `${origin} has no name server` })
  const spans = { 'ttl.min': ttl.min, 'ttl.max': ttl.max, negativeTtl }
  for (const [key, seconds] of Object.entries(spans)) {
    // RFC 2181 section 8.
    if (!Number.isInteger(seconds) || seconds < 0 || seconds > MAX_TTL) {
      faults.push({ message: `${key} is 0 to ${MAX_TTL} seconds, not ${seconds}` })
    }
  }
  if (ttl.min > ttl.max) faults.push({ message: `ttl.min (${ttl.min} s) is above ttl.max (${ttl.max} s)` })
  try {
    canonicalName('hostmaster', origin)
  } catch (error) {
    if (!(error instanceof NameError)) throw error
    faults.push({
      message: `hostmaster.${origin}, the mailbox of the SOA, is no domain name: ${error.message}`,
    })
  }
  return faults
}

/** Each answer by itself. */
export function answers({ settings, pools, layout }: Census): ZoneFault[] {
  const { origin } = settings
  const faults: ZoneFault[] = [...layout.faults]
  const seen = new Map<string, number>()
  for (const [index, answer] of settings.answers.entries()) {
    const { name, type, pool, transports, port } = answer
    const refuse = (message: string) => faults.push({ message, answer: index })
    const first = seen.get(setKey(name, type))
    if (first === undefined) seen.set(setKey(name, type), index)
    else refuse(`${name} ${type} has an answer already`)
    if (!isSubdomain(name, origin)) refuse(`${name} is outside the zone ${origin}`)
    if (!pools.has(pool)) refuse(`there is no pool "${pool}"`)
    if (type === 'SRV' && port === undefined && transports.length === 0) {
      refuse(`${name} names no transport that a target has a port for: give the answer a port`)
    }
    if (type !== 'NAPTR') continue
    if (transports.length === 0) refuse('a NAPTR answer needs transports')
    // `_sip._udp.*` is a name like any other, not a wildcard (RFC 4592 section 2.1.1).
    if (name.startsWith('*.'))
      refuse(`${name}: the SRV names that a NAPTR answer leads to cannot lie under a wildcard`)
  }
  return faults
}
