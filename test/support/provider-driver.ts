import type { DomainName } from '../../src/core/brand.ts'
import { type Clock, silentLogger, type Timers } from '../../src/core/ports.ts'
import type { Provider, ProviderDefinition, ProviderSet } from '../../src/publishers/providers/definition.ts'
import { ProviderError } from '../../src/publishers/providers/error.ts'
import { Pacer } from '../../src/publishers/reconcile/pacer.ts'
import { dueOf, type Plan } from '../../src/publishers/reconcile/plan.ts'
import { Reconciler } from '../../src/publishers/reconcile/reconciler.ts'
import type { Wanted } from '../../src/publishers/reconcile/wanted.ts'
import { canonicalName } from '../../src/wire/dns/name.ts'
import { formatRdata } from '../../src/wire/dns/rdata/registry.ts'
import { parseMasterFile } from '../../src/wire/dns/text.ts'
import { canonicalRecords } from '../../src/zone/canonical.ts'
import type { LabSet, ProviderLab } from './provider-fixture.ts'
import { seededRandom } from './virtual-time.ts'

export const realClock: Clock & Timers = {
  nowMs: () => performance.timeOrigin + performance.now(),
  after(delayMs, fire) {
    const timer = setTimeout(fire, delayMs)
    return () => clearTimeout(timer)
  },
}

export interface DriverOptions {
  readonly owner?: string
  readonly adopt?: boolean
}

/** A provider with a reconciler that acts as fast as it can: the loop of an updater without its pauses. */
export class Driver {
  readonly provider: Provider
  readonly reconciler: Reconciler
  readonly errors: ProviderError[] = []
  readonly signal = new AbortController().signal

  constructor(
    definition: ProviderDefinition,
    lab: Pick<ProviderLab, 'options'>,
    { owner = 'ns1', adopt = false }: DriverOptions = {},
  ) {
    const options = definition.options.parse(lab.options)
    const pace = new Pacer({ callsPerSecond: 10_000, burst: 10_000 }, realClock, realClock)
    this.provider = definition.create(options, {
      clock: realClock,
      timers: realClock,
      random: seededRandom(1),
      logger: silentLogger,
      pace: { turn: (signal) => pace.turn(signal), throttled: () => {}, hold: () => {} },
    })
    this.reconciler = new Reconciler(this.provider, { owner, adopt, marks: definition.marks })
  }

  /** One reading and one batch at most; false when nothing was left to do. An error is kept, and thrown where asked for. */
  async step(wanted: Wanted, between: () => Promise<void> = async () => {}): Promise<boolean> {
    await this.reconciler.prepare(wanted, this.signal)
    await between()
    const plan = this.reconciler.plan(wanted)
    if (dueOf(plan).length === 0) return false
    await this.reconciler.apply(this.reconciler.nextBatch(plan), this.signal)
    return true
  }

  /** Until nothing is left to do, over errors; throws the last one after `attempts` steps. */
  async converge(wanted: Wanted, attempts = 30): Promise<Plan> {
    let last: unknown = new Error('never converged')
    for (let attempt = 0; attempt < attempts; attempt++) {
      try {
        if (!(await this.step(wanted))) return this.reconciler.plan(wanted)
      } catch (error) {
        if (!(error instanceof ProviderError)) throw error
        this.errors.push(error)
        last = error
      }
    }
    throw last
  }
}

/** What shall be published, from master-file text; names are relative to `origin`. */
export function wantedOf(text: string, origin: string, defaultTtl = 120): Wanted {
  const apex = canonicalName(origin)
  const { records, faults } = parseMasterFile(text, { origin: apex, defaultTtl })
  if (faults[0] !== undefined) throw new Error(faults[0].message)
  const sets = new Map<string, ProviderSet>()
  for (const { name, type, ttl, rdata } of records) {
    const key = `${name} ${type}`
    const before = sets.get(key)?.records ?? []
    sets.set(key, { name, type, ttl, records: canonicalRecords([...before, rdata]) })
  }
  const names = new Set<DomainName>([...sets.values()].map((set) => set.name))
  return { origins: [apex], names, sets: [...sets.values()] }
}

export function labSets(wanted: Wanted): LabSet[] {
  return wanted.sets.map(({ name, type, ttl, records }) => ({
    name,
    type,
    ttl,
    records: records.map(formatRdata),
  }))
}

/** `name ttl type rdata | rdata`, one line a set, sorted: two zones with the same lines are the same. */
export function linesOf(sets: readonly LabSet[]): string[] {
  return sets
    .map(({ name, type, ttl, records }) => `${name} ${ttl} ${type} ${[...records].sort().join(' | ')}`)
    .sort()
}
