import type { PoolSettings } from '../../core/settings.ts'
import type { Target } from '../../core/target.ts'
import { encodeName, NameError } from '../../wire/dns/name.ts'
import { octetLength } from '../canonical.ts'
import { hostName } from '../host.ts'
import type { PlacedAnswer } from '../layout.ts'
import { type Census, called } from './census.ts'
import type { ZoneFault } from './fault.ts'

/** What a message of 65,535 octets (RFC 1035 section 4.2.2) holds beside its header, the longest question and an OPT. */
const MAX_SET = 65_000

/** Of a record beside its rdata: a pointer to the owner, type, class, TTL, length (RFC 1035 section 4.1.3). */
const RECORD_FRAME = 12

/** What a UDP message of 1232 octets (RFC 9715 section 3) holds beside its header, an ordinary question and an OPT with a cookie. */
const UDP_SET = 1_100

/**
 * How large sets can get. What no message could carry would never be answered, not even over TCP; what is too large for UDP costs every
 * resolver a second question over TCP, which some firewalls do not let through.
 */
export function sizes(census: Census): ZoneFault[] {
  const faults: ZoneFault[] = []
  for (const set of census.statics.sets) {
    const octets = set.records.reduce((sum, rdata) => sum + RECORD_FRAME + octetLength(rdata), 0)
    faults.push(...judged(called(set), octets, { line: set.line, column: set.column }))
  }
  for (const placed of census.layout.answers) {
    const pool = census.pools.get(placed.settings.pool)
    if (pool === undefined) continue
    const octets = most(placed, pool, census)
    faults.push(...judged(called(placed.settings), octets, { answer: placed.answer }))
  }
  return faults
}

function judged(what: string, octets: number, at: Omit<ZoneFault, 'message'>): ZoneFault[] {
  const size = `${what} can take ${octets} octets`
  if (octets > MAX_SET) return [{ message: `${size}; a DNS message carries ${MAX_SET} of one set`, ...at }]
  if (octets <= UDP_SET) return []
  return [
    { message: `${size}, too many for UDP: each resolver has to ask again over TCP`, warning: true, ...at },
  ]
}

/** With every target up: either all of the pool, or all of its fallback; of weighted addresses a response carries one target's. */
function most({ settings: answer }: PlacedAnswer, pool: PoolSettings, { settings }: Census): number {
  const octetsOf = (target: Target): number => {
    if (answer.type === 'NAPTR') return 0
    if (answer.type === 'SRV') return RECORD_FRAME + 6 + hostOctets(target, settings.origin)
    const addresses = target.addresses.filter((address) => address.includes(':') === (answer.type === 'AAAA'))
    return addresses.length * (RECORD_FRAME + (answer.type === 'A' ? 4 : 16))
  }
  const sum = (targets: readonly Target[]) => targets.reduce((octets, target) => octets + octetsOf(target), 0)
  if (pool.policy === 'weighted' && (answer.type === 'A' || answer.type === 'AAAA'))
    return [...pool.targets, ...pool.fallback].reduce((size, one) => Math.max(size, octetsOf(one)), 0)
  return Math.max(sum(pool.targets), sum(pool.fallback))
}

function hostOctets(target: Target, origin: Census['settings']['origin']): number {
  try {
    return encodeName(hostName(target, origin)).length
  } catch (error) {
    // Told of by the layout.
    if (error instanceof NameError) return 0
    throw error
  }
}
