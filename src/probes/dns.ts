import { randomInt } from 'node:crypto'
import { z } from 'zod'
import { type Outcome, outcome } from '../core/outcome.ts'
import { port, wholeNumber } from '../core/schemas.ts'
import type { Target } from '../core/target.ts'
import type { Message } from '../wire/dns/read-message.ts'
import { printable } from '../wire/sip/printable.ts'
import { type AskContext, defineProbe, type ProbeDeps, type Prober } from './definition.ts'
import {
  answersOf,
  canonicalData,
  composeQuery,
  QUERY_TYPES,
  type Query,
  queryName,
  type Reply,
  readReply,
} from './dns/query.ts'
import { askStream } from './dns/stream-question.ts'
import { askDatagram, type DatagramEndpoint } from './transport/datagram-question.ts'
import type { SocketFault } from './transport/errno-reasons.ts'
import { LateAnswers } from './transport/late-answers.ts'

const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'] as const

const options = z
  .strictObject({
    name: z
      .string()
      .refine((text) => queryName(text) !== undefined, 'not a domain name, like voice.example.com.')
      .describe('Domain name to ask for; always absolute.'),
    recordType: z.enum(QUERY_TYPES).default('A').describe('Record type to ask for. Default A.'),
    port: port().default(53).describe('Port to ask. Default 53.'),
    transport: z
      .enum(['udp', 'tcp'])
      .default('udp')
      .describe('udp turns to TCP for a truncated answer. Default udp.'),
    recursion: z
      .boolean()
      .default(false)
      .describe('Ask for recursion (RD), as one asks a resolver. Default false.'),
    authoritative: z
      .boolean()
      .default(false)
      .describe('The answer has to be authoritative (AA). Default false.'),
    rcode: z
      .array(z.enum(RCODES))
      .min(1)
      .default(['NOERROR'])
      .describe('Response codes that pass. Default NOERROR.'),
    answers: z
      .array(z.string().min(1).max(1000))
      .max(100)
      .optional()
      .describe(
        'Data that has to be among the answers, as in a master file: 192.0.2.1, or "10 60 5060 sip1.example.com.".',
      ),
    minAnswers: wholeNumber(0, 100)
      .default(1)
      .describe('With NOERROR: how many records of the type have to come. Default 1.'),
  })
  .superRefine(({ answers = [], recordType: type }, context) => {
    for (const [index, text] of answers.entries()) {
      if (canonicalData(text, type) === undefined)
        context.addIssue({
          code: 'custom',
          path: ['answers', index],
          message: `not the data of a record of type ${type}`,
        })
    }
  })

export type DnsSettings = z.output<typeof options>

export const dns = defineProbe<DnsSettings>({
  kind: 'dns',
  summary:
    'Asks a DNS query and reads the answer: proves that a resolver or an authority answers, and answers rightly. ' +
    'Costs the server one answer.',
  options,
  create: (settings, deps) => new DnsProber(settings, deps),
})

type Asked =
  | { readonly kind: 'reply'; readonly reply: Reply; readonly attempts: number; readonly rttMs?: number }
  | { readonly kind: 'failure'; readonly fault: SocketFault; readonly attempts: number }

class DnsProber implements Prober {
  /** A truncated answer's outcome counts what left over TCP, which is sent once: then there is nothing to take back. */
  readonly tellsSpurious = true
  readonly #settings: DnsSettings
  readonly #deps: ProbeDeps
  readonly #late: LateAnswers
  readonly #query: Query
  readonly #expected: readonly string[]

  constructor(settings: DnsSettings, deps: ProbeDeps) {
    const { name, recordType: type, recursion, answers = [] } = settings
    const asked = queryName(name)
    if (asked === undefined) throw new TypeError(`not a domain name: ${name}`)
    this.#settings = settings
    this.#deps = deps
    this.#late = new LateAnswers(deps.timers)
    this.#query = { name: asked, type, recursion }
    this.#expected = answers.map((text) => canonicalData(text, type) ?? text)
  }

