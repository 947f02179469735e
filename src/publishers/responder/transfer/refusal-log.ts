import type { Clock, Logger } from '../../../core/ports.ts'

export interface Refusal {
  readonly client: string
  /** In the client's words where no zone of ours is meant; shortened. */
  readonly zone: string
  /** In plain words, without the client's own. */
  readonly why: string
}

/** The same refusal is told once in this span; the next line says how many were passed over. */
const QUIET_MS = 60_000

/** Different refusals that are told apart; with more of them the oldest is forgotten. */
const KINDS_MAX = 256

/** Lines in one span, whoever asks: clients' addresses are many. */
const LINES_MAX = 60

/** Says who was refused, without letting anybody fill a disk. */
export class RefusalLog {
  readonly #logger: Logger
  readonly #clock: Clock
  readonly #told = new Map<string, { atMs: number; passedOver: number }>()
  #spanAtMs = Number.NEGATIVE_INFINITY
  #lines = 0

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger
    this.#clock = clock
  }

  refused({ client, zone, why }: Refusal): void {
    const nowMs = this.#clock.nowMs()
    const name = zone.slice(0, 255)
    const key = `${client} ${name} ${why}`
    const known = this.#told.get(key)
    if (known !== undefined && nowMs - known.atMs < QUIET_MS) {
      known.passedOver++
      return
    }
    if (nowMs - this.#spanAtMs >= QUIET_MS) {
      this.#spanAtMs = nowMs
      this.#lines = 0
    }
    if (++this.#lines > LINES_MAX) return
    this.#told.delete(key)
    this.#told.set(key, { atMs: nowMs, passedOver: 0 })
    const [oldest] = this.#told.keys()
    if (this.#told.size > KINDS_MAX && oldest !== undefined) this.#told.delete(oldest)
    const more = known === undefined || known.passedOver === 0 ? {} : { passedOver: known.passedOver }
    this.#logger.warn(
      'dns.transfer-refused',
      { client, zone: name, why, ...more },
      `${client} was refused: ${why} (${name})`,
    )
  }
}
