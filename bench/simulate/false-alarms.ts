import { Fleet } from '../../test/support/fleet.ts'
import { poolOf, probeOf, targetOf } from '../../test/support/pool-sim.ts'

const DAY_MS = 86_400_000
/** Round trips and jitter of a bad line: each way adds up to this much. */
const LINE = { rttMs: 20, jitterMs: 120 }
const LEARN_MS = 60_000

/** How often a living server behind a lossy path is called dead: the whole time, and once the path is learnt. */
export function falseAlarms(days: number, print: (line: string) => void): void {
  print(
    `False alarms: a living server, interval 1 s, fall 3, 120 ms of jitter each way, ${days} simulated days each`,
  )
  print('| loss each way | of round trips | questions | unanswered | false alarms | a day |')
  print('|---|---|---|---|---|---|')
  for (const loss of [0, 0.05, 0.1, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5]) {
    const { asked, unanswered, moved } = lived(days, loss, ['options'])
    const roundTrip = 1 - (1 - loss) ** 2
    print(
      `| ${percent(loss)} | ${percent(roundTrip)} | ${asked} | ${percent(unanswered / asked)} | ${moved} | ${(moved / days).toFixed(1)} |`,
    )
  }
  print('')
  for (const probes of [
    ['options', 'register'],
    ['options', 'register', 'invite'],
  ]) {
    const { asked, moved } = lived(days, 0.2, probes)
    print(`${probes.length} probes at once at 20 %: ${moved} false alarms in ${asked} questions`)
  }
  print('')
  onset(print)
}

/** A living server behind a line of that loss, asked by these probes. */
function lived(days: number, loss: number, probes: readonly string[]) {
  const fleet = new Fleet({
    pool: poolOf([targetOf('sip1', { addresses: ['192.0.2.11'] })], { probes }),
    probes: probes.map((name) => probeOf({ name })),
    seed: 42,
  })
  fleet.path('sip1', { ...LINE, loss })
  fleet.run(LEARN_MS)
  fleet.run(days * DAY_MS)
  const moved = fleet.moves.filter(({ status }) => status === 'down').length
  return { asked: fleet.asked, unanswered: fleet.unanswered, moved }
}

/** The line turns bad all at once: nobody can have learnt it yet. */
function onset(print: (line: string) => void): void {
  const rounds = 20_000
  print(
    `The same line turning bad from one moment to the next on a clean path, ${rounds} times each, the first minute`,
  )
  print('| loss each way | path before | false alarms |')
  print('|---|---|---|')
  for (const loss of [0.05, 0.1, 0.2, 0.3]) {
    for (const rttMs of [1, 20]) {
      let moved = 0
      for (let seed = 1; seed <= rounds; seed++) {
        const fleet = new Fleet({
          pool: poolOf([targetOf('sip1', { addresses: ['192.0.2.11'] })]),
          probes: [probeOf()],
          seed,
        })
        fleet.path('sip1', { loss: 0, rttMs, jitterMs: 0 })
        fleet.run(30_000)
        fleet.path('sip1', { rttMs, jitterMs: rttMs === 1 ? 2 : LINE.jitterMs, loss })
        fleet.run(60_000)
        if (fleet.moves.some(({ status }) => status === 'down')) moved++
      }
      print(`| ${percent(loss)} | ${rttMs} ms | ${((100 * moved) / rounds).toFixed(2)} % |`)
    }
  }
  print('')
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`
}
