import { silentLogger } from '../../src/core/ports.ts'
import type { ProbeDeps } from '../../src/probes/definition.ts'

/** What a probe is given, with an empty board and without other probes where a test says nothing of them. */
export function probeDeps(
  given: Pick<ProbeDeps, 'clock' | 'timers' | 'sip'> & Partial<ProbeDeps>,
): ProbeDeps {
  return {
    probe: 'lab',
    logger: silentLogger,
    reports: { latest: () => undefined },
    prober: (name) => {
      throw new Error(`no probe ${name}`)
    },
    ...given,
  }
}
