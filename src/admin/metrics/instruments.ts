import { Counter, Gauge, type Registry } from 'prom-client'
import type { StatusReport } from '../../app/status.ts'

/** One metric with its labels; a scrape begins without any value. */
export interface Figure<Label extends string> {
  /** Throws (prom-client) where a counter is given less than nothing. */
  set(labels: Readonly<Record<Label, string>>, value: number): void
}

/** Makes metrics; names come without `sipvane_`. A unit stands in the name: `_seconds`, `_ratio`; what only grows ends in `_total`. */
export interface Instruments {
  gauge<Label extends string = never>(name: string, help: string, labels?: readonly Label[]): Figure<Label>
  /** Of something that is counted elsewhere, since the start of the process. */
  counter<Label extends string = never>(name: string, help: string, labels?: readonly Label[]): Figure<Label>
}

/** The metrics of one subject: made once, filled from the status at each scrape. One file each, one line in `registry.ts`. */
export type Subject = (make: Instruments) => (report: StatusReport) => void

/** The instruments of one registry, and `reset`, which takes every value of theirs away. */
export function instrumentsOf(registry: Registry): Instruments & { reset(): void } {
  const all: { reset(): void }[] = []
  return {
    gauge(name, help, labels = []) {
      const one = new Gauge({
        name: `sipvane_${name}`,
        help,
        labelNames: [...labels],
        registers: [registry],
      })
      all.push(one)
      return { set: (values, value) => one.set(values, value) }
    },
    counter(name, help, labels = []) {
      const one = new Counter({
        name: `sipvane_${name}`,
        help,
        labelNames: [...labels],
        registers: [registry],
      })
      all.push(one)
      return { set: (values, value) => one.inc(values, value) }
    },
    reset() {
      for (const one of all) one.reset()
    },
  }
}
