import type { CookieSettings } from '../../core/dns-settings.ts'
import {
  cookieAge,
  isCookieFresh,
  isCookieOf,
  WHOLE_COOKIE,
  writeCookie,
} from '../../wire/dns/server-cookie.ts'
import { SIPHASH_KEY, sipHash24 } from '../../wire/dns/siphash.ts'
import type { ClientAddress } from './client-address.ts'

/** What a query's COOKIE option is worth. */
export const COOKIE_NONE = 0
/** A client cookie without a server cookie of ours that still holds. */
export const COOKIE_CLIENT_ONLY = 1
/** Proves that its sender has got an answer of ours at its address within the last hour. */
const COOKIE_GOOD = 2
/** Such a one, young enough to be sent back as it is. */
const COOKIE_FRESH = 3

const DAY_S = 86_400

/**
 * The server's side of DNS cookies (RFC 7873 section 5.2, RFC 9018 section 4).
 *
 * | secrets of the configuration | cookies are made with      | cookies are good that were made with      |
 * |------------------------------|----------------------------|-------------------------------------------|
 * | some                         | the first                  | any of them: RFC 9018 section 5's roll-over |
 * | none                         | that of the day            | that of the day or of the day before       |
 *
 * The secret of a day follows from one that the process draws at its start, so every thread comes to the same one without being told.
 */
export class ServerCookies {
  readonly #own: Uint8Array | undefined
  #secrets: readonly Uint8Array[]
  #day = -1

  /** `own`: sixteen octets by chance, for when the configuration has no secret. */
  constructor(settings: Pick<CookieSettings, 'secrets'>, own: Uint8Array) {
    this.#secrets = settings.secrets.map((hex) => Buffer.from(hex, 'hex'))
    this.#own = this.#secrets.length === 0 ? own : undefined
  }

  /** Judges the option whose `length` octets of data lie at `at`; its length is one that RFC 7873 allows. */
  judge(bytes: Uint8Array, at: number, length: number, client: ClientAddress, nowS: number): number {
    if (length !== WHOLE_COOKIE) return COOKIE_CLIENT_ONLY
    const ageS = cookieAge(bytes, at, nowS)
    if (ageS === undefined) return COOKIE_CLIENT_ONLY
    const secrets = this.#at(nowS)
    for (let i = 0; i < secrets.length; i++) {
      const secret = secrets[i]
      if (secret === undefined || !isCookieOf(secret, bytes, at, client.octets, client.length)) continue
      // A cookie of a secret on its way out is replaced, however young.
      return i === 0 && isCookieFresh(ageS) ? COOKIE_FRESH : COOKIE_GOOD
    }
    return COOKIE_CLIENT_ONLY
  }

  /** Writes the data of the reply's option, `WHOLE_COOKIE` octets: the query's own where `judge` found it fresh, else a new one. */
  write(
    bytes: Uint8Array,
    from: number,
    worth: number,
    client: ClientAddress,
    nowS: number,
    out: Uint8Array,
    at: number,
  ): void {
    if (worth === COOKIE_FRESH) {
      for (let i = 0; i < WHOLE_COOKIE; i++) out[at + i] = bytes[from + i] ?? 0
      return
    }
    const secret = this.#at(nowS)[0]
    if (secret === undefined) throw new Error('no cookie secret')
    writeCookie(secret, bytes, from, client.octets, client.length, nowS, out, at)
  }

  #at(nowS: number): readonly Uint8Array[] {
    const day = Math.floor(nowS / DAY_S)
    if (this.#own !== undefined && day !== this.#day) {
      this.#day = day
      this.#secrets = [secretOf(this.#own, day), secretOf(this.#own, day - 1)]
    }
    return this.#secrets
  }
}

function secretOf(own: Uint8Array, day: number): Uint8Array {
  const secret = new Uint8Array(SIPHASH_KEY)
  const message = new Uint8Array(5)
  new DataView(message.buffer).setUint32(0, day)
  sipHash24(own, message, 5, secret, 0)
  message[4] = 1
  sipHash24(own, message, 5, secret, 8)
  return secret
}
