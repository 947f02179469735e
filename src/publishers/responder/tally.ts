import { FLAG } from '../../wire/dns/message.ts'
import type { ResponderCounters } from './counters.ts'
import type { RateLimiter } from './rate-limiter.ts'
import { COUNTED_TYPES, cookieNames, rcodeName, typeNames, typeSlot } from './tally-words.ts'

/** Counts that are plain fields, in the order they have in the cells that threads share. */
const SHARED = ['queriesUdp', 'dropped', 'truncated', 'sendErrors', 'internalErrors', 'refused'] as const

/** Counts of the thread that has the TCP connections. */
const OWN = [
  'queriesTcp',
  'tcpConnections',
  'tcpAccepted',
  'tcpRefused',
  'tcpEvicted',
  'tcpTimedOut',
  'tcpFramingErrors',
] as const

const RCODES = 32
const COOKIES = cookieNames.length

/** Where each table begins among the cells. */
const RCODES_AT = { udp: SHARED.length, tcp: SHARED.length + RCODES } as const
const TYPES_AT = {
  udp: RCODES_AT.tcp + RCODES,
  tcp: RCODES_AT.tcp + RCODES + COUNTED_TYPES,
} as const
const COOKIES_AT = TYPES_AT.tcp + COUNTED_TYPES

type Transport = 'udp' | 'tcp'

/** Counts, as plain numbers that the hot path adds to. */
export class Tally {
  queriesUdp = 0
  queriesTcp = 0
  dropped = 0
  truncated = 0
  sendErrors = 0
  internalErrors = 0
  /** Transfers and signatures that were turned away. */
  refused = 0
  tcpConnections = 0
  tcpAccepted = 0
  tcpRefused = 0
  tcpEvicted = 0
  tcpTimedOut = 0
  tcpFramingErrors = 0
  readonly #cells: Float64Array

  /** `cells`: `Tally.CELLS` numbers in memory that another thread reads; see `share`. */
  constructor(cells: Float64Array = new Float64Array(Tally.CELLS)) {
    this.#cells = cells
    // A thread that takes over from another goes on counting.
    for (const [i, name] of SHARED.entries()) this[name] = cells[i] ?? 0
  }

  static readonly CELLS = COOKIES_AT + COOKIES

  /** Queries over UDP that the thread with these cells has had. */
  static queriesOf(cells: Float64Array): number {
    return cells[0] ?? 0
  }

  /** Lets the thread that reads the cells see what was counted. To be called once a batch: queries count with plain fields. */
  share(): void {
    const cells = this.#cells
    cells[0] = this.queriesUdp
    cells[1] = this.dropped
    cells[2] = this.truncated
    cells[3] = this.sendErrors
    cells[4] = this.internalErrors
    cells[5] = this.refused
  }

  /** The same counts, to add others to. */
  copy(): Tally {
    this.share()
    const copy = new Tally(this.#cells.slice())
    for (const name of OWN) copy[name] = this[name]
    return copy
  }

  /** Adds what another thread has shared. */
  add(cells: Float64Array): void {
    for (const [i, name] of SHARED.entries()) this[name] += cells[i] ?? 0
    for (let i = SHARED.length; i < Tally.CELLS; i++) this.#cells[i] = (this.#cells[i] ?? 0) + (cells[i] ?? 0)
  }

  /** A query of this type was read. */
  asked(transport: Transport, qtype: number): void {
    this.#count(TYPES_AT[transport] + typeSlot(qtype))
  }

  /** `word`: one of `COOKIE_WORD`. */
  cookie(word: number): void {
    this.#count(COOKIES_AT + word)
  }

  /** A reply with this whole RCODE was written to `out`. */
  reply(transport: Transport, out: Uint8Array, rcode: number): void {
    if (((out[2] ?? 0) & FLAG.TC) !== 0) this.truncated++
    this.#count(RCODES_AT[transport] + (rcode < RCODES ? rcode : 0))
  }

  counters(
    limiter?: RateLimiter,
  ): Omit<ResponderCounters, 'threads' | 'transfers' | 'notify' | 'publishing'> {
    const { slipped, withheld } = limiter?.counts() ?? { slipped: 0, withheld: 0 }
    const replies = { udp: this.#rcodes('udp'), tcp: this.#rcodes('tcp') }
    const responses: Record<string, number> = { ...replies.udp }
    for (const [name, count] of Object.entries(replies.tcp)) responses[name] = (responses[name] ?? 0) + count
    return {
      queriesUdp: this.queriesUdp,
      queriesTcp: this.queriesTcp,
      queries: { udp: this.#types('udp', this.queriesUdp), tcp: this.#types('tcp', this.queriesTcp) },
      responses,
      replies,
      cookies: this.#named(COOKIES_AT, cookieNames),
      dropped: this.dropped,
      truncated: this.truncated,
      slipped,
      withheld,
      sendErrors: this.sendErrors,
      internalErrors: this.internalErrors,
      refused: this.refused,
      tcpConnections: this.tcpConnections,
      tcpAccepted: this.tcpAccepted,
      tcpRefused: this.tcpRefused,
      tcpEvicted: this.tcpEvicted,
      tcpTimedOut: this.tcpTimedOut,
      tcpFramingErrors: this.tcpFramingErrors,
    }
  }

  #count(cell: number): void {
    this.#cells[cell] = (this.#cells[cell] ?? 0) + 1
  }

  #rcodes(transport: Transport): Record<string, number> {
    const names = Array.from({ length: RCODES }, (_, rcode) => rcodeName(rcode))
    return this.#named(RCODES_AT[transport], names)
  }

  /** What was no query, or had no question that could be read, is what is left of all. */
  #types(transport: Transport, all: number): Record<string, number> {
    const counts = this.#named(TYPES_AT[transport], typeNames)
    const read = Object.values(counts).reduce((sum, count) => sum + count, 0)
    return all > read ? { ...counts, none: all - read } : counts
  }

  /** Those that are not 0, by name. */
  #named(at: number, names: readonly string[]): Record<string, number> {
    const counts: Record<string, number> = {}
    for (const [i, name] of names.entries()) {
      const count = this.#cells[at + i] ?? 0
      if (count > 0) counts[name] = count
    }
    return counts
  }
}
