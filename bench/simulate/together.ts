import { Fleet } from '../../test/support/fleet.ts'
import type { Behaviour, Path } from '../../test/support/fleet-line.ts'
import { poolOf, probeOf, targetOf } from '../../test/support/pool-sim.ts'

const SEEDS = 200
const SETTLE_MS = 30_000
const PROBES = ['options', 'register', 'invite']

interface Found {
  /** From the fault to the first verdict of a probe, which moves the answer. */
  readonly firstMs: number
  /** To the verdict of the last one: what an answer that goes by that probe alone waits for. */
  readonly lastMs: number
}

/** Several probes of one server, which share four requests a second toward it: from the fault to the first verdict, and to the last. */
export function together(print: (line: string) => void): void {
  print(`Several probes of one server, interval 1 s, fall 3, ${SEEDS} rounds each`)
  print('| fault | path | probes | first verdict: median | 90 % | worst | last one: median | 90 % | worst |')
  print('|---|---|---|---|---|---|---|---|---|')
  const rows: readonly [Behaviour, string, Path][] = [
    ['silent', '1 ms', { loss: 0, rttMs: 1, jitterMs: 0.2 }],
    ['silent', '20 ms', { loss: 0, rttMs: 20, jitterMs: 2 }],
    ['silent', '80 ms, 10 ms jitter', { loss: 0, rttMs: 80, jitterMs: 10 }],
    ['silent', '20 ms, 5 % loss each way', { loss: 0.05, rttMs: 20, jitterMs: 2 }],
    ['silent', '20 ms, 20 % loss each way', { loss: 0.2, rttMs: 20, jitterMs: 20 }],
    ['refused', '1 ms', { loss: 0, rttMs: 1, jitterMs: 0.2 }],
  ]
  for (const [behaviour, words, path] of rows) {
    for (const probes of [1, 2, 3]) {
      const rounds = Array.from({ length: SEEDS }, (_, at) => found(path, behaviour, probes, at + 1))
      const first = cells(rounds.map(({ firstMs }) => firstMs))
      const last = cells(rounds.map(({ lastMs }) => lastMs))
      print(`| ${behaviour} | ${words} | ${probes} | ${first} | ${last} |`)
    }
  }
  print('')
}

function found(path: Path, behaviour: Behaviour, probes: number, seed: number): Found {
  const names = PROBES.slice(0, probes)
  const fleet = new Fleet({
    pool: poolOf([targetOf('sip1'), targetOf('sip2')], { probes: names }),
    probes: names.map((name) => probeOf({ name })),
    seed,
  })
  fleet.path('sip1', path)
  fleet.run(SETTLE_MS + ((seed * 131) % 1000))
  fleet.set('sip1', behaviour)
  const faultMs = fleet.nowMs
  fleet.run(30_000)
  const times = names.map((name) => {
    const died = fleet.moves.find(
      ({ atMs, key, status }) => atMs >= faultMs && key.startsWith(`sip1 ${name} `) && status === 'down',
    )
    return (died?.atMs ?? Number.POSITIVE_INFINITY) - faultMs
  })
  return { firstMs: Math.min(...times), lastMs: Math.max(...times) }
}

function cells(tookMs: readonly number[]): string {
  const sorted = [...tookMs].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0
  return [0.5, 0.9, 1].map((share) => `${(at(share) / 1000).toFixed(2)} s`).join(' | ')
}
