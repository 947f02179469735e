import { randomBytes, randomInt } from 'node:crypto'
import type { CookieSettings, DnsSettings } from '../../core/dns-settings.ts'
import { SIPHASH_KEY } from '../../wire/dns/siphash.ts'
import { ChaosAnswers } from './chaos.ts'
import { ServerCookies } from './cookies.ts'
import { limiterMemory, RateLimiter } from './rate-limiter.ts'
import { SignedQueries, tsigKeys } from './signed.ts'
import { TransferAccess } from './transfer/access.ts'
import type { Refusals } from './transfer/refusal-log.ts'

/** How queries are answered, whatever the zones: what the server tells of itself, and whom it trusts how far. One a thread. */
export interface AnswerPolicy {
  /** RFC 5001 section 3.1: the octets of the option. */
  readonly nsid: Uint8Array | undefined
  readonly chaos: ChaosAnswers | undefined
  readonly cookies: ServerCookies | undefined
  /** Over UDP, a client that knows cookies gets its answer only with a good one (RFC 7873 section 5.2.3). */
  readonly cookieRequired: boolean
  readonly limiter: RateLimiter | undefined
  /** Absent: no key is known, and signed queries are NOTAUTH. */
  readonly signed?: SignedQueries | undefined
  /** Who may ask for transfers. */
  readonly transfer?: TransferAccess | undefined
  readonly refusals?: Refusals | undefined
}

/** What all threads of a responder have in common; can be posted to them. */
export interface PolicySeed {
  readonly settings: Omit<DnsSettings, 'listen' | 'workers' | 'tcp'>
  readonly cookieSecret: Uint8Array
  readonly limiterMemory: SharedArrayBuffer | undefined
  readonly limiterSeed: number
}

const DEFAULT_COOKIES: CookieSettings = { enabled: true, secrets: [], required: false }

/** Draws what has to be drawn by chance, once a responder. */
export function policySeed(settings: DnsSettings): PolicySeed {
  const { nsid, version, identity, cookies, rateLimit, keys, transfer } = settings
  return {
    settings: {
      ...(nsid === undefined ? {} : { nsid }),
      ...(version === undefined ? {} : { version }),
      ...(identity === undefined ? {} : { identity }),
      ...(cookies === undefined ? {} : { cookies }),
      ...(rateLimit === undefined ? {} : { rateLimit }),
      ...(keys === undefined ? {} : { keys }),
      ...(transfer === undefined ? {} : { transfer }),
    },
    cookieSecret: randomBytes(SIPHASH_KEY),
    limiterMemory: rateLimit === undefined ? undefined : limiterMemory(rateLimit),
    limiterSeed: randomInt(2 ** 32),
  }
}

/** The policy of one thread. */
export function policyOf(
  { settings, cookieSecret, limiterMemory, limiterSeed }: PolicySeed,
  refusals?: Refusals,
): AnswerPolicy {
  const { nsid, rateLimit, cookies = DEFAULT_COOKIES, keys = [], transfer } = settings
  const limited = rateLimit !== undefined && limiterMemory !== undefined
  return {
    nsid: nsid === undefined ? undefined : Buffer.from(nsid, 'latin1'),
    chaos: ChaosAnswers.of(settings),
    cookies: cookies.enabled ? new ServerCookies(cookies, cookieSecret) : undefined,
    cookieRequired: cookies.enabled && cookies.required,
    limiter: limited ? new RateLimiter(rateLimit, limiterMemory, limiterSeed) : undefined,
    // Without keys too: who signs is told that his is not known (RFC 8945 section 5.2.1), which is worth no line in the log.
    signed: new SignedQueries(tsigKeys(keys), keys.length === 0 ? undefined : refusals),
    transfer: transfer === undefined ? undefined : new TransferAccess(transfer),
    refusals,
  }
}

/** Tells nothing, limits nothing, knows no cookies. */
export const PLAIN_POLICY: AnswerPolicy = {
  nsid: undefined,
  chaos: undefined,
  cookies: undefined,
  cookieRequired: false,
  limiter: undefined,
}
