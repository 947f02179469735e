/** A registrar for the lab: digest, a location store, and a database that can go. Needs no test runner. */
import { type Behaviour, type LabReply, type LabRequest, response, status } from './sip-behaviours.ts'
import { DigestGate, type DigestOptions } from './sip-digest.ts'

export interface RegistrarOptions {
  /** Absent: anybody may register. */
  readonly digest?: DigestOptions
  /** Seconds below which it says 423. */
  readonly minExpires?: number
  /** It takes bindings and forgets them. */
  readonly forgetful?: boolean
}

export class Registrar implements Behaviour {
  readonly gate: DigestGate | undefined
  /** Contact URIs by address-of-record, with their seconds. */
  readonly bindings = new Map<string, Map<string, number>>()
  /** Every binding that was ever written, with its seconds. */
  readonly written: { readonly contact: string; readonly expires: number }[] = []
  readonly #options: RegistrarOptions

  constructor(options: RegistrarOptions = {}) {
    this.#options = options
    this.gate = options.digest === undefined ? undefined : new DigestGate(options.digest)
  }

  onRequest(request: LabRequest, reply: LabReply): void {
    if (request.method !== 'REGISTER') {
      reply.send(response(request, request.method === 'OPTIONS' ? 200 : 405))
      return
    }
    const challenge = this.gate?.challenge(request)
    if (challenge !== undefined) {
      reply.send(challenge)
      return
    }
    reply.send(this.#register(request))
  }

  #register(request: LabRequest): string {
    const account = /<([^>]+)>/.exec(request.header('to') ?? '')?.[1] ?? ''
    const contact = /<([^>]+)>/.exec(request.header('contact') ?? '')?.[1]
    const store = this.bindings.get(account) ?? new Map<string, number>()
    this.bindings.set(account, store)
    if (contact !== undefined) {
      // The Contact's own word comes first (RFC 3261 section 10.2.1.1).
      const own = /;expires=(\d+)/i.exec(request.header('contact') ?? '')?.[1]
      const expires = Number(own ?? request.header('expires') ?? 3600)
      const { minExpires = 0, forgetful = false } = this.#options
      if (expires > 0 && expires < minExpires) {
        return response(request, 423, { headers: [['Min-Expires', String(minExpires)]] })
      }
      if (expires === 0) store.delete(contact)
      else if (!forgetful) store.set(contact, expires)
      if (expires > 0) this.written.push({ contact, expires })
    }
    const headers = [...store].map(([uri, seconds]) => ['Contact', `<${uri}>;expires=${seconds}`] as const)
    return response(request, 200, { headers })
  }
}

/** OPTIONS is answered from the script, before any database; REGISTER needs one, and it is gone. */
export const databaseGone: Behaviour = {
  onRequest: (request, reply) => status(request.method === 'OPTIONS' ? 200 : 500).onRequest(request, reply),
}
