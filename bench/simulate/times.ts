import { Fleet } from '../../test/support/fleet.ts'
import type { Behaviour, Path } from '../../test/support/fleet-line.ts'
import { poolOf, probeOf, targetOf } from '../../test/support/pool-sim.ts'

export const ROUNDS = 1000
const SETTLE_MS = 30_000

/**
 * In milliseconds, sorted: from the moment that the first of two servers behaves so to the changed answer, a round for each seed. `wait` runs on
 * from a settled fleet to that moment.
 */
export function timesOf(
  path: Path,
  behaviour: Behaviour,
  wait: (fleet: Fleet, seed: number) => void,
): readonly number[] {
  const tookMs: number[] = []
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const targets = [
      targetOf('sip1', { addresses: ['192.0.2.11'], priority: 10 }),
      targetOf('sip2', { addresses: ['192.0.2.12'], priority: 20 }),
    ]
    const fleet = new Fleet({ pool: poolOf(targets), probes: [probeOf()], seed })
    fleet.path('sip1', path)
    fleet.run(SETTLE_MS)
    wait(fleet, seed)
    fleet.set('sip1', behaviour)
    const faultMs = fleet.nowMs
    fleet.run(20_000)
    const moved = fleet.decisions.find(
      ({ atMs, decision }) => atMs > faultMs && !decision.active.some(({ name }) => name === 'sip1'),
    )
    tookMs.push((moved?.atMs ?? Number.POSITIVE_INFINITY) - faultMs)
  }
  return tookMs.sort((a, b) => a - b)
}

/** Median, ninth tenth and worst, as cells of a table. */
export function cells(tookMs: readonly number[]): string {
  const at = (share: number) => tookMs[Math.floor(share * (ROUNDS - 1))] ?? 0
  return [0.5, 0.9, 1].map((share) => `${(at(share) / 1000).toFixed(2)} s`).join(' | ')
}
