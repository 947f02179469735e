import { type Latency, latency, load } from './load.ts'
import type { Running } from './running.ts'
import { type Kind, writeQueries } from './zones.ts'

/** Queries a second at which costs are compared. */
export const RATES = [20_000, 60_000] as const

/** Medians over the rounds. */
export interface Figures {
  /** Microseconds of CPU for each query that was answered, by rate. */
  readonly cpuUs: ReadonlyMap<number, number>
  /** Answers a second when asked as fast as can be. */
  readonly most: number
  readonly latency: Latency
  readonly rssMb: number
  readonly startMs: number
  /** Share of the queries that were not answered, over everything. */
  readonly lost: number
}

export interface MeasurePlan {
  readonly running: readonly Running[]
  readonly zones: number
  readonly rounds: number
  readonly seconds: number
  readonly folder: string
  readonly kinds: readonly (Kind | 'mix')[]
  /** Only what a query costs at the highest of `RATES`. */
  readonly costOnly?: boolean
}

interface Samples {
  readonly cpuUs: Map<number, number[]>
  readonly most: number[]
  readonly p50: number[]
  readonly p99: number[]
  completed: number
  lost: number
}

/** Figures of every server, by kind of query. Servers take turns within a round, the first of one round being the last of the next. */
export async function measure(plan: MeasurePlan): Promise<Map<Kind | 'mix', Map<string, Figures>>> {
  const all = new Map<Kind | 'mix', Map<string, Figures>>()
  for (const kind of plan.kinds) {
    const queries = writeQueries(plan.folder, plan.zones, kind)
    const samples = new Map<Running, Samples>(plan.running.map((one) => [one, empty()]))
    // What is compiled or cached on the way is so before anything counts.
    for (const { port } of plan.running) await load({ port, queries, seconds: 1, rate: 20_000 })
    for (let round = 0; round < plan.rounds; round++) {
      const order = round % 2 === 0 ? plan.running : plan.running.toReversed()
      for (const one of order) await sample(one, queries, plan, samples.get(one) ?? empty())
    }
    const figures = [...samples].map(([one, taken]) => [one.server.name, figuresOf(one, taken)] as const)
    all.set(kind, new Map(figures))
  }
  return all
}

async function sample(
  { port, cost }: Running,
  queries: string,
  { seconds, costOnly = false }: MeasurePlan,
  into: Samples,
): Promise<void> {
  for (const rate of costOnly ? RATES.slice(-1) : RATES) {
    const before = cost().cpuUs
    const { completed, lost } = await load({ port, queries, seconds, rate })
    into.cpuUs.get(rate)?.push((cost().cpuUs - before) / completed)
    into.completed += completed
    into.lost += lost
  }
  if (costOnly) return
  const { perSecond } = await load({ port, queries, seconds })
  into.most.push(perSecond)
  const { p50, p99 } = await latency({ port, queries, seconds, rate: RATES[0] })
  into.p50.push(p50)
  into.p99.push(p99)
}

function figuresOf({ cost, startMs }: Running, samples: Samples): Figures {
  return {
    cpuUs: new Map([...samples.cpuUs].map(([rate, values]) => [rate, median(values)])),
    most: median(samples.most),
    latency: { p50: median(samples.p50), p99: median(samples.p99) },
    rssMb: cost().rssMb,
    startMs,
    lost: samples.lost / (samples.completed + samples.lost),
  }
}

function empty(): Samples {
  const cpuUs = new Map(RATES.map((rate): [number, number[]] => [rate, []]))
  return { cpuUs, most: [], p50: [], p99: [], completed: 0, lost: 0 }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
