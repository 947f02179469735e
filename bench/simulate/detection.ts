import type { Behaviour, Path } from '../../test/support/fleet-line.ts'
import { cells, timesOf } from './times.ts'

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
      const tookMs = timesOf(path, behaviour, () => {})
      print(`| ${name} | ${words} | ${cells(tookMs)} |`)
    }
  }
  print('')
}
