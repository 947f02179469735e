import type { PoolSettings } from '../../src/core/settings.ts'
import { Fleet } from '../../test/support/fleet.ts'
import { poolOf, probeOf, targetOf } from '../../test/support/pool-sim.ts'

const HOUR_MS = 3_600_000
const HOURS = 6
const DAMPING = { halfLifeMs: 600_000, suppress: 2000, reuse: 750, maxSuppressMs: 1_800_000 }

/** The primary is up for half of each period and refuses for the other half. */
export function flapping(print: (line: string) => void): void {
  print(
    `A flapping primary, interval 1 s, ${HOURS} hours each: most answers changed within any hour (A alone in brackets)`,
  )
  print('| period | failover, damping off | failover | weighted, damping off | weighted |')
  print('|---|---|---|---|---|')
  const periodsS = [1, 2, 4, 6, 10, 20, 30, 60, 120, 180, 300, 450, 599, 600, 700, 900, 1200, 1800, 3600]
  const worst = [0, 0, 0, 0]
  for (const periodS of periodsS) {
    const pools: readonly Partial<PoolSettings>[] = [
      { policy: 'failover' },
      { policy: 'failover', damping: DAMPING },
      { policy: 'weighted' },
      { policy: 'weighted', damping: DAMPING },
    ]
    const cells = pools.map((rest, at) => {
      const { changes, moves } = worstHour(rest, periodS * 1000)
      worst[at] = Math.max(worst[at] ?? 0, changes)
      return `${changes} (${moves})`
    })
    print(`| ${periodS} s | ${cells.join(' | ')} |`)
  }
  print(`| worst of all | ${worst.join(' | ')} |`)
  print('')
}

function worstHour(rest: Partial<PoolSettings>, periodMs: number): { changes: number; moves: number } {
  const targets = [
    targetOf('sip1', { addresses: ['192.0.2.11'], priority: 10 }),
    targetOf('sip2', { addresses: ['192.0.2.12'], priority: rest.policy === 'weighted' ? 10 : 20 }),
  ]
  const fleet = new Fleet({ pool: poolOf(targets, rest), probes: [probeOf()], seed: 7 }).run(10_000)
  for (let atMs = 0; atMs < HOURS * HOUR_MS; atMs += periodMs) {
    fleet.set('sip1', 'refused')
    fleet.run(periodMs / 2)
    fleet.set('sip1', 'answers')
    fleet.run(periodMs / 2)
  }
  const times = fleet.decisions.slice(1).map(({ atMs }) => atMs)
  const named = fleet.decisions.map(({ decision, atMs }) => ({
    atMs,
    names: decision.active.map(({ name }) => name).join(),
  }))
  const moved = named
    .filter(({ names }, at) => at > 0 && names !== named[at - 1]?.names)
    .map(({ atMs }) => atMs)
  return { changes: mostWithinAnHour(times), moves: mostWithinAnHour(moved) }
}

function mostWithinAnHour(times: readonly number[]): number {
  let most = 0
  let first = 0
  for (const [last, atMs] of times.entries()) {
    while ((times[first] ?? 0) <= atMs - HOUR_MS) first++
    most = Math.max(most, last - first + 1)
  }
  return most
}
