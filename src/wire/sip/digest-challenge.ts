import { parameters, splitOutsideQuotes } from './header-values.ts'

/** Digest algorithms we can compute, best first (RFC 8760 section 2.1). */
export const DIGEST_ALGORITHMS = ['SHA-512-256', 'SHA-256', 'MD5'] as const
export type DigestAlgorithm = (typeof DIGEST_ALGORITHMS)[number]

/** One `WWW-Authenticate` or `Proxy-Authenticate` value that we can answer (RFC 3261 section 20.44, RFC 7616 section 3.3). */
export interface DigestChallenge {
  readonly realm: string
  readonly nonce: string
  readonly opaque?: string
  readonly algorithm: DigestAlgorithm
  /** The challenge named its algorithm: then the answer does, too. */
  readonly algorithmGiven: boolean
  /** Absent: a server of the days before RFC 2617, which counts no nonces. */
  readonly qop?: 'auth'
  /** Our answer was right but its nonce too old (RFC 7616 section 3.3). */
  readonly stale: boolean
}

/** Our credentials go over the wire again, inside a message that UDP should carry in one piece. */
const MAX_PARAMETER = 512
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
const CONTROL = /[\x00-\x1f\x7f]/

/** Why there is nothing to answer: `malformed` where no value is a Digest challenge, `unsupported` where none is one of ours. */
export type ChallengeFault = 'malformed' | 'unsupported'

/**
 * The topmost challenge that we support: the server lists them by its preference, one header a challenge (RFC 8760 section 2.4).
 * `realm`, where given, passes over challenges of other realms: an answer to one of those could be tried against the password.
 */
export function pickChallenge(
  values: readonly string[],
  allowed: readonly DigestAlgorithm[],
  realm?: string,
): DigestChallenge | ChallengeFault {
  let readable = false
  for (const value of values) {
    const challenge = parseChallenge(value)
    if (challenge === 'malformed') continue
    readable = true
    if (challenge === 'unsupported' || !allowed.includes(challenge.algorithm)) continue
    if (realm === undefined || challenge.realm === realm) return challenge
  }
  return readable ? 'unsupported' : 'malformed'
}

/** One header value; a stranger's text, so everything in it is bounded and free of control characters. */
export function parseChallenge(value: string): DigestChallenge | ChallengeFault {
  const scheme = /^([A-Za-z0-9\-.!%*_+`'~]+)[ \t]+(.*)$/s.exec(value.trim())
  if (scheme === null || CONTROL.test(value.replaceAll('\t', ' '))) return 'malformed'
  // RFC 3261 section 22: Basic is gone; other schemes we do not know.
  if (scheme[1]?.toLowerCase() !== 'digest') return 'unsupported'
  const given = parameters(splitOutsideQuotes(scheme[2] ?? '', ','))
  const realm = given.get('realm')
  const nonce = given.get('nonce')
  const opaque = given.get('opaque')
  if (realm === undefined || nonce === undefined || nonce === '') return 'malformed'
  if ([realm, nonce, opaque ?? ''].some((text) => text.length > MAX_PARAMETER)) return 'malformed'
  const named = given.get('algorithm')
  // RFC 7616 section 3.3: MD5 is meant where none is named.
  const algorithm = DIGEST_ALGORITHMS.find((known) => known.toLowerCase() === (named ?? 'MD5').toLowerCase())
  const qop = given.get('qop')
  const offersAuth = qop?.split(',').some((word) => word.trim().toLowerCase() === 'auth')
  if (algorithm === undefined || offersAuth === false) return 'unsupported'
  return {
    realm,
    nonce,
    ...(opaque === undefined ? {} : { opaque }),
    algorithm,
    algorithmGiven: named !== undefined,
    ...(offersAuth === true ? { qop: 'auth' } : {}),
    stale: given.get('stale')?.toLowerCase() === 'true',
  }
}
