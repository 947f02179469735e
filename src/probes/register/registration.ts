import { headers, type SipResponse } from '../../wire/sip/message.ts'
import { tooLongFor } from '../../wire/sip/size.ts'
import { addressUris } from '../../wire/sip/uri.ts'
import type { AuthExchange } from '../auth/digest-auth.ts'
import type { AskContext } from '../definition.ts'
import type { SipEndpoint, SipResult, SipTransports } from '../transport/sip-transports.ts'
import { type RegisterRequest, registerRequest } from './register-request.ts'

/** What a REGISTER came to, its challenges answered. */
export type RegisterResult =
  | { readonly kind: 'final'; readonly response: SipResponse; readonly rttMs?: number }
  | {
      readonly kind: 'refused'
      readonly response: SipResponse
      readonly why: string
      readonly rttMs?: number
    }
  | { readonly kind: 'unreadable'; readonly response: SipResponse; readonly why: string }
  | Extract<SipResult, { kind: 'failure' }>

export interface RegistrationDeps {
  readonly sip: Pick<SipTransports, 'ask'>
  /** Milliseconds left of the question's budget. */
  readonly leftMs: () => number
}

/** The REGISTERs of one question: one Call-ID, numbers that rise by one (RFC 3261 section 10.2). */
export class Registration {
  readonly #deps: RegistrationDeps
  readonly #endpoint: SipEndpoint
  readonly #request: Omit<RegisterRequest, 'cseq' | 'authorization' | 'binding'>
  readonly #auth: AuthExchange
  readonly #context: AskContext
  #callId: string | undefined
  #cseq = 0
  #sentInVain = 0

  constructor(
    deps: RegistrationDeps,
    endpoint: SipEndpoint,
    request: Omit<RegisterRequest, 'cseq' | 'authorization' | 'binding'>,
    auth: AuthExchange,
    context: AskContext,
  ) {
    this.#deps = deps
    this.#endpoint = endpoint
    this.#request = request
    this.#auth = auth
    this.#context = context
  }

  /** Transmissions that nobody answered, over all requests so far: an answer to a challenge is no retransmission. */
  get sentInVain(): number {
    return this.#sentInVain
  }

  /** Asks, and answers challenges until there is a word about something else. */
  async ask(binding?: RegisterRequest['binding']): Promise<RegisterResult> {
    for (;;) {
      const result = await this.#send(binding)
      if (result.kind === 'failure') return result
      const { response, rttMs } = result
      const timed = rttMs === undefined ? {} : { rttMs }
      if (response.status !== 401 && response.status !== 407) {
        this.#auth.accepted()
        return { kind: 'final', response, ...timed }
      }
      // The exchange says "again" twice at most for each side that asks.
      const challenged = this.#auth.challenged(response)
      if (challenged.kind === 'refused') return { kind: 'refused', response, why: challenged.why, ...timed }
      if (challenged.kind === 'unreadable') return { kind: 'unreadable', response, why: challenged.why }
    }
  }

  async #send(binding: RegisterRequest['binding']): Promise<SipResult> {
    if (this.#cseq > 0) this.#context.onSend?.()
    const cseq = ++this.#cseq
    const request: Omit<RegisterRequest, 'authorization'> = {
      ...this.#request,
      cseq,
      ...(binding === undefined ? {} : { binding }),
    }
    let tooLong: string | undefined
    const result = await this.#deps.sip.ask(
      this.#endpoint,
      {
        method: 'REGISTER',
        ...(this.#callId === undefined ? {} : { callId: this.#callId }),
        compose: (local, ids) => {
          this.#callId = ids.callId
          const authorization = this.#auth.headersFor('REGISTER', this.#request.uri)
          const bytes = registerRequest({ ...request, authorization }, local, ids)
          tooLong = tooLongFor(this.#endpoint.transport, 'REGISTER', bytes.length)
          // The only way out of here that sends nothing.
          if (tooLong !== undefined) throw new RangeError(tooLong)
          return bytes
        },
      },
      { ...this.#context, timeoutMs: Math.max(0, this.#deps.leftMs()) },
    )
    if (tooLong !== undefined) return { kind: 'failure', reason: 'no-verdict', detail: tooLong, attempts: 0 }
    const answered = result.kind === 'response' ? 1 : 0
    this.#sentInVain += Math.max(0, result.attempts - answered)
    return result
  }
}

/** Whether a 2xx lists the binding that we wrote (RFC 3261 section 10.3, step 8). */
export function listsBinding(response: SipResponse, user: string): boolean {
  return addressUris(headers(response, 'contact')).some((uri) => uri.toLowerCase().startsWith(`sip:${user}@`))
}
