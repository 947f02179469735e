import { Fleet } from '../../test/support/fleet.ts'
import type { Behaviour, Path } from '../../test/support/fleet-line.ts'
import { poolOf, probeOf, targetOf } from '../../test/support/pool-sim.ts'

const ROUNDS = 1000
const SETTLE_MS = 30_000

/** From the fault to the changed answer, at `interval: 1s, fall: 3`, the fault at a random moment. */
export function detection(print: (line: string) => void): void {
  print('From the fault to the changed answer, interval 1 s, fall 3, 1,000 rounds each')
  print('| fault | path | median | 90 % | worst |')
  print('|---|---|---|---|---|')
  const faults: readonly [string, Behaviour][] = [
    ['refused', 'refused'],
    ['silent', 'silent'],
    ['503', 'bad-status'],
    ['503 with Retry-After', 'overload'],
  ]
  const paths: readonly [string, Path][] = [
    ['1 ms', { loss: 0, rttMs: 1, jitterMs: 0.2 }],
    ['20 ms', { loss: 0, rttMs: 20, jitterMs: 2 }],
    ['80 ms, 10 ms jitter', { loss: 0, rttMs: 80, jitterMs: 10 }],
    ['20 ms, 5 % loss each way', { loss: 0.05, rttMs: 20, jitterMs: 2 }],
    ['20 ms, 20 % loss each way', { loss: 0.2, rttMs: 20, jitterMs: 20 }],
  ]
  for (const [name, behaviour] of faults) {
    for (const [words, path] of behaviour === 'silent' ? paths : paths.slice(0, 2)) {
      const tookMs = timesOf(behaviour, path)
      const at = (share: number) => `${((tookMs[Math.floor(share * (ROUNDS - 1))] ?? 0) / 1000).toFixed(2)} s`
      print(`| ${name} | ${words} | ${at(0.5)} | ${at(0.9)} | ${at(1)} |`)
    }
  }
  print('')
}

function timesOf(behaviour: Behaviour, path: Path): readonly number[] {
  const tookMs: number[] = []
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const targets = [
      targetOf('sip1', { addresses: ['192.0.2.11'], priority: 10 }),
      targetOf('sip2', { addresses: ['192.0.2.12'], priority: 20 }),
    ]
    const fleet = new Fleet({ pool: poolOf(targets), probes: [probeOf()], seed })
    fleet.path('sip1', path)
    fleet.run(SETTLE_MS)
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
