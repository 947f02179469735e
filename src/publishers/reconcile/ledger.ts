import type { Clock } from '../../core/ports.ts'
import type { Provider } from '../providers/definition.ts'
import { ProviderError, type ProviderFault } from '../providers/error.ts'

const CALL_KINDS = ['open', 'read', 'apply', 'settled'] as const
export type CallKind = (typeof CALL_KINDS)[number]
/** `broken`: what was thrown is no `ProviderError`, a fault of ours. */
export type CallResult = 'ok' | ProviderFault | 'broken'

/** What was asked of a provider. One of these may take several requests of its API (pages). */
export interface CallCount {
  readonly kind: CallKind
  readonly result: CallResult
  count: number
  /** The time of all of them together, waiting for the pace included. */
  totalMs: number
}

/** Counts what is asked of a provider, and what comes of it. */
export class Ledger {
  readonly #clock: Clock
  readonly #counts = new Map<string, CallCount>()
  #reachable: boolean | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** By kind and result, in the order in which they first came. */
  get counts(): readonly CallCount[] {
    return [...this.#counts.values()].map((one) => ({ ...one }))
  }

  /** Whether the last call was answered at all, if only by a refusal; undefined before the first. */
  get reachable(): boolean | undefined {
    return this.#reachable
  }

  /** The same provider, with every call counted. */
  watch(provider: Provider): Provider {
    const settled = provider.settled?.bind(provider)
    return {
      get limits() {
        return provider.limits
      },
      open: (signal) => this.#count('open', signal, () => provider.open(signal)),
      read: (scope, signal) => this.#count('read', signal, () => provider.read(scope, signal)),
      apply: (batch, signal) => this.#count('apply', signal, () => provider.apply(batch, signal)),
      ...(settled === undefined
        ? {}
        : {
            settled: (applied, signal) => this.#count('settled', signal, () => settled(applied, signal)),
          }),
      close: () => provider.close(),
    }
  }

  async #count<T>(kind: CallKind, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    const startMs = this.#clock.nowMs()
    try {
      const value = await call()
      this.#note(kind, 'ok', startMs)
      return value
    } catch (error) {
      // What we broke off ourselves says nothing of the provider.
      if (!signal.aborted) this.#note(kind, error instanceof ProviderError ? error.fault : 'broken', startMs)
      throw error
    }
  }

  #note(kind: CallKind, result: CallResult, startMs: number): void {
    const key = `${kind} ${result}`
    const one = this.#counts.get(key) ?? { kind, result, count: 0, totalMs: 0 }
    one.count += 1
    one.totalMs += this.#clock.nowMs() - startMs
    this.#counts.set(key, one)
    if (result !== 'broken') this.#reachable = result !== 'unreachable' && result !== 'timeout'
  }
}
