import type { Subject } from './instruments.ts'

/** What is done when something happens. docs/hooks.md has the table. */
export const hooks: Subject = (make) => {
  const hook = ['hook', 'kind'] as const
  const runs = make.counter('hook_runs_total', 'Runs by what came of them.', ['hook', 'kind', 'result'])
  const seconds = make.counter('hook_run_seconds_total', 'Time spent in runs.', hook)
  const retries = make.counter('hook_retries_total', 'Attempts after the first of a run.', hook)
  const limited = make.counter('hook_rate_limited_total', 'Runs that waited for the rate limit.', hook)
  const passedOver = make.counter('hook_passed_over_total', 'Events overtaken by a newer one.', hook)
  const dropped = make.counter('hook_dropped_total', 'Events that found the queue full.', hook)
  const waiting = make.gauge('hook_waiting', 'Events that wait for the hook.', hook)
  const busy = make.gauge('hook_running', '1 while it is at an event.', hook)

  return ({ hooks: reports }) => {
    for (const [name, report] of Object.entries(reports ?? {})) {
      const labels = { hook: name, kind: report.kind }
      for (const [result, count] of Object.entries(report.runs)) runs.set({ ...labels, result }, count)
      seconds.set(labels, report.totalMs / 1000)
      retries.set(labels, report.retries)
      limited.set(labels, report.limited)
      passedOver.set(labels, report.passedOver)
      dropped.set(labels, report.dropped)
      waiting.set(labels, report.waiting)
      busy.set(labels, Number(report.running))
    }
  }
}
