import type { Fleet } from '../../test/support/fleet.ts'
import type { Path } from '../../test/support/fleet-line.ts'
import { cells, ROUNDS, timesOf } from './times.ts'

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
  print(`| none | ${cells(timesOf(PATH, 'silent', soonAfter(false)))} |`)
  for (const forMs of [60, 150]) {
    const path = { ...PATH, pauses: { everyMs: 977, forMs } }
    print(`| ${forMs} ms | ${cells(timesOf(path, 'silent', soonAfter(true)))} |`)
  }
  print('')
}

/** Runs on to a moment soon after a pause that a question met; where there are none, to any. */
function soonAfter(pauses: boolean) {
  return (fleet: Fleet, seed: number) => {
    while (pauses && fleet.health('sip1').last?.attempts !== 2) fleet.run(1000)
    fleet.run((seed * SOON_MS) / ROUNDS)
  }
}
