import type { HealthState } from '../core/health.ts'
import { familyOf } from './evidence.ts'
import type { Watch } from './roster.ts'

/**
 * Who is down in silence, and when each family was heard last: enough to know without asking ten thousand watches that nothing is in doubt.
 * A death is proved once anybody of its family was heard after it began; only one that is not has to be looked into (`sightOf`).
 */
export class SilentDeaths {
  /** By watch key. */
  readonly #deaths = new Map<string, { readonly family: 4 | 6; readonly beganMs: number }>()
  readonly #heardMs = { 4: Number.NEGATIVE_INFINITY, 6: Number.NEGATIVE_INFINITY }

  clear(): void {
    this.#deaths.clear()
    this.#heardMs[4] = Number.NEGATIVE_INFINITY
    this.#heardMs[6] = Number.NEGATIVE_INFINITY
  }

  /** After every outcome. */
  note(watch: Watch, state: HealthState): void {
    const family = familyOf(watch.address)
    const { heardAtMs, status, unanswered, drainUntilMs, failingSinceMs, sinceMs } = state
    if (heardAtMs !== undefined && heardAtMs > this.#heardMs[family]) this.#heardMs[family] = heardAtMs
    const silent =
      status === 'down' && unanswered > 0 && drainUntilMs === undefined && watch.sentinel !== true
    if (silent) this.#deaths.set(watch.key, { family, beganMs: failingSinceMs ?? sinceMs })
    else if (this.#deaths.size > 0) this.#deaths.delete(watch.key)
  }

  /** True when every silent death is proved. */
  get proved(): boolean {
    for (const { family, beganMs } of this.#deaths.values()) {
      if (beganMs >= this.#heardMs[family]) return false
    }
    return true
  }
}
