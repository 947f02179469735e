import type { Clock, Logger, Timers } from '../../core/ports.ts'
import type { Applied, Provider } from '../providers/definition.ts'

/** Route53 mostly takes seconds, sometimes a minute; asking more often would use up calls that a failover may need. */
const FIRST_MS = 2_000
const PAUSE_MS = 5_000
const GIVE_UP_MS = 600_000

export interface PropagationDeps {
  readonly clock: Clock
  readonly timers: Timers
  readonly logger: Logger
}

/** Asks after the newest change until it is in force everywhere, and says how long that took. Never throws: it is news, not work. */
export class PropagationWatch {
  readonly #provider: Provider
  readonly #name: string
  readonly #deps: PropagationDeps
  #abort = new AbortController()
  #cancel: (() => void) | undefined
  #propagatedMs: number | undefined

  constructor(provider: Provider, name: string, deps: PropagationDeps) {
    this.#provider = provider
    this.#name = name
    this.#deps = deps
  }

  /** From acceptance until it was seen to be in force, for the newest change that was; milliseconds. */
  get propagatedMs(): number | undefined {
    return this.#propagatedMs
  }

  /** A change that comes before the last one is in force takes its place: only the newest answer counts. */
  follow(applied: Applied): void {
    this.stop()
    if (this.#provider.settled === undefined) return
    this.#abort = new AbortController()
    this.#askAfter(FIRST_MS, applied, this.#deps.clock.nowMs(), this.#abort.signal)
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#abort.abort()
  }

  #askAfter(delayMs: number, applied: Applied, acceptedAtMs: number, signal: AbortSignal): void {
    this.#cancel = this.#deps.timers.after(delayMs, () => void this.#ask(applied, acceptedAtMs, signal))
  }

  async #ask(applied: Applied, acceptedAtMs: number, signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#deps
    const provider = this.#name
    let done = false
    try {
      done = (await this.#provider.settled?.(applied, signal)) ?? true
    } catch {
      // Nothing hangs on it; asked again below.
    }
    if (signal.aborted) return
    const tookMs = clock.nowMs() - acceptedAtMs
    if (done) {
      this.#propagatedMs = tookMs
      const fields = { provider, tookMs, reference: applied.reference }
      logger.info(
        'updater.propagated',
        fields,
        `${provider}: in force everywhere after ${(tookMs / 1000).toFixed(1)} s`,
      )
    } else if (tookMs < GIVE_UP_MS) this.#askAfter(PAUSE_MS, applied, acceptedAtMs, signal)
    else {
      const text = `${provider}: the change is still not in force everywhere after ${Math.round(tookMs / 1000)} s`
      logger.warn('updater.not-propagated', { provider, tookMs, reference: applied.reference }, text)
    }
  }
}
