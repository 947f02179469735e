/** Who may do what, and how often: tokens with scopes, and the budget of requests. */
import { type ApiFault, FAULTS } from './cloudflare-replies.ts'

export type Permission = 'zone:read' | 'dns:read' | 'dns:edit'

export interface TokenOptions {
  readonly secret: string
  readonly status?: 'active' | 'disabled' | 'expired'
  /** Zone ids; default: every zone. */
  readonly zones?: readonly string[]
  /** Default: all. */
  readonly permissions?: readonly Permission[]
  /** Of an account, not of a user: the user's own verify endpoint does not know it. */
  readonly accountOwned?: boolean
  /** RFC 3339. */
  readonly expiresOn?: string
}

/** A token's header has 40 characters or a known prefix; anything with odd octets is refused before it is looked up. */
const WELL_FORMED = /^Bearer [A-Za-z0-9_-]{20,80}$/

export class Access {
  readonly #tokens = new Map<string, TokenOptions>()

  add(token: TokenOptions): void {
    this.#tokens.set(`Bearer ${token.secret}`, token)
  }

  /** The token behind an Authorization header, or why it is refused. */
  token(header: string | undefined): TokenOptions | ApiFault {
    if (header === undefined || !WELL_FORMED.test(header)) return FAULTS.malformedToken
    return this.#tokens.get(header) ?? FAULTS.accessToken
  }

  /** Undefined: allowed. */
  refusal(token: TokenOptions, zone: string, needs: Permission): ApiFault | undefined {
    if (token.status === 'expired' || token.status === 'disabled') return FAULTS.accessToken
    if (token.zones !== undefined && !token.zones.includes(zone)) return FAULTS.unauthorizedResource
    const permissions = token.permissions ?? ['zone:read', 'dns:read', 'dns:edit']
    // DNS:Edit includes DNS:Read.
    const has = permissions.includes(needs) || (needs === 'dns:read' && permissions.includes('dns:edit'))
    if (has) return undefined
    return needs === 'zone:read' ? FAULTS.unauthorizedResource : FAULTS.authentication
  }
}

export interface BudgetOptions {
  /** Requests in a window; the real one: 1,200. */
  readonly limit?: number
  /** Seconds; the real one: 300. */
  readonly windowSeconds?: number
  readonly nowMs?: () => number
}

/** A fixed window over all calls; past it everything is refused until the window ends. */
export class Budget {
  readonly #limit: number
  readonly #windowMs: number
  readonly #nowMs: () => number
  #startMs: number
  #used = 0

  constructor(options: BudgetOptions = {}) {
    this.#limit = options.limit ?? 1200
    this.#windowMs = (options.windowSeconds ?? 300) * 1000
    this.#nowMs = options.nowMs ?? Date.now
    this.#startMs = this.#nowMs()
  }

  /** Counts a request. Headers for its reply; `allowed: false` where it is one too many. */
  spend(): { allowed: boolean; headers: Record<string, string> } {
    const now = this.#nowMs()
    if (now - this.#startMs >= this.#windowMs) {
      this.#startMs = now
      this.#used = 0
    }
    this.#used += 1
    const left = Math.max(0, this.#limit - this.#used)
    const resetSeconds = Math.ceil((this.#startMs + this.#windowMs - now) / 1000)
    const allowed = this.#used <= this.#limit
    return {
      allowed,
      headers: {
        Ratelimit: `"default";r=${left};t=${resetSeconds}`,
        'Ratelimit-Policy': `"default";q=${this.#limit};w=${this.#windowMs / 1000}`,
        ...(allowed ? {} : { 'retry-after': String(resetSeconds) }),
      },
    }
  }
}
