import type {
  Applied,
  Batch,
  CurrentSet,
  Provider,
  ProviderLimits,
} from '../../src/publishers/providers/definition.ts'
import { ProviderError } from '../../src/publishers/providers/error.ts'
import { sameContent, setKey } from '../../src/publishers/reconcile/sets.ts'
import { canonicalName } from '../../src/wire/dns/name.ts'

export const ROOMY: ProviderLimits = {
  ttl: { min: 0, max: 86_400 },
  types: ['A', 'AAAA', 'SRV', 'NAPTR', 'TXT'],
  batch: [{ unit: 'changes', max: 1_000, cost: () => 1 }],
  callsPerSecond: 1_000,
  burst: 1_000,
}

/** A zone in memory, for the loop alone: every call can be delayed and failed by the test. */
export class MemoryProvider implements Provider {
  limits: ProviderLimits
  readonly sets = new Map<string, CurrentSet>()
  /** Every call that arrived, in order: `open`, `read`, and each batch as `+name type`, `~`, `-`. */
  readonly calls: string[] = []
  /** Taken by the next calls, one each. `lost`: done, but the caller hears of a failure. */
  readonly faults: ('lost' | ProviderError)[] = []
  /** Resolves when the call may be answered. */
  gate: () => Promise<void> = async () => {}
  closed = false
  /** Asked by `settled`: whether the last change is in force. */
  inForce: () => boolean = () => true

  constructor(limits: ProviderLimits = ROOMY) {
    this.limits = limits
  }

  async open() {
    await this.#arrive('open')
    return { origin: canonicalName('example.com.'), notes: [] }
  }

  async read(): Promise<readonly CurrentSet[]> {
    await this.#arrive('read')
    return [...this.sets.values()]
  }

  async apply(batch: Batch): Promise<Applied> {
    const lost = await this.#arrive(
      batch
        .map(
          ({ name, type, before, after }) =>
            `${before === undefined ? '+' : after === undefined ? '-' : '~'}${name} ${type}`,
        )
        .filter((text) => !text.includes('_sipvane-'))
        .join(' '),
    )
    for (const { before, name, type, after } of batch) {
      const there = this.sets.get(setKey(before ?? after ?? { name, type }))
      const right =
        before === undefined ? there === undefined : there !== undefined && sameContent(there, before)
      if (!right) throw new ProviderError('conflict', `${name} ${type} is not as it was read`)
    }
    for (const { before, after } of batch) {
      if (before !== undefined) this.sets.delete(setKey(before))
      if (after !== undefined) this.sets.set(setKey(after), after)
    }
    if (lost) throw new ProviderError('timeout', 'no answer', { uncertain: true })
    return {
      sets: batch.flatMap(({ after }) => (after === undefined ? [] : [after])),
      reference: `c${this.calls.length}`,
    }
  }

  async settled(): Promise<boolean> {
    return this.inForce()
  }

  async close() {
    this.closed = true
  }

  async #arrive(what: string): Promise<boolean> {
    this.calls.push(what)
    const fault = this.faults.shift()
    await this.gate()
    if (fault !== undefined && fault !== 'lost') throw fault
    return fault === 'lost'
  }
}
