import { type Outcome, outcome } from '../../core/outcome.ts'
import type { Clock, Logger } from '../../core/ports.ts'
import { formatDuration } from '../../core/schemas.ts'
import type { Target } from '../../core/target.ts'

/** fail2ban's jails ban after five to ten wrong passwords in ten minutes: one every quarter of an hour stays below. */
const REFUSAL_PAUSE_MS = 15 * 60_000

interface Refusal {
  readonly untilMs: number
  readonly why: string
  readonly status: number
}

export interface RefusalDeps {
  readonly probe: string
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Targets that refused our account. They are left alone for a while, since a monitor that knocks with a wrong password is banned,
 * and then sees a dead server. The refusal is ours, not the server's: the outcome is inconclusive.
 */
export class Refusals {
  readonly #deps: RefusalDeps
  readonly #refused = new Map<string, Refusal>()

  constructor(deps: RefusalDeps) {
    this.#deps = deps
  }

  /** What to answer without asking; undefined where the target may be asked. A target's addresses lead to the same account. */
  standing(target: Target): Outcome | undefined {
    const refusal = this.#refused.get(target.id)
    const leftMs = (refusal?.untilMs ?? 0) - this.#deps.clock.nowMs()
    if (refusal === undefined || leftMs <= 0) return undefined
    const minutes = Math.ceil(leftMs / 60_000)
    const detail = `${refusal.why}; not asked again for ${minutes} min`
    return outcome('credentials-refused', { detail, attempts: 0, status: refusal.status })
  }

  /** Takes a refusal down and says so in the log, once until the account works again. `why` is printable. */
  note(target: Target, why: string, facts: { attempts: number; status: number; rttMs?: number }): Outcome {
    const { probe, clock, logger } = this.#deps
    const known = this.#refused.has(target.id)
    const untilMs = clock.nowMs() + REFUSAL_PAUSE_MS
    this.#refused.set(target.id, { untilMs, why, status: facts.status })
    if (!known) {
      const pause = formatDuration(REFUSAL_PAUSE_MS)
      logger.warn(
        'probe.credentials-refused',
        { probe, target: target.id, status: facts.status, why },
        `probe ${probe}: ${target.id} refuses our account (${why}); asked again after ${pause} or a change of the probe's settings`,
      )
    }
    return outcome('credentials-refused', { detail: why, ...facts })
  }

  /** The account worked, or was not what failed. */
  forget(target: Target): void {
    this.#refused.delete(target.id)
  }
}
