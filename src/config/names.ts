import type { DomainName } from '../core/brand.ts'

export type NameResult =
  | { readonly ok: true; readonly name: DomainName }
  | { readonly ok: false; readonly why: string }

/** Entries of `probes` and `pools`: they become parts of ids, log fields, URLs and metric labels. */
export const ENTRY_NAME = {
  pattern: /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/,
  allowed: 'allowed: letters, digits, - and _, 63 at most, not starting with - or _',
} as const

/** Targets: their names become host names (RFC 1123 section 2.1), so one spelling is enough. */
export const TARGET_NAME = {
  pattern: /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
  allowed: 'allowed: small letters, digits and -, 63 at most, as in a host name',
} as const

/** Zones: the name itself is checked by `domainName`, which says more. */
export const ZONE_NAME = { pattern: /^/, allowed: '' } as const

/** Letters of names that SIP needs, `_` for services included (RFC 2782); odd octets have their place in `records`. */
const LABEL = /^(?:\*|[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)$/
const LABEL_OCTETS_MAX = 63
/** RFC 1035 section 2.3.4 counts 255 octets on the wire: each label's length octet and the root's among them. */
const WIRE_OCTETS_MAX = 255

/**
 * A name in canonical form: lower case, absolute. `@` and relative names are put under `origin`; without one the name has to
 * end in a dot. A wildcard may only be the leftmost label (RFC 4592 section 2.1.1).
 */
export function domainName(text: string, origin?: DomainName): NameResult {
  const refuse = (why: string): NameResult => ({ ok: false, why })
  if (text === '') return refuse('an empty name')
  if (text === '@') return origin === undefined ? refuse('@ means nothing here') : { ok: true, name: origin }
  // RFC 5890: what is not ASCII is written as an A-label.
  if (/[^\x20-\x7e]/.test(text)) return refuse('a name in other than ASCII letters: write its xn-- form')
  const absolute = text.endsWith('.')
  if (!absolute && origin === undefined) return refuse(`not absolute: end it with a dot`)
  const name = (absolute ? text : `${text}.${origin}`).toLowerCase()
  const labels = name.slice(0, -1).split('.')
  for (const [index, label] of labels.entries()) {
    if (label === '') return refuse('an empty label (two dots, or a leading one)')
    if (label.length > LABEL_OCTETS_MAX) return refuse(`a label longer than ${LABEL_OCTETS_MAX} characters`)
    if (!LABEL.test(label)) return refuse('a label with other than letters, digits, - and _')
    if (label === '*' && index > 0) return refuse('a wildcard (*) that is not the leftmost label')
  }
  if (name.length + 1 > WIRE_OCTETS_MAX) return refuse('longer than 255 octets')
  return { ok: true, name: name as DomainName }
}
