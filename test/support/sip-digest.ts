/**
 * Digest authentication as a server does it, for the lab: written from RFC 7616 by itself, so that the code under test is no judge
 * of its own figures. Needs no test runner.
 */
import { createHash } from 'node:crypto'
import { type LabRequest, response } from './sip-behaviours.ts'

export interface DigestOptions {
  /** Passwords by user. Default: probe / s3cret-Probe. */
  readonly users?: Readonly<Record<string, string>>
  readonly realm?: string
  /** One challenge each, in this order. `''`: a challenge that names none. Default: SHA-256, then MD5. */
  readonly algorithms?: readonly string[]
  /** Default true. */
  readonly qop?: boolean
  /** Requests that one nonce signs; the next is told `stale=true`. Default: any number. */
  readonly usesPerNonce?: number
  /** A nonce too old is refused without saying so. */
  readonly hidesStale?: boolean
  readonly opaque?: string
  /** `www`: 401, `proxy`: 407. */
  readonly side?: 'www' | 'proxy'
}

export const PROBE_USER = 'probe'
export const PROBE_PASSWORD = 's3cret-Probe'

const HASHES: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-256': 'sha256',
  'SHA-512-256': 'sha512-256',
}

/** Lets requests in whose credentials are right, each nonce with counts that rise. */
export class DigestGate {
  /** Credentials that were right and wrong so far; those of stale nonces are neither. */
  accepted = 0
  refused = 0
  challenges = 0
  /** Algorithm of each answer that was right. */
  readonly used: string[] = []
  readonly #options: DigestOptions
  /** Uses of each nonce, and the last count. */
  readonly #nonces = new Map<string, { uses: number; lastCount: number }>()

  constructor(options: DigestOptions = {}) {
    this.#options = options
  }

  /** The challenge to send, or undefined where the request may pass. */
  challenge(request: LabRequest): string | undefined {
    const { side = 'www' } = this.#options
    const given = request.header(side === 'www' ? 'authorization' : 'proxy-authorization')
    const verdict = given === undefined ? 'none' : this.#judge(request, given)
    if (verdict === 'right') return undefined
    if (verdict === 'wrong') this.refused++
    this.challenges++
    const nonce = `n${this.challenges}-${createHash('md5').update(`${this.challenges}`).digest('hex')}`
    this.#nonces.set(nonce, { uses: 0, lastCount: 0 })
    const stale = verdict === 'stale' && this.#options.hidesStale !== true ? ', stale=true' : ''
    const name = side === 'www' ? 'WWW-Authenticate' : 'Proxy-Authenticate'
    return response(request, side === 'www' ? 401 : 407, {
      headers: (this.#options.algorithms ?? ['SHA-256', 'MD5']).map((algorithm) => [
        name,
        `Digest realm=${quoted(this.#realm)}, nonce="${nonce}"${this.#options.qop === false ? '' : ', qop="auth"'}${
          algorithm === '' ? '' : `, algorithm=${algorithm}`
        }${this.#options.opaque === undefined ? '' : `, opaque=${quoted(this.#options.opaque)}`}${stale}`,
      ]),
    })
  }

  get #realm(): string {
    return this.#options.realm ?? 'lab.example'
  }

  #judge(request: LabRequest, given: string): 'right' | 'wrong' | 'stale' {
    const field = (name: string) =>
      new RegExp(`[ ,]${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^,\\s]+))`, 'i')
        .exec(given)
        ?.slice(1)
        .find((one) => one !== undefined)
        ?.replace(/\\(.)/g, '$1')
    const algorithm = field('algorithm') ?? 'MD5'
    const user = field('username') ?? ''
    const password = (this.#options.users ?? { [PROBE_USER]: PROBE_PASSWORD })[user]
    const hash = HASHES[algorithm]
    const state = this.#nonces.get(field('nonce') ?? '')
    const rightPlace = field('realm') === this.#realm && field('uri') === request.uri
    if (
      password === undefined ||
      hash === undefined ||
      !rightPlace ||
      field('opaque') !== this.#options.opaque
    )
      return 'wrong'
    const digest = (text: string) => createHash(hash).update(text, 'utf8').digest('hex')
    const a1 = digest(`${user}:${this.#realm}:${password}`)
    const a2 = digest(`${request.method}:${request.uri}`)
    const counted = this.#options.qop === false ? '' : `${field('nc')}:${field('cnonce')}:${field('qop')}:`
    if (field('response') !== digest(`${a1}:${field('nonce')}:${counted}${a2}`)) return 'wrong'
    if (state === undefined) return 'stale'
    const count = Number.parseInt(field('nc') ?? '', 16)
    // A count that does not rise is a replay (RFC 7616 section 3.4.5).
    if (this.#options.qop !== false && !(count > state.lastCount)) return 'stale'
    if (state.uses >= (this.#options.usesPerNonce ?? Number.POSITIVE_INFINITY)) return 'stale'
    state.uses++
    state.lastCount = count
    this.accepted++
    this.used.push(algorithm)
    return 'right'
  }
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}
