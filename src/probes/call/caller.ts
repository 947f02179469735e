import { type Outcome, outcome } from '../../core/outcome.ts'
import type { Target } from '../../core/target.ts'
import { parseRetryAfterMs, uriHost } from '../../wire/sip/header-values.ts'
import { header, type SipResponse } from '../../wire/sip/message.ts'
import { printable } from '../../wire/sip/printable.ts'
import { type AccountOptions, accountOf } from '../auth/account-options.ts'
import { DigestAuth } from '../auth/digest-auth.ts'
import { Refusals } from '../auth/refusals.ts'
import type { AskContext, ProbeDeps } from '../definition.ts'
import { defaultUserAgent } from '../options-request.ts'
import { said } from '../said.ts'
import { readTrustAnchors, type SipEndpointOptions, sipEndpoint } from '../sip-endpoint.ts'
import { withinBudget } from '../transport/budget.ts'
import { transportParameter } from '../transport/sent-by.ts'
import { Call } from './call.ts'
import type { CallPlan, CallResult } from './call-plan.ts'
import { judgeInviteAnswer } from './invite-table.ts'
import { StandingCalls } from './standing-calls.ts'

export interface CallerOptions extends SipEndpointOptions, AccountOptions {
  readonly extension: string
  readonly domain?: string | undefined
  readonly from?: string | undefined
  readonly userAgent?: string | undefined
}

/** What a finished or failed call cost and took, as an outcome tells it. */
export interface CallFacts {
  readonly attempts: number
  readonly rttMs?: number
  readonly status?: number
}

/** Makes test calls by one probe's options, and sees to it that none is left standing. */
export class Caller {
  readonly #options: CallerOptions
  readonly #deps: ProbeDeps
  readonly #auth: DigestAuth
  readonly #refusals: Refusals
  readonly #standing: StandingCalls
  readonly #userAgent: string
  #ca: string | undefined

  constructor(options: CallerOptions, deps: ProbeDeps) {
    this.#options = options
    this.#deps = deps
    this.#auth = new DigestAuth(accountOf(options))
    this.#refusals = new Refusals(deps)
    this.#standing = new StandingCalls(deps.timers)
    this.#userAgent = options.userAgent ?? defaultUserAgent()
  }

  /** Requests of a call that is answered: INVITE, ACK, BYE; with an account INVITE and ACK once more. */
  get requests(): number {
    return this.#options.password === undefined ? 3 : 5
  }

  /** Rejects with `tls-ca-unusable`. */
  async start(): Promise<void> {
    this.#ca = await readTrustAnchors(this.#options.ca)
  }

  /** The outcome to give without calling, where the target refused our account not long ago. */
  standingRefusal(target: Target): Outcome | undefined {
    return this.#refusals.standing(target)
  }

  call(
    target: Target,
    address: string,
    context: AskContext,
    how: Pick<CallPlan, 'offer' | 'ring'>,
  ): { readonly call: Call; readonly result: Promise<CallResult> } {
    const { extension, user, from } = this.#options
    const endpoint = sipEndpoint(this.#options, target, address, this.#ca)
    const host = this.#options.domain ?? `${uriHost(address)}:${endpoint.port}`
    const caller = user === undefined ? undefined : `sip:${user}@${this.#options.domain ?? uriHost(address)}`
    const plan: CallPlan = {
      endpoint,
      uri: `sip:${extension}@${host}${transportParameter(endpoint.transport)}`,
      from: from ?? caller,
      userAgent: this.#userAgent,
      auth: this.#auth.begin(`${target.id} ${address}`),
      ...how,
    }
    const call = new Call(this.#deps, plan, context)
    this.#standing.add(call)
    return { call, result: call.place() }
  }

  /** What a call that did not come to an answer, or to ringing, means. */
  outcomeOf(
    target: Target,
    call: Call,
    result: Exclude<CallResult, { kind: 'answered' | 'ringing' }>,
    expected?: (status: number) => boolean,
  ): Outcome {
    if (result.kind === 'failure') {
      const { status } = result
      const { attempts } = call
      return outcome(result.fault.reason, {
        detail: printable(result.fault.detail),
        attempts,
        ...(status === undefined ? {} : { status }),
      })
    }
    const facts = this.factsOf(call, result.response)
    // Whether an account may call is decided by whoever asked for it, and 403 is the commonest word for "wrong password".
    if (result.kind === 'refused') return this.#refusals.note(target, result.why, facts)
    if (result.response.status === 403 && expected?.(403) !== true) {
      return this.#refusals.note(target, said(result.response, 'it refuses our calls'), facts)
    }
    this.#refusals.forget(target)
    return this.#judged(result.response, facts, expected)
  }

  /** The account works, if there is one. */
  succeeded(target: Target): void {
    this.#refusals.forget(target)
  }

  factsOf(call: Call, response: SipResponse): CallFacts & { status: number } {
    const { attempts, rttMs } = call
    return { attempts, status: response.status, ...(rttMs === undefined ? {} : { rttMs }) }
  }

  /** Whether the event came within that time; false as well where the question is withdrawn. */
  async cameWithin(event: Promise<void>, timeoutMs: number, { signal }: AskContext): Promise<boolean> {
    const budget = { timeoutMs: Math.max(0, timeoutMs), ...(signal === undefined ? {} : { signal }) }
    const end = await withinBudget<{ kind: 'came' }>(budget, this.#deps.timers, (settle) => {
      void event.then(() => settle({ kind: 'came' }))
    })
    return end.kind === 'came'
  }

  /** Hangs up all calls and waits, but not for ever, until they are gone. */
  async close(): Promise<void> {
    await this.#standing.drain()
  }

  /** As for OPTIONS: an `expect` list replaces the table, but 503 with Retry-After stays overload. */
  #judged(response: SipResponse, facts: CallFacts, expected?: (status: number) => boolean): Outcome {
    const { status } = response
    const retryAfterMs = status === 503 ? parseRetryAfterMs(header(response, 'retry-after')) : undefined
    const byTable = judgeInviteAnswer(status, retryAfterMs)
    const listed = expected?.(status)
    const unlisted = listed === false && byTable.reason !== 'overload'
    const { reason, note } = unlisted
      ? { reason: 'unexpected' as const, note: 'not among the statuses expected' }
      : listed === true
        ? { reason: 'ok' as const, note: undefined }
        : byTable
    return outcome(reason, {
      ...facts,
      detail: said(response, note),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    })
  }
}
