import type { Member } from '../../src/core/decision.ts'
import { Fleet } from './fleet.ts'
import { poolOf, probeOf, targetOf } from './pool-sim.ts'
import { seededRandom } from './virtual-time.ts'

export const PHONES = 10_000
const SECOND_MS = 1000

export interface Storm {
  /** The most registrations that reached the survivor within one second. */
  readonly peak: number
  /** Seconds from the death until the last phone was registered again. */
  readonly overS: number
}

/**
 * Half of the phones lose their connection at once. Each looks the name up and registers after 30 to 60 s (RFC 5626 section 4.5), and after
 * as long again where it drew the dead server. A TTL of 10 s is nothing beside that, so each sees the answer of its moment.
 */
export function stormOf(handoverMs: number, seed = 1): Storm {
  const random = seededRandom(seed)
  const targets = [
    targetOf('sip1', { addresses: ['192.0.2.11'] }),
    targetOf('sip2', { addresses: ['192.0.2.12'] }),
  ]
  const pool = poolOf(targets, { policy: 'weighted', ...(handoverMs === 0 ? {} : { handoverMs }) })
  const fleet = new Fleet({ pool, probes: [probeOf()], seed }).run(30_000)
  fleet.set('sip1', 'silent')
  const deathMs = fleet.nowMs
  const waitMs = () => 30_000 + random.next() * 30_000
  let due = Array.from({ length: PHONES / 2 }, () => deathMs + waitMs())
  let peak = 0
  while (due.length > 0) {
    fleet.run(SECOND_MS)
    const nowMs = fleet.nowMs
    let registered = 0
    due = due.flatMap((atMs) => {
      if (atMs > nowMs) return atMs
      if (draw(fleet.latest.active, random.next()) === 'sip1') return nowMs + waitMs()
      registered++
      return []
    })
    peak = Math.max(peak, registered)
  }
  return { peak, overS: Math.round((fleet.nowMs - deathMs) / SECOND_MS) }
}

function draw(active: readonly Member[], drawn: number): string | undefined {
  let left = drawn * active.reduce((sum, { weight }) => sum + weight, 0)
  return active.find(({ weight }) => {
    left -= weight
    return left < 0
  })?.name
}
