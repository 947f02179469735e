import type { Subject } from './instruments.ts'

/** The paths to targets whose probes have limits of `quality`. docs/health.md has the table. */
export const quality: Subject = (make) => {
  const watch = ['pool', 'target', 'address', 'probe'] as const
  const loss = make.gauge('path_loss_ratio', 'Share of packets lost within the window.', watch)
  const latency = make.gauge('path_latency_seconds', 'Mean round trip within the window.', watch)
  const jitter = make.gauge(
    'path_jitter_seconds',
    'Mean difference of round trips that follow each other.',
    watch,
  )
  const poor = make.gauge('path_poor', '1 while the path degrades its target.', watch)

  return ({ pools }) => {
    for (const [pool, { targets }] of Object.entries(pools)) {
      for (const [target, { probes }] of Object.entries(targets)) {
        for (const { address, probe, quality: figures } of probes) {
          if (figures === undefined) continue
          const labels = { pool, target, address, probe }
          loss.set(labels, figures.loss)
          if (figures.latencyMs !== undefined) latency.set(labels, figures.latencyMs / 1000)
          if (figures.jitterMs !== undefined) jitter.set(labels, figures.jitterMs / 1000)
          poor.set(labels, Number(figures.poor !== undefined))
        }
      }
    }
  }
}
