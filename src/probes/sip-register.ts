import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { type Outcome, outcome } from '../core/outcome.ts'
import { duration } from '../core/schemas.ts'
import type { Target } from '../core/target.ts'
import { parseRetryAfterMs, uriHost } from '../wire/sip/header-values.ts'
import { header, type SipResponse } from '../wire/sip/message.ts'
import { accountOf, accountShape } from './auth/account-options.ts'
import { DigestAuth } from './auth/digest-auth.ts'
import { Refusals } from './auth/refusals.ts'
import { type AskContext, defineProbe, type ProbeDeps, type Prober } from './definition.ts'
import { defaultUserAgent } from './options-request.ts'
import { judgeRegisterAnswer } from './register/register-table.ts'
import { listsBinding, type RegisterResult, Registration } from './register/registration.ts'
import { said } from './said.ts'
import {
  checkTransportKeys,
  HOST_OR_ADDRESS,
  readTrustAnchors,
  sipEndpoint,
  sipEndpointShape,
  USER_PART,
} from './sip-endpoint.ts'

const options = z
  .strictObject({
    ...sipEndpointShape,
    user: z
      .string()
      .min(1)
      .max(100)
      .regex(USER_PART, 'not the user part of a SIP URI')
      .describe('Test account: the user part of its address-of-record.'),
    domain: z
      .string()
      .max(253)
      .regex(HOST_OR_ADDRESS, 'not a host name or address')
      .optional()
      .describe("Domain of the account. Default the target's address."),
    ...accountShape,
    bind: z
      .boolean()
      .default(false)
      .describe('Write a binding and remove it again, instead of asking which there are. Default false.'),
    expires: duration({ minMs: 10_000, maxMs: 3_600_000 })
      .refine((ms) => ms % 1000 === 0, { error: 'allowed: whole seconds' })
      .default(60_000)
      .describe('With bind: how long the binding lives should its removal get lost. Default 60s.'),
  })
  .superRefine(checkTransportKeys)

export type SipRegisterSettings = z.output<typeof options>

export const sipRegister = defineProbe<SipRegisterSettings>({
  kind: 'sip-register',
  summary:
    'Sends REGISTER (RFC 3261 section 10) for a test account: proves that authentication and the location store work; with bind, that it ' +
    'can be written to. Costs the server one look-up and a digest, with bind two writes.',
  options,
  files: ['ca'],
  defaults: { intervalMs: 30_000, timeoutMs: 3_000 },
  create: (settings, deps) => new SipRegisterProber(settings, deps),
})

class SipRegisterProber implements Prober {
  readonly tellsSpurious = true
  readonly #settings: SipRegisterSettings
  readonly #deps: ProbeDeps
  readonly #auth: DigestAuth
  readonly #refusals: Refusals
  readonly #userAgent: string
  /** Of this prober alone, so that its binding replaces itself and never a phone's. */
  readonly #contactUser = `sipvane-${randomBytes(6).toString('hex')}`
  #ca: string | undefined

  constructor(settings: SipRegisterSettings, deps: ProbeDeps) {
    this.#settings = settings
    this.#deps = deps
    this.#auth = new DigestAuth(accountOf(settings))
    this.#refusals = new Refusals(deps)
    this.#userAgent = settings.userAgent ?? defaultUserAgent()
  }

  /** A nonce is used again, so a challenge is the exception; writing and removing are two requests. */
  get requests(): number {
    return this.#settings.bind ? 2 : 1
  }

  async start(): Promise<void> {
    this.#ca = await readTrustAnchors(this.#settings.ca)
  }

  async ask(target: Target, address: string, context: AskContext): Promise<Outcome> {
    const refusal = this.#refusals.standing(target)
    if (refusal !== undefined) return refusal
    const { domain = uriHost(address), user, transport, bind, expires } = this.#settings
    const { clock, sip } = this.#deps
    const endMs = clock.nowMs() + context.timeoutMs
    const registration = new Registration(
      { sip, leftMs: () => endMs - clock.nowMs() },
      sipEndpoint(this.#settings, target, address, this.#ca),
      { transport, uri: `sip:${domain}`, account: `sip:${user}@${domain}`, userAgent: this.#userAgent },
      this.#auth.begin(`${target.id} ${address}`),
      context,
    )
    if (!bind) return this.#outcomeOf(target, await registration.ask(), registration)
    const binding = { user: this.#contactUser, expires: expires / 1000 }
    let written = await registration.ask(binding)
    // RFC 3261 section 10.2.8: the registrar wants it longer, and says how long.
    if (written.kind === 'final' && written.response.status === 423) {
      const least = Number(/^\d{1,5}$/.exec(header(written.response, 'min-expires') ?? '')?.[0] ?? 3600)
      written = await registration.ask({ ...binding, expires: least })
    }
    const judged = this.#outcomeOf(target, written, registration)
    if (judged.result !== 'pass' || written.kind !== 'final' || written.response.status >= 300) return judged
    const { result: _result, reason: _reason, ...facts } = judged
    const removed = await registration.ask({ user: this.#contactUser, expires: 0 })
    if (!listsBinding(written.response, this.#contactUser)) {
      return outcome('unexpected', { ...facts, detail: '200, but the binding just written is not listed' })
    }
    if (removed.kind === 'final' && removed.response.status < 300) return judged
    return outcome('ok-noted', { ...facts, detail: 'the binding was not removed: it ends by itself' })
  }

  async close(): Promise<void> {}

  #outcomeOf(target: Target, result: RegisterResult, registration: Registration): Outcome {
    if (result.kind === 'failure') {
      const { reason, detail, status } = result
      return outcome(reason, {
        detail,
        attempts: registration.sentInVain,
        ...(status === undefined ? {} : { status }),
      })
    }
    const { response } = result
    const rttMs = 'rttMs' in result ? result.rttMs : undefined
    const facts = {
      attempts: registration.sentInVain + 1,
      status: response.status,
      ...(rttMs === undefined ? {} : { rttMs }),
    }
    if (result.kind === 'refused') return this.#refusals.note(target, result.why, facts)
    if (result.kind === 'unreadable') return outcome('bad-reply', { ...facts, detail: result.why })
    // RFC 3261 section 10.3, steps 3 to 5: not authorised, or no such address-of-record. FreeSWITCH says 403 to a wrong password.
    if (response.status === 403 || response.status === 404) {
      return this.#refusals.note(target, said(response, 'it does not know or allow the account'), facts)
    }
    this.#refusals.forget(target)
    return this.#judged(response, facts)
  }

  #judged(response: SipResponse, facts: { attempts: number; status: number }): Outcome {
    const { status } = response
    const retryAfterMs = status === 503 ? parseRetryAfterMs(header(response, 'retry-after')) : undefined
    const { reason, note } = judgeRegisterAnswer(status, retryAfterMs)
    return outcome(reason, {
      ...facts,
      detail: said(response, note),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    })
  }
}
