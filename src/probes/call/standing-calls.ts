import type { Timers } from '../../core/ports.ts'
import type { Call } from './call.ts'

/** How long a closing probe waits for its calls to end. Each is sent its BYE or CANCEL at once. */
const DRAIN_MS = 1500
/** The same where nobody was heard at all: there is hardly a call, and a reload must not wait for the dead. */
const UNHEARD_DRAIN_MS = 200

/** Calls that may still stand, or hear late answers, those whose question was answered long ago included. */
export class StandingCalls {
  readonly #timers: Timers
  readonly #calls = new Set<Call>()

  constructor(timers: Timers) {
    this.#timers = timers
  }

  get size(): number {
    return this.#calls.size
  }

  add(call: Call): void {
    this.#calls.add(call)
    call.onReleased(() => this.#calls.delete(call))
  }

  /** Hangs up every call, waits a moment until none stands, then lets go. */
  async drain(): Promise<void> {
    const calls = [...this.#calls]
    if (calls.length === 0) return
    for (const call of calls) call.hangUp()
    let cancel = () => {}
    const late = new Promise<void>((resolve) => {
      const limitMs = calls.some((call) => call.isHeard) ? DRAIN_MS : UNHEARD_DRAIN_MS
      cancel = this.#timers.after(limitMs, resolve)
    })
    await Promise.race([Promise.all(calls.map((call) => call.quiet)), late])
    cancel()
    for (const call of calls) call.stop()
  }
}
