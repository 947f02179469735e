import type { DomainName } from '../../../core/brand.ts'
import { canonicalName, NameError } from '../name.ts'
import { latin1, RdataError } from './part.ts'

/** One token of master-file text: escapes are kept, quotes are not. */
export interface Field {
  readonly text: string
  readonly quoted: boolean
}

/** RFC 2181 section 8: a TTL is 31 bits. */
export const MAX_TTL = 2 ** 31 - 1

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/** `300`, or BIND's `1h30m`, in seconds; undefined where it is neither. The range is the caller's to check. */
export function parseSeconds(text: string): number | undefined {
  if (/^\d{1,10}$/.test(text)) return Number(text)
  if (!/^(?:\d{1,10}[smhdw])+$/i.test(text)) return undefined
  let seconds = 0
  for (const [, digits, unit] of text.matchAll(/(\d+)([a-z])/gi)) {
    seconds += Number(digits) * (UNIT_SECONDS[(unit ?? '').toLowerCase()] ?? 0)
  }
  return seconds
}

/** Reads the fields of one record in turn. Every method throws `RdataError` with the field's number. */
export class FieldReader {
  readonly #fields: readonly Field[]
  readonly #origin: DomainName
  #at = 0

  constructor(fields: readonly Field[], origin: DomainName) {
    this.#fields = fields
    this.#origin = origin
  }

  get more(): boolean {
    return this.#at < this.#fields.length
  }

  /** The next field as it is; `what` names it in the error. */
  next(what: string): Field {
    const field = this.#fields[this.#at]
    if (field === undefined) throw new RdataError(`${what} is missing`)
    this.#at += 1
    return field
  }

  word(what: string): string {
    const field = this.next(what)
    if (field.quoted) throw this.wrong(`${what} must not be quoted`)
    return field.text
  }

  integer(what: string, bits: 8 | 16 | 32): number {
    const text = this.word(what)
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
    if (!(value < 2 ** bits)) throw this.wrong(`${what} must be a number from 0 to ${2 ** bits - 1}`)
    return value
  }

  /** A span of time in seconds, units allowed, up to the 31 bits of a TTL. */
  seconds(what: string): number {
    const value = parseSeconds(this.word(what))
    if (value === undefined || value > MAX_TTL)
      throw this.wrong(`${what} must be 0 to ${MAX_TTL} seconds, or like 30s, 1h`)
    return value
  }

  name(what: string): DomainName {
    const text = this.word(what)
    try {
      return canonicalName(text, this.#origin)
    } catch (error) {
      if (error instanceof NameError) throw this.wrong(`${what} is no domain name: ${error.message}`)
      throw error
    }
  }

  /** A `<character-string>` as latin1 octets, at most `limit` of them. */
  string(what: string, limit = 255): string {
    const octets = this.#octets(this.next(what).text)
    if (octets.length > limit) throw this.wrong(`${what} has ${octets.length} octets; ${limit} are allowed`)
    return octets
  }

  end(): void {
    const extra = this.#fields[this.#at]
    if (extra !== undefined) throw new RdataError('a field too many', this.#at)
  }

  /** An error about the field just read. */
  wrong(message: string): RdataError {
    return new RdataError(message, Math.max(0, this.#at - 1))
  }

  /** RFC 1035 section 5.1 escapes. Text beyond ASCII stands for its UTF-8 octets, as it would in a file. */
  #octets(text: string): string {
    if (/^[ -[\]-~]*$/.test(text)) return text
    let octets = ''
    for (let at = 0; at < text.length; ) {
      const escaped = text[at] === '\\'
      const digits = escaped ? /^\d{3}/.exec(text.slice(at + 1, at + 4))?.[0] : undefined
      if (digits !== undefined && Number(digits) <= 255) {
        octets += String.fromCharCode(Number(digits))
        at += 4
        continue
      }
      if (escaped) at += 1
      if (escaped && !/^\D/.test(text.charAt(at))) throw this.wrong('an escape that is not \\000 to \\255')
      const code = text.codePointAt(at) ?? 0
      octets += code < 0x80 ? String.fromCharCode(code) : utf8(code)
      at += code > 0xffff ? 2 : 1
    }
    return octets
  }
}

function utf8(code: number): string {
  return latin1(new TextEncoder().encode(String.fromCodePoint(code)))
}

/** Latin1 octets as a quoted `<character-string>`. */
export function formatString(octets: string): string {
  let text = ''
  for (const char of octets) {
    const code = char.charCodeAt(0)
    if (char === '"' || char === '\\') text += `\\${char}`
    else text += code >= 0x20 && code <= 0x7e ? char : `\\${String(code).padStart(3, '0')}`
  }
  return `"${text}"`
}
