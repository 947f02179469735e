import type { PoolSettings } from '../../core/settings.ts'
import type { Target } from '../../core/target.ts'
import { encodeName, NameError } from '../../wire/dns/name.ts'
import { octetKey } from '../canonical.ts'
import { hostName } from '../host.ts'
import type { PlacedAnswer } from '../layout.ts'
import { type Census, called } from './census.ts'
import type { ZoneFault } from './fault.ts'

/** What a message of 65,535 octets (RFC 1035 section 4.2.2) holds beside its header, the longest question and an OPT. */
const MAX_SET = 65_000

/** Of a record beside its rdata: a pointer to the owner, type, class, TTL, length (RFC 1035 section 4.1.3). */
const RECORD_FRAME = 12

/** Sets that no message could carry: they would never be answered, not even over TCP. */
export function sizes(census: Census): ZoneFault[] {
  const faults: ZoneFault[] = []
  for (const set of census.statics.sets) {
    const octets = set.records.reduce((sum, rdata) => sum + RECORD_FRAME + octetKey(rdata).length / 2, 0)
    if (octets > MAX_SET) {
      faults.push({ message: tooBig(called(set), octets), line: set.line, column: set.column })
    }
  }
  for (const placed of census.layout.answers) {
    const pool = census.pools.get(placed.settings.pool)
    if (pool === undefined) continue
    const octets = most(placed, pool, census)
    if (octets > MAX_SET)
      faults.push({ message: tooBig(called(placed.settings), octets), answer: placed.answer })
  }
  return faults
}

function tooBig(what: string, octets: number): string {
  return `${what} can take ${octets} octets; a DNS message carries ${MAX_SET} of one set`
}

/** With every target up: either all of the pool, or all of its fallback. */
function most({ settings: answer }: PlacedAnswer, pool: PoolSettings, { settings }: Census): number {
  const octetsOf = (target: Target): number => {
    if (answer.type === 'NAPTR') return 0
    if (answer.type === 'SRV') return RECORD_FRAME + 6 + hostOctets(target, settings.origin)
    const addresses = target.addresses.filter((address) => address.includes(':') === (answer.type === 'AAAA'))
    return addresses.length * (RECORD_FRAME + (answer.type === 'A' ? 4 : 16))
  }
  const sum = (targets: readonly Target[]) => targets.reduce((octets, target) => octets + octetsOf(target), 0)
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
