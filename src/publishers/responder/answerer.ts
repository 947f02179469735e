import { messageOf } from '../../core/errors.ts'
import type { Clock, Logger, Random } from '../../core/ports.ts'
import { RCODE } from '../../wire/dns/constants.ts'
import { FLAG, writeHeader } from '../../wire/dns/message.ts'
import { HEADER } from '../../wire/dns/query.ts'
import { answer, last } from './answer.ts'
import type { ClientAddress } from './client-address.ts'
import { type AnswerContext, answerContext } from './context.ts'
import { COOKIE_CLIENT_ONLY, COOKIE_NONE } from './cookies.ts'
import { type AnswerPolicy, PLAIN_POLICY } from './policy.ts'
import type { AskedOptions } from './reply-options.ts'
import type { Tally } from './tally.ts'
import { COOKIE_WORD } from './tally-words.ts'

/** The answers of the present snapshot, with counts, behind every socket. */
export class Answerer {
  readonly context: AnswerContext
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #tally: Tally

  constructor(deps: { random: Random; logger: Logger; tally: Tally; clock: Clock; policy?: AnswerPolicy }) {
    this.context = answerContext(deps.random, deps.policy ?? PLAIN_POLICY)
    this.#clock = deps.clock
    this.#logger = deps.logger
    this.#tally = deps.tally
  }

  /** As `answer`, of the first `length` octets; a fault of ours costs this one query a SERVFAIL and nothing else. */
  answer(
    bytes: Uint8Array,
    transport: 'udp' | 'tcp',
    client: ClientAddress,
    out: Uint8Array,
    length = bytes.length,
  ): number {
    const { context } = this
    context.transport = transport
    context.client = client
    context.nowMs = this.#clock.nowMs()
    let octets: number
    try {
      octets = answer(bytes, length, context, out)
    } catch (error) {
      this.#complain(error)
      if (length < HEADER) return 0
      writeHeader(out, bytes, FLAG.QR, RCODE.SERVFAIL, 0, 0, 0, 0)
      context.rcode = RCODE.SERVFAIL
      octets = HEADER
    }
    if (octets > 0 || context.withheld) this.#count(bytes, transport)
    else this.#tally.dropped++
    if (octets > 0) this.#tally.reply(transport, out, context.rcode)
    return octets
  }

  #count(bytes: Uint8Array, transport: 'udp' | 'tcp'): void {
    const { query, asked } = last
    // As it came: an IXFR over UDP is answered as if it had asked for the SOA.
    const typeAt = query.nameEnd
    if (query.questionEnd > HEADER)
      this.#tally.asked(transport, ((bytes[typeAt] ?? 0) << 8) | (bytes[typeAt + 1] ?? 0))
    this.#tally.cookie(cookieWord(bytes, asked))
  }

  /** Logged at 1, 2, 4, 8 … faults, so that nobody can fill a disk with a query that we trip over. */
  #complain(error: unknown): void {
    const count = ++this.#tally.internalErrors
    if ((count & (count - 1)) !== 0) return
    this.#logger.error(
      'dns.internal-error',
      { count, error: messageOf(error) },
      'a query met a fault of ours; it was answered with SERVFAIL',
    )
  }
}

function cookieWord(bytes: Uint8Array, { cookie, cookieAt }: Readonly<AskedOptions>): number {
  if (cookie === COOKIE_NONE) return COOKIE_WORD.NONE
  if (cookie !== COOKIE_CLIENT_ONLY) return COOKIE_WORD.GOOD
  // The octets before it are its length: a client's own has eight.
  return bytes[cookieAt - 1] === 8 ? COOKIE_WORD.FIRST : COOKIE_WORD.BAD
}
