import { targetId } from '../core/brand.ts'
import type { Clock, Logger } from '../core/ports.ts'
import { answerSole, initialSole, type SoleActive } from '../policy/sole-active.ts'
import type { Engine } from './engine.ts'

/** Where the configuration says nothing: twice the slowest usual probe (Azure's 15 s). */
const DEFAULT_HANDOVER_MS = 30_000

export type LbAnswer =
  | { readonly status: 'active' }
  | { readonly status: 'standby' }
  /** It will be active in this many milliseconds, unless the decision moves on. */
  | { readonly status: 'taking-over'; readonly inMs: number }

/** Answers the health probes of other balancers: one target of a pool is active at most, whoever asks when. */
export class LbAnswers {
  readonly #deps: { readonly clock: Clock; readonly logger: Logger }
  readonly #startedMs: number
  readonly #pools = new Map<string, SoleActive>()

  constructor(deps: { readonly clock: Clock; readonly logger: Logger }) {
    this.#deps = deps
    this.#startedMs = deps.clock.nowMs()
  }

  /** Undefined where there is no such target. Goes by all probes of the pool. */
  answer(
    engine: Pick<Engine, 'roster' | 'decisionOf'>,
    pool: string,
    target: string,
    handoverMs = DEFAULT_HANDOVER_MS,
  ): LbAnswer | undefined {
    if (!engine.roster.targets.has(targetId(pool, target))) return undefined
    const whole = engine.roster.viewsOfPool.get(pool)?.[0]
    const decision = whole === undefined ? undefined : engine.decisionOf(whole.key)
    if (decision === undefined) return { status: 'standby' }
    const { clock, logger } = this.#deps
    // A pool that a reload brought may have had another life as well: it counts from our start, as all do.
    const before = this.#pools.get(pool) ?? initialSole(this.#startedMs)
    const times = { nowMs: clock.nowMs(), handoverMs }
    const { state, active, waitMs } = answerSole(before, decision, target, times)
    this.#pools.set(pool, state)
    if (state.holder !== before.holder) {
      logger.info(
        'lb.handed-over',
        { pool, from: before.holder, to: state.holder },
        `other balancers are told that ${target} is the active target of ${pool}`,
      )
    }
    if (active) return { status: 'active' }
    return waitMs === undefined ? { status: 'standby' } : { status: 'taking-over', inMs: waitMs }
  }
}
