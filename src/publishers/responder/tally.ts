import { RCODE } from '../../wire/dns/constants.ts'
import { FLAG } from '../../wire/dns/message.ts'
import type { RateLimiter } from './rate-limiter.ts'

/** What the responder did since it was made. */
export interface ResponderCounters {
  readonly queriesUdp: number
  readonly queriesTcp: number
  /** Replies by RCODE name (`NOERROR`, `NXDOMAIN`, …); codes that were never sent are absent. */
  readonly responses: Readonly<Record<string, number>>
  /** Octets that deserve no answer: no header, a response, source port 0. */
  readonly dropped: number
  /** Replies sent with TC. */
  readonly truncated: number
  /** Over the rate limit: sent short, and not sent at all. */
  readonly slipped: number
  readonly withheld: number
  /** Replies that the system would not take. */
  readonly sendErrors: number
  /** Faults of our own while answering; each was answered with SERVFAIL. */
  readonly internalErrors: number
  /** Open now. */
  readonly tcpConnections: number
  readonly tcpAccepted: number
  /** Turned away: too many, in all or from one client. */
  readonly tcpRefused: number
  /** Closed by us to make room for a newcomer. */
  readonly tcpEvicted: number
  /** Closed by us: idle, dripping or not reading. */
  readonly tcpTimedOut: number
  /** Closed by us: a length that no query has. */
  readonly tcpFramingErrors: number
}

/** RCODEs that the responder can send; BADVERS shares its number with BADSIG, which travels in TSIG alone. */
const RCODE_NAMES: ReadonlyMap<number, string> = new Map(
  (
    [
      'NOERROR',
      'FORMERR',
      'SERVFAIL',
      'NXDOMAIN',
      'NOTIMP',
      'REFUSED',
      'NOTAUTH',
      'BADVERS',
      'BADCOOKIE',
    ] as const
  ).map((name) => [RCODE[name], name]),
)

/** Counts that a thread which answers over UDP shares, before those by RCODE. */
const SHARED = 5
const RCODES = 32

/** Counts, as plain numbers that the hot path adds to. */
export class Tally {
  queriesUdp = 0
  queriesTcp = 0
  dropped = 0
  truncated = 0
  sendErrors = 0
  internalErrors = 0
  tcpConnections = 0
  tcpAccepted = 0
  tcpRefused = 0
  tcpEvicted = 0
  tcpTimedOut = 0
  tcpFramingErrors = 0
  readonly #cells: Float64Array
  readonly #byRcode: Float64Array

  /** `cells`: `Tally.CELLS` numbers in memory that another thread reads; see `share`. */
  constructor(cells: Float64Array = new Float64Array(Tally.CELLS)) {
    this.#cells = cells
    this.#byRcode = cells.subarray(SHARED)
    // A thread that takes over from another goes on counting.
    this.queriesUdp = cells[0] ?? 0
    this.dropped = cells[1] ?? 0
    this.truncated = cells[2] ?? 0
    this.sendErrors = cells[3] ?? 0
    this.internalErrors = cells[4] ?? 0
  }

  static readonly CELLS = SHARED + RCODES

  /** Lets the thread that reads the cells see what was counted. To be called once a batch: queries count with plain fields. */
  share(): void {
    this.#cells[0] = this.queriesUdp
    this.#cells[1] = this.dropped
    this.#cells[2] = this.truncated
    this.#cells[3] = this.sendErrors
    this.#cells[4] = this.internalErrors
  }

  /** The same counts, to add others to. */
  copy(): Tally {
    this.share()
    const copy = new Tally(this.#cells.slice())
    copy.queriesTcp = this.queriesTcp
    copy.tcpConnections = this.tcpConnections
    copy.tcpAccepted = this.tcpAccepted
    copy.tcpRefused = this.tcpRefused
    copy.tcpEvicted = this.tcpEvicted
    copy.tcpTimedOut = this.tcpTimedOut
    copy.tcpFramingErrors = this.tcpFramingErrors
    return copy
  }

  /** Adds what another thread has shared. */
  add(cells: Float64Array): void {
    this.queriesUdp += cells[0] ?? 0
    this.dropped += cells[1] ?? 0
    this.truncated += cells[2] ?? 0
    this.sendErrors += cells[3] ?? 0
    this.internalErrors += cells[4] ?? 0
    for (let i = 0; i < RCODES; i++) this.#byRcode[i] = (this.#byRcode[i] ?? 0) + (cells[SHARED + i] ?? 0)
  }

  /** A reply with this whole RCODE was written to `out`. */
  reply(out: Uint8Array, rcode: number): void {
    if (((out[2] ?? 0) & FLAG.TC) !== 0) this.truncated++
    this.#byRcode[rcode] = (this.#byRcode[rcode] ?? 0) + 1
  }

  counters(limiter?: RateLimiter): ResponderCounters {
    const { slipped, withheld } = limiter?.counts() ?? { slipped: 0, withheld: 0 }
    const responses: Record<string, number> = {}
    this.#byRcode.forEach((count, rcode) => {
      if (count > 0) responses[RCODE_NAMES.get(rcode) ?? `RCODE${rcode}`] = count
    })
    return {
      queriesUdp: this.queriesUdp,
      queriesTcp: this.queriesTcp,
      responses,
      dropped: this.dropped,
      truncated: this.truncated,
      slipped,
      withheld,
      sendErrors: this.sendErrors,
      internalErrors: this.internalErrors,
      tcpConnections: this.tcpConnections,
      tcpAccepted: this.tcpAccepted,
      tcpRefused: this.tcpRefused,
      tcpEvicted: this.tcpEvicted,
      tcpTimedOut: this.tcpTimedOut,
      tcpFramingErrors: this.tcpFramingErrors,
    }
  }
}
