import { messageOf } from '../../core/errors.ts'
import type { Clock, Logger, Random } from '../../core/ports.ts'
import { RCODE } from '../../wire/dns/constants.ts'
import { FLAG, writeHeader } from '../../wire/dns/message.ts'
import { HEADER } from '../../wire/dns/query.ts'
import { answer } from './answer.ts'
import type { ClientAddress } from './client-address.ts'
import { type AnswerContext, answerContext } from './context.ts'
import { type AnswerPolicy, PLAIN_POLICY } from './policy.ts'
import type { Tally } from './tally.ts'

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
    if (octets > 0) this.#tally.reply(out, context.rcode)
    else if (!context.withheld) this.#tally.dropped++
    return octets
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
