import { setFlagsFromString } from 'node:v8'

/** By as many per cent of what is alive the heap may grow before all of it is looked through. */
const GROWING_PERCENT = 200

/**
 * Keeps the heap of a long-lived process within three times of what is alive. Left to itself V8 lets it grow up to four times where garbage
 * comes steadily: with 10,000 targets half a gigabyte and more after two minutes. The price is in docs/benchmarks.md ("Many targets").
 */
export function limitHeapGrowth(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWING_PERCENT}`)
}
