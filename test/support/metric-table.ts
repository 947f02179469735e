import { Counter, Registry } from 'prom-client'
import { instrumentsOf, type Subject } from '../../src/admin/metrics/instruments.ts'

/** One metric as code and docs both must have it. */
export interface MetricRow {
  readonly name: string
  readonly type: string
  /** In their order. */
  readonly labels: readonly string[]
}

/** What a subject exports. */
export function exportedBy(subject: Subject): readonly MetricRow[] {
  const registry = new Registry()
  subject(instrumentsOf(registry))
  return registry.getMetricsAsArray().map((metric) => ({
    name: metric.name,
    type: metric instanceof Counter ? 'counter' : 'gauge',
    labels: 'labelNames' in metric && Array.isArray(metric.labelNames) ? metric.labelNames : [],
  }))
}

/** The rows of a page's tables that begin with a metric: `` | `sipvane_x_total` | counter | `zone`, `kind` | meaning | ``. */
export function tableIn(markdown: string): readonly MetricRow[] {
  return [...markdown.matchAll(/^\| `(sipvane_[a-z0-9_]+)` \| (\w+) \|([^|]*)\|/gm)].map((row) => ({
    name: row[1] ?? '',
    type: row[2] ?? '',
    labels: [...(row[3] ?? '').matchAll(/`([^`]+)`/g)].map((label) => label[1] ?? ''),
  }))
}
