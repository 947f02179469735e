import type { Clock, Logger } from '../../../core/ports.ts'

export interface Refusal {
  readonly client: string
  /** In the client's words where no zone of ours is meant; shortened. */
  readonly zone: string
  /** In plain words, without the client's own. */
  readonly why: string
  /** How many of the same kind came before it that were not told. */
  readonly passedOver?: number
}

/** Whoever is told of refusals. */
export interface Refusals {
  refused(refusal: Refusal): void
}

/** Counts every refusal, told or not. */
export function countedRefusals(count: { refused: number }, told: Refusals): Refusals {
  return {
    refused(refusal) {
      count.refused++
      told.refused(refusal)
    },
  }
}

/** The same refusal is told once in this span; the next line says how many were passed over. */
const QUIET_MS = 60_000

/** A thread tells the main one more often: two spans of one length, one behind the other, would make twice as long a silence. */
const THREAD_QUIET_MS = 10_000

/** Different refusals that are told apart; with more of them the oldest is forgotten. */
const KINDS_MAX = 256

/** Tellings in one span, whoever asks: clients' addresses are many. */
const LINES_MAX = 60

/** Of these, about one client: whoever invents names of keys shall not hide the refusals of others. */
const CLIENT_LINES_MAX = 10

/** Tells of refusals, each kind once in a while: nobody can fill a disk, or a thread's mail, by being refused. */
class QuietRefusals implements Refusals {
  readonly #clock: Clock
  readonly #quietMs: number
  readonly #tell: (refusal: Refusal) => void
  readonly #told = new Map<string, { atMs: number; passedOver: number }>()
  #spanAtMs = Number.NEGATIVE_INFINITY
  #lines = 0
  /** Tellings in this span, by client; no more than there are lines. */
  readonly #byClient = new Map<string, number>()

  constructor(clock: Clock, quietMs: number, tell: (refusal: Refusal) => void) {
    this.#clock = clock
    this.#quietMs = quietMs
    this.#tell = tell
  }

  refused({ client, zone, why, passedOver = 0 }: Refusal): void {
    const nowMs = this.#clock.nowMs()
    const name = zone.slice(0, 255)
    const key = `${client} ${name} ${why}`
    const known = this.#told.get(key)
    if (known !== undefined && nowMs - known.atMs < this.#quietMs) {
      known.passedOver += 1 + passedOver
      return
    }
    if (nowMs - this.#spanAtMs >= this.#quietMs) {
      this.#spanAtMs = nowMs
      this.#lines = 0
      this.#byClient.clear()
    }
    const ofClient = this.#byClient.get(client) ?? 0
    if (ofClient >= CLIENT_LINES_MAX || this.#lines >= LINES_MAX) return
    this.#lines++
    this.#byClient.set(client, ofClient + 1)
    this.#told.delete(key)
    this.#told.set(key, { atMs: nowMs, passedOver: 0 })
    const [oldest] = this.#told.keys()
    if (this.#told.size > KINDS_MAX && oldest !== undefined) this.#told.delete(oldest)
    const before = passedOver + (known?.passedOver ?? 0)
    this.#tell({ client, zone: name, why, ...(before === 0 ? {} : { passedOver: before }) })
  }
}

/** Says in the log who was refused: the same refusal once a minute. */
export function refusalLog(logger: Logger, clock: Clock): Refusals {
  return new QuietRefusals(clock, QUIET_MS, (refusal) =>
    logger.warn(
      'dns.transfer-refused',
      { ...refusal },
      `${refusal.client} was refused: ${refusal.why} (${refusal.zone})`,
    ),
  )
}

/** Hands the refusals of a thread on to the one that has the log. */
export function refusalMail(clock: Clock, post: (refusal: Refusal) => void): Refusals {
  return new QuietRefusals(clock, THREAD_QUIET_MS, post)
}
