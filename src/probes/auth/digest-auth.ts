import { randomBytes } from 'node:crypto'
import { digestAuthorization } from '../../wire/sip/digest.ts'
import { type DigestAlgorithm, type DigestChallenge, pickChallenge } from '../../wire/sip/digest-challenge.ts'
import { headers, type SipResponse } from '../../wire/sip/message.ts'
import { printable } from '../../wire/sip/printable.ts'

/** Who the far end is told that we are. */
export interface Account {
  readonly username: string
  readonly password: string
  /** Only challenges of this realm are answered. Absent: of any. */
  readonly realm?: string
  readonly algorithms: readonly DigestAlgorithm[]
}

/** `www`: the server itself asks (401), `proxy`: one on the way (407). */
const SIDES = {
  www: { status: 401, asks: 'www-authenticate', answers: 'Authorization' },
  proxy: { status: 407, asks: 'proxy-authenticate', answers: 'Proxy-Authorization' },
} as const
type Side = keyof typeof SIDES

/** A nonce in use. It may sign further requests, which are counted (RFC 7616 section 3.4), so that most questions need one round trip. */
interface Session {
  readonly challenge: DigestChallenge
  uses: number
}

/** A nonce kept longer than this many requests is let go: its count has eight digits on the wire, and no server keeps one for ever. */
const MAX_USES = 100_000
/** Servers whose nonces are kept; beyond it the one that was new first goes. */
const MAX_SERVERS = 20_000

export type Challenged =
  | { readonly kind: 'again' }
  /** The account was refused although the procedure was right. */
  | { readonly kind: 'refused'; readonly why: string }
  /** Nothing that can be answered: not a challenge at all. */
  | { readonly kind: 'unreadable'; readonly why: string }

/** Digest credentials of one account toward any number of servers (RFC 3261 section 22, RFC 8760). */
export class DigestAuth {
  readonly #account: Account | undefined
  readonly #kept = new Map<string, Map<Side, Session>>()

  /** Without an account every challenge is a refusal. */
  constructor(account: Account | undefined) {
    this.#account = account
  }

  /** For the requests of one question to one server; `server` is any text that tells servers apart. */
  begin(server: string): AuthExchange {
    let sessions = this.#kept.get(server)
    if (sessions === undefined) {
      sessions = new Map()
      this.#kept.set(server, sessions)
      const [first] = this.#kept.keys()
      if (this.#kept.size > MAX_SERVERS && first !== undefined) this.#kept.delete(first)
    }
    return new AuthExchange(this.#account, sessions)
  }
}

/** The challenges and answers of one question. */
export class AuthExchange {
  readonly #account: Account | undefined
  readonly #sessions: Map<Side, Session>
  /** Sides that have asked for the request under way, and whether one more nonce was granted for staleness. */
  readonly #asked = new Map<Side, { staleOnce: boolean }>()

  constructor(account: Account | undefined, sessions: Map<Side, Session>) {
    this.#account = account
    this.#sessions = sessions
  }

  /** Credentials went, or will go, with this question: a refusal is about them. */
  get used(): boolean {
    return this.#sessions.size > 0
  }

  /** Header fields for one request; each call counts as one more use of the nonces. */
  headersFor(method: string, uri: string): (readonly [string, string])[] {
    const account = this.#account
    if (account === undefined) return []
    return [...this.#sessions].map(([side, session]) => {
      session.uses++
      const answer = {
        challenge: session.challenge,
        username: account.username,
        password: account.password,
        method,
        uri,
        cnonce: randomBytes(12).toString('hex'),
        nonceCount: session.uses,
      }
      if (session.uses >= MAX_USES) this.#sessions.delete(side)
      return [SIDES[side].answers, digestAuthorization(answer)] as const
    })
  }

  /** A request of this question was let in: whatever the next one is asked for, it is asked for the first time (some nonces sign one only). */
  accepted(): void {
    this.#asked.clear()
  }

  /**
   * What a 401 or 407 asks for.
   *
   * | asked before for this request | stale | then |
   * |-------------------------------|-------|------|
   * | no                            | -     | answer: there were no credentials, or their nonce was one kept from an earlier question |
   * | yes                           | first | answer once more with the new nonce (RFC 7616 section 3.3) |
   * | yes                           | again, or not | refused: user, password or realm is wrong. Asking on would get us banned |
   */
  challenged(response: SipResponse): Challenged {
    const side: Side = response.status === SIDES.proxy.status ? 'proxy' : 'www'
    const account = this.#account
    this.#sessions.delete(side)
    if (account === undefined)
      return { kind: 'refused', why: 'it asks for credentials, and none are configured' }
    const values = headers(response, SIDES[side].asks)
    const challenge = pickChallenge(values, account.algorithms, account.realm)
    if (challenge === 'malformed') {
      return { kind: 'unreadable', why: `${response.status} without a Digest challenge that can be read` }
    }
    if (challenge === 'unsupported') {
      return { kind: 'refused', why: printable(`no challenge we may answer: ${values.join(' | ')}`, 150) }
    }
    const before = this.#asked.get(side)
    if (before !== undefined && (!challenge.stale || before.staleOnce)) {
      return {
        kind: 'refused',
        why: printable(`user or password refused for realm "${challenge.realm}"`, 150),
      }
    }
    this.#asked.set(side, { staleOnce: before !== undefined })
    this.#sessions.set(side, { challenge, uses: 0 })
    return { kind: 'again' }
  }
}
