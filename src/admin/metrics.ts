import { collectDefaultMetrics, Registry } from 'prom-client'
import type { StatusReport } from '../app/status.ts'
import { instrumentsOf } from './metrics/instruments.ts'
import { subjects } from './metrics/registry.ts'

export interface Metrics {
  readonly contentType: string
  /** The Prometheus text format. */
  render(): Promise<string>
}

/** Everything is read from the status at the moment of a scrape: nothing is counted twice, and nothing while nobody looks. */
export function createMetrics(status: () => StatusReport): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const instruments = instrumentsOf(registry)
  const fills = subjects.map((subject) => subject(instruments))
  return {
    contentType: registry.contentType,
    render() {
      const report = status()
      // What is gone from the status shall be gone from the metrics.
      instruments.reset()
      for (const fill of fills) fill(report)
      return registry.metrics()
    },
  }
}
