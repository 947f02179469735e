import { z } from 'zod'
import { type Outcome, outcome } from '../core/outcome.ts'
import type { Target, Transport } from '../core/target.ts'
import { parseRetryAfterMs } from '../wire/sip/header-values.ts'
import { header, type SipResponse } from '../wire/sip/message.ts'
import { printable } from '../wire/sip/printable.ts'
import { type AskContext, defineProbe, type ProbeDeps, type Prober } from './definition.ts'
import { statusMatcher, statusPattern } from './expected-statuses.ts'
import { defaultUserAgent, optionsRequest } from './options-request.ts'
import { type Judgement, judgeOptionsAnswer } from './response-table.ts'
import {
  checkTransportKeys,
  readTrustAnchors,
  SIP_URI,
  sipEndpoint,
  sipEndpointShape,
  USER_PART,
} from './sip-endpoint.ts'
import { requestForm } from './transport/request-form.ts'
import type { SipEndpoint, SipQuestion, SipResult } from './transport/sip-transports.ts'

const DAY_MS = 86_400_000
/** Less left than this is said in the outcome, which stays a pass. */
const CERTIFICATE_WARNING_DAYS = 21

const options = z
  .strictObject({
    ...sipEndpointShape,
    expect: z
      .array(statusPattern)
      .min(1)
      .optional()
      .describe('Final statuses that pass, like 200, 200-299 or 2xx, instead of the built-in table.'),
    maxForwards: z
      .number()
      .int()
      .min(0)
      .max(255)
      .default(70)
      .describe('Max-Forwards (RFC 3261 section 20.22). Default 70.'),
    from: z
      .string()
      .max(200)
      .regex(SIP_URI, 'not a SIP URI, like sip:monitor@example.com')
      .optional()
      .describe('URI of the From header.'),
    user: z
      .string()
      .max(100)
      .regex(USER_PART, 'not the user part of a SIP URI')
      .optional()
      .describe('User part of the request URI. Default none.'),
    uri: z
      .string()
      .max(200)
      .regex(SIP_URI, 'not a SIP URI, like sip:ping@example.com')
      .optional()
      .describe('The whole request URI. Default the target.'),
  })
  .refine((given) => given.uri === undefined || given.user === undefined, {
    error: 'uri already has a user part: give one of uri and user',
    path: ['user'],
  })
  .superRefine(checkTransportKeys)

/** One for the question; before it one for TCP, two for TLS 1.2, one for a WebSocket's upgrade. */
const ROUND_TRIPS: Readonly<Record<Transport, number>> = { udp: 1, tcp: 2, tls: 4, ws: 3, wss: 5 }

export type SipOptionsSettings = z.output<typeof options>

export const sipOptions = defineProbe<SipOptionsSettings>({
  kind: 'sip-options',
  files: ['ca'],
  summary:
    'Sends OPTIONS (RFC 3261 section 11) and reads the answer: proves that the SIP workers answer over this transport, ' +
    'not that calls go through. Costs the server one stateless answer.',
  options,
  create: (settings, deps) => new SipOptionsProber(settings, deps),
})

type Seen = { -readonly [Key in keyof Outcome as Exclude<Key, 'result' | 'reason'>]: Outcome[Key] }

interface Prepared {
  readonly endpoint: SipEndpoint
  readonly question: SipQuestion
}

class SipOptionsProber implements Prober {
  readonly tellsSpurious = true
  readonly #settings: SipOptionsSettings
  readonly #deps: ProbeDeps
  readonly #userAgent: string
  readonly #expected: ((status: number) => boolean) | undefined
  /** What is asked where, which a configuration settles; by address. */
  readonly #prepared = new WeakMap<Target, Map<string, Prepared>>()
  #ca: string | undefined

  constructor(settings: SipOptionsSettings, deps: ProbeDeps) {
    this.#settings = settings
    this.#deps = deps
    this.#userAgent = settings.userAgent ?? defaultUserAgent()
    this.#expected = settings.expect === undefined ? undefined : statusMatcher(settings.expect)
  }

  async start(): Promise<void> {
    this.#ca = await readTrustAnchors(this.#settings.ca)
  }

  get roundTrips(): number {
    return ROUND_TRIPS[this.#settings.transport]
  }

  async ask(target: Target, address: string, context: AskContext): Promise<Outcome> {
    const { endpoint, question } = this.#prepare(target, address)
    return this.#judge(await this.#deps.sip.ask(endpoint, question, context))
  }

  async close(): Promise<void> {}

  #prepare(target: Target, address: string): Prepared {
    let byAddress = this.#prepared.get(target)
    if (byAddress === undefined) {
      byAddress = new Map()
      this.#prepared.set(target, byAddress)
    }
    const known = byAddress.get(address)
    if (known !== undefined) return known
    const { transport } = this.#settings
    const port = target.ports[transport]
    const request = { ...this.#settings, address, port, userAgent: this.#userAgent }
    const compose: SipQuestion['compose'] = (local, ids) => optionsRequest(request, local, ids)
    // Over a WebSocket Via and Contact name a host that is drawn anew each time (RFC 7118 section 5).
    const stands = transport !== 'ws' && transport !== 'wss'
    const prepared: Prepared = {
      endpoint: sipEndpoint(this.#settings, target, address, this.#ca),
      question: { method: 'OPTIONS', compose: stands ? requestForm(compose) : compose },
    }
    byAddress.set(address, prepared)
    return prepared
  }

  #judge(result: SipResult): Outcome {
    if (result.kind === 'failure') {
      const { reason, detail, attempts, status } = result
      return outcome(reason, { detail, attempts, ...(status === undefined ? {} : { status }) })
    }
    const { response, attempts, rttMs } = result
    const { status } = response
    const retryAfterMs = status === 503 ? parseRetryAfterMs(header(response, 'retry-after')) : undefined
    const { reason, note } = this.#judgement(response, retryAfterMs, result.certificateEndsMs)
    const said = `${status} ${response.phrase}`.trim()
    const seen: Seen = { attempts, status, detail: printable(note === undefined ? said : `${said}: ${note}`) }
    if (rttMs !== undefined) seen.rttMs = rttMs
    if (retryAfterMs !== undefined) seen.retryAfterMs = retryAfterMs
    return outcome(reason, seen)
  }

  /**
   * | `expect` | listed | 503 with Retry-After | judged by |
   * |----------|--------|----------------------|-----------|
   * | no       | -      | -                    | the response table |
   * | yes      | yes    | -                    | ok |
   * | yes      | no     | yes                  | overload: the server's own word is more telling |
   * | yes      | no     | no                   | unexpected |
   */
  #judgement(
    response: SipResponse,
    retryAfterMs: number | undefined,
    certificateEndsMs: number | undefined,
  ): Judgement {
    const { status } = response
    const listed = this.#expected?.(status)
    const byTable = judgeOptionsAnswer({
      status,
      maxForwards: this.#settings.maxForwards,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    })
    if (listed === false && byTable.reason !== 'overload') {
      return { reason: 'unexpected', note: 'not among the statuses expected' }
    }
    const judged: Judgement = listed === true ? { reason: 'ok' } : byTable
    if (judged.reason !== 'ok' || certificateEndsMs === undefined) return judged
    const days = Math.floor((certificateEndsMs - this.#deps.clock.nowMs()) / DAY_MS)
    if (days >= CERTIFICATE_WARNING_DAYS) return judged
    return {
      reason: 'ok-noted',
      note: days < 0 ? 'the certificate has expired' : `the certificate ends in ${days} days`,
    }
  }
}
