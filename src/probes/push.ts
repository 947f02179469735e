import { z } from 'zod'
import { type Outcome, outcome } from '../core/outcome.ts'
import { duration, formatDuration } from '../core/schemas.ts'
import type { Target } from '../core/target.ts'
import { type AskContext, defineProbe, type ProbeDeps, type Prober } from './definition.ts'

const options = z.strictObject({
  expiresIn: duration({ minMs: 1000 })
    .default(60_000)
    .describe(
      'How long a report is worth something where it does not say so itself; then silence is failure. Default 60s.',
    ),
})

export type PushSettings = z.output<typeof options>

export const push = defineProbe<PushSettings>({
  kind: 'push',
  summary:
    'Takes what a cron job, keepalived or the server itself reports over the admin API: proves what the reporter proves, and that it ' +
    'still reports. Costs the server nothing.',
  options,
  create: (settings, deps) => new PushProber(settings, deps),
})

class PushProber implements Prober {
  readonly requests = 0
  readonly #expiresInMs: number
  readonly #deps: ProbeDeps
  #startedMs: number

  constructor({ expiresIn }: PushSettings, deps: ProbeDeps) {
    this.#expiresInMs = expiresIn
    this.#deps = deps
    this.#startedMs = deps.clock.nowMs()
  }

  async start(): Promise<void> {
    this.#startedMs = this.#deps.clock.nowMs()
  }

  async close(): Promise<void> {}

  /**
   * | newest report | its time is | since our start       | outcome             |
   * |---------------|-------------|-----------------------|---------------------|
   * | there         | not over    | -                     | what it says        |
   * | there         | over        | -                     | report-missing      |
   * | none          | -           | at least `expiresIn`  | report-missing      |
   * | none          | -           | less                  | no-verdict: reporters had no chance yet |
   */
  async ask(target: Target, _address: string, context: AskContext): Promise<Outcome> {
    if (context.signal?.aborted === true) return outcome('aborted', { attempts: 0 })
    const judged = this.#judge(target)
    context.trace?.({ direction: 'note', text: `${judged.reason}: ${judged.detail ?? 'no words'}` })
    return judged
  }

  #judge(target: Target): Outcome {
    const { clock, reports, probe } = this.#deps
    const nowMs = clock.nowMs()
    const report = reports.latest(target.id, probe)
    if (report === undefined) {
      const waited = nowMs - this.#startedMs >= this.#expiresInMs
      const detail = 'nobody has reported since the start'
      return outcome(waited ? 'report-missing' : 'no-verdict', { attempts: waited ? 1 : 0, detail })
    }
    const livesMs = report.expiresInMs ?? this.#expiresInMs
    const ageMs = nowMs - report.atMs
    if (ageMs < livesMs) return report.outcome
    const seconds = formatDuration(Math.floor(ageMs / 1000) * 1000)
    const detail = `the last report (${report.outcome.result}) is ${seconds} old, good for ${formatDuration(livesMs)}`
    return outcome('report-missing', { attempts: 1, detail })
  }
}