  /**
   * UDP one, and two more over TCP where the answer turns out truncated. Not with recursion: what a resolver has to ask for itself takes as
   * long as others take, and what it remembers says nothing of that.
   */
  get roundTrips(): number | undefined {
    if (this.#settings.recursion) return undefined
    return this.#settings.transport === 'tcp' ? 2 : 3
  }

  async start(): Promise<void> {}

  close(): Promise<void> {
    return this.#late.close()
  }

  async ask(target: Target, address: string, context: AskContext): Promise<Outcome> {
    const endpoint = { address, port: this.#settings.port, source: target.source }
    const startMs = this.#deps.clock.nowMs()
    let asked = await this.#askOver(this.#settings.transport, endpoint, context)
    if (asked.kind === 'reply' && asked.reply.kind === 'truncated' && this.#settings.transport === 'udp') {
      context.trace?.({ direction: 'note', text: 'truncated: asking over TCP' })
      context.onSend?.()
      const leftMs = Math.max(1, context.timeoutMs - (this.#deps.clock.nowMs() - startMs))
      asked = await this.#askOver('tcp', endpoint, { ...context, timeoutMs: leftMs })
    }
    const judged = this.#judge(asked)
    context.trace?.({ direction: 'note', text: judged.detail ?? judged.reason })
    return judged
  }

  async #askOver(transport: 'udp' | 'tcp', endpoint: DatagramEndpoint, context: AskContext): Promise<Asked> {
    const id = randomInt(0x10000)
    const bytes = composeQuery(this.#query, id)
    const { name, type } = this.#query
    const where = `${endpoint.address} port ${endpoint.port} over ${transport}`
    context.trace?.({ direction: 'sent', text: printable(`${type} ${name} to ${where}`) })
    if (transport === 'tcp') return this.#askStream(endpoint, bytes, id, context)
    const { clock, timers } = this.#deps
    const end = await askDatagram<Reply>(
      endpoint,
      { bytes, repeatAtMs: [context.timeoutMs / 2], accept: (given) => readReply(given, this.#query, id) },
      context,
      { clock, timers, late: this.#late },
    )
    const { attempts } = end
    switch (end.kind) {
      case 'answer':
        return {
          kind: 'reply',
          reply: end.answer,
          attempts,
          ...(end.rttMs === undefined ? {} : { rttMs: end.rttMs }),
        }
      case 'fault':
        return { kind: 'failure', fault: end.fault, attempts }
      case 'timeout': {
        const strays = end.strays === 0 ? '' : `; ignored ${end.strays} that were not answers to it`
        return {
          kind: 'failure',
          fault: { reason: 'timeout', detail: `no answer${strays}` },
          attempts: Math.max(1, attempts),
        }
      }
      case 'aborted':
        return { kind: 'failure', fault: WITHDRAWN, attempts }
    }
  }

  async #askStream(
    endpoint: DatagramEndpoint,
    bytes: Uint8Array,
    id: number,
    context: AskContext,
  ): Promise<Asked> {
    const end = await askStream(endpoint, bytes, context, this.#deps)
    switch (end.kind) {
      case 'message': {
        const reply = readReply(end.bytes, this.#query, id)
        if (reply !== undefined) return { kind: 'reply', reply, attempts: 1, rttMs: end.rttMs }
        return {
          kind: 'failure',
          fault: { reason: 'bad-reply', detail: 'an answer to something else' },
          attempts: 1,
        }
      }
      case 'fault':
        return { kind: 'failure', fault: end.fault, attempts: end.fault.reason === 'no-route' ? 0 : 1 }
      case 'timeout':
        return { kind: 'failure', fault: { reason: 'timeout', detail: 'no answer' }, attempts: 1 }
      case 'aborted':
        return { kind: 'failure', fault: WITHDRAWN, attempts: 0 }
    }
  }

  #judge(asked: Asked): Outcome {
    const { attempts } = asked
    if (asked.kind === 'failure') return outcome(asked.fault.reason, { attempts, detail: asked.fault.detail })
    const { reply, rttMs } = asked
    if (reply.kind === 'malformed') {
      return outcome('bad-reply', { attempts, detail: printable(`the answer is malformed (${reply.why})`) })
    }
    // Over TCP there is nothing to truncate for.
    if (reply.kind === 'truncated') return outcome('bad-reply', { attempts, detail: 'truncated over TCP' })
    const fault = this.#fault(reply.message)
    const rest = { attempts, ...(rttMs === undefined ? {} : { rttMs }) }
    if (fault !== undefined) return outcome('unexpected', { ...rest, detail: printable(fault) })
    const said = [rcodeName(reply.message.rcode), ...answersOf(reply.message, this.#query.type)]
    return outcome('ok', { ...rest, detail: printable(said.join(', ')) })
  }

  /** The first that is not as it has to be, most telling first. */
  #fault(message: Message): string | undefined {
    const { rcode, authoritative, minAnswers } = this.#settings
    const said = rcodeName(message.rcode)
    if (!(rcode as readonly string[]).includes(said)) return `${said}, not ${rcode.join(' or ')}`
    if (authoritative && !message.authoritative) return 'the answer is not authoritative'
    const answers = answersOf(message, this.#query.type)
    const missing = this.#expected.filter((data) => !answers.includes(data))
    const told = answers.length === 0 ? 'no record of that type' : answers.join(', ')
    if (missing.length > 0) return `missing ${missing.join(', ')}; it has ${told}`
    if (said === 'NOERROR' && answers.length < minAnswers)
      return `${answers.length} answers, not ${minAnswers}: ${told}`
    return undefined
  }
}

const WITHDRAWN: SocketFault = { reason: 'aborted', detail: 'the question was withdrawn' }

function rcodeName(rcode: number): string {
  return RCODES[rcode] ?? `RCODE${rcode}`
}
