import { Fleet } from '../../test/support/fleet.ts'
import type { Path } from '../../test/support/fleet-line.ts'
import { poolOf, probeOf, targetOf } from '../../test/support/pool-sim.ts'

const ROUNDS = 1000
const SETTLE_MS = 30_000
/** The fault comes this long after a pause at the most. */
const SOON_MS = 10_000
const PATH: Path = { loss: 0, rttMs: 1, jitterMs: 0.2 }

/**
 * A server that stands still now and then, and falls silent within ten seconds of a pause that a question met: from the fault to the
 * changed answer.
 */
export function pauses(print: (line: string) => void): void {
  print(
    `A server of 1 ms that pauses, and falls silent within ten seconds of a pause that a question met; interval 1 s, fall 3, ${ROUNDS} rounds each`,
  )
  print('| pauses | median | 90 % | worst |')
  print('|---|---|---|---|')
  print(`| none | ${cells(timesOf(PATH))} |`)
  for (const forMs of [60, 150]) {
    const path = { ...PATH, pauses: { everyMs: 977, forMs } }
    print(`| ${forMs} ms | ${cells(timesOf(path))} |`)
  }
  print('')
}

function cells(tookMs: readonly number[]): string {
  const at = (share: number) => tookMs[Math.floor(share * (ROUNDS - 1))] ?? 0
  return [0.5, 0.9, 1].map((share) => `${(at(share) / 1000).toFixed(2)} s`).join(' | ')
}

function timesOf(path: Path): readonly number[] {
  const tookMs: number[] = []
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const targets = [
      targetOf('sip1', { addresses: ['192.0.2.11'], priority: 10 }),
      targetOf('sip2', { addresses: ['192.0.2.12'], priority: 20 }),
    ]
    const fleet = new Fleet({ pool: poolOf(targets), probes: [probeOf()], seed })
    fleet.path('sip1', path)
    fleet.run(SETTLE_MS)
    while (path.pauses !== undefined && fleet.health('sip1').last?.attempts !== 2) fleet.run(1000)
    fleet.run((seed * SOON_MS) / ROUNDS)
    fleet.set('sip1', 'silent')
    const faultMs = fleet.nowMs
    fleet.run(20_000)
    const moved = fleet.decisions.find(
      ({ atMs, decision }) => atMs > faultMs && !decision.active.some(({ name }) => name === 'sip1'),
    )
    tookMs.push((moved?.atMs ?? Number.POSITIVE_INFINITY) - faultMs)
  }
  return tookMs.sort((a, b) => a - b)
}
