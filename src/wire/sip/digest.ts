import { createHash } from 'node:crypto'
import type { DigestAlgorithm, DigestChallenge } from './digest-challenge.ts'

/** What an answer to a challenge is made of. Texts are as people write them; they are hashed and sent as UTF-8. */
export interface DigestAnswer {
  readonly challenge: DigestChallenge
  readonly username: string
  readonly password: string
  readonly method: string
  /** The Request-URI, exactly as in the request (RFC 3261 section 22.4). */
  readonly uri: string
  /** Ours, fresh; hex. Used only with `qop`. */
  readonly cnonce: string
  /** How many requests this nonce has signed, this one included; from 1. */
  readonly nonceCount: number
}

const NODE_NAMES: Readonly<Record<DigestAlgorithm, string>> = {
  MD5: 'md5',
  'SHA-256': 'sha256',
  'SHA-512-256': 'sha512-256',
}

/** The value of an `Authorization` or `Proxy-Authorization` header (RFC 7616 section 3.4, RFC 8760 for the algorithms). */
export function digestAuthorization(answer: DigestAnswer): string {
  const { challenge, username, uri, cnonce } = answer
  const fields = [
    `username=${quoted(octets(username))}`,
    `realm=${quoted(challenge.realm)}`,
    `nonce=${quoted(challenge.nonce)}`,
    `uri=${quoted(uri)}`,
    `response="${digestResponse(answer)}"`,
  ]
  if (challenge.algorithmGiven) fields.push(`algorithm=${challenge.algorithm}`)
  if (challenge.opaque !== undefined) fields.push(`opaque=${quoted(challenge.opaque)}`)
  if (challenge.qop !== undefined) {
    fields.push(`qop=${challenge.qop}`, `nc=${nc(answer.nonceCount)}`, `cnonce="${cnonce}"`)
  }
  return `Digest ${fields.join(', ')}`
}

/**
 * H(H(user:realm:password):nonce:nc:cnonce:qop:H(method:uri)), lower-case hex; without `qop` the form of RFC 2069,
 * H(H(user:realm:password):nonce:H(method:uri)), which RFC 3261 section 22.4 keeps for old servers.
 */
export function digestResponse(answer: DigestAnswer): string {
  const { challenge, username, password, method, uri, cnonce, nonceCount } = answer
  const hash = (text: string) =>
    createHash(NODE_NAMES[challenge.algorithm]).update(text, 'latin1').digest('hex')
  const secret = hash(`${octets(username)}:${challenge.realm}:${octets(password)}`)
  const request = hash(`${method}:${uri}`)
  const counted = challenge.qop === undefined ? '' : `${nc(nonceCount)}:${octets(cnonce)}:${challenge.qop}:`
  return hash(`${secret}:${challenge.nonce}:${counted}${request}`)
}

/** `response="…"` is as good as the password to who wants to guess it offline: no trace or log may show it. */
export function withoutDigestResponses(text: string): string {
  return text.replace(/\b(response|rspauth)(\s*=\s*)"?[0-9a-f]+"?/gi, '$1$2"(hidden)"')
}

/** SIP text is kept one character an octet; what people write goes on the wire as UTF-8 (RFC 7616 section 4). */
function octets(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

function nc(count: number): string {
  return count.toString(16).padStart(8, '0')
}
