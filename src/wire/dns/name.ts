import type { DomainName } from '../../core/brand.ts'
import { SipvaneError } from '../../core/errors.ts'

/** RFC 1035 section 2.3.4, both in octets; the second counts length octets and the root label. */
export const MAX_LABEL = 63
export const MAX_NAME = 255

/** Text or octets that are not a domain name; code `name-syntax`. */
export class NameError extends SipvaneError {
  constructor(message: string) {
    super('name-syntax', message)
  }
}

export const ROOT = '.' as DomainName

/**
 * Presentation text to the one canonical form: absolute, ASCII lower case (RFC 4343), escaped where needed (RFC 1035 section 5.1).
 * `@` is the origin, and a name without a final dot is relative to it; without an origin it is taken as absolute.
 * Throws `NameError`.
 */
export function canonicalName(text: string, origin?: DomainName): DomainName {
  if (text === '@') {
    if (origin === undefined) throw new NameError('"@" has no origin to stand for')
    return origin
  }
  if (text === '.') return ROOT
  if (text === '') throw new NameError('the name is empty')
  const labels: string[] = []
  let label = ''
  let length = 0
  let at = 0
  while (at < text.length) {
    const char = text.charAt(at)
    if (char === '.') {
      labels.push(checkedLabel(label, length, text))
      label = ''
      length = 0
      at += 1
      continue
    }
    const { octet, next } = readOctet(text, at)
    label += presentOctet(octet)
    length += 1
    at = next
  }
  const relative = length > 0
  if (relative) labels.push(checkedLabel(label, length, text))
  const head = `${labels.join('.')}.`
  return checkedLength(relative && origin !== undefined && origin !== ROOT ? head + origin : head)
}

/** Wire form, uncompressed (RFC 1035 section 3.1). */
export function encodeName(name: DomainName): Uint8Array {
  if (!name.includes('\\')) return encodePlain(name)
  const bytes = new Uint8Array(MAX_NAME)
  let end = 0
  for (const label of octetLabels(name)) {
    bytes[end++] = label.length
    for (let i = 0; i < label.length; i++) bytes[end++] = label.charCodeAt(i)
  }
  bytes[end++] = 0
  return bytes.slice(0, end)
}

/** A name without escapes: each dot's place, moved up by one label, is the next label's length. */
function encodePlain(name: DomainName): Uint8Array {
  if (name === ROOT) return new Uint8Array(1)
  const bytes = new Uint8Array(name.length + 1)
  let lengthAt = 0
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at)
    if (code === 0x2e) {
      bytes[lengthAt] = at - lengthAt
      lengthAt = at + 1
    } else bytes[at + 1] = code
  }
  return bytes
}

/** An uncompressed wire name that fills `bytes` exactly. Throws `NameError`: on pointers too, for there is no message to point into. */
export function nameFromWire(bytes: Uint8Array): DomainName {
  const { name, end } = readWireName(bytes, 0)
  if (end !== bytes.length) throw new NameError('octets follow the root label')
  return name
}

/** An uncompressed wire name that begins at `start`, and the offset behind it. Throws `NameError`. */
export function readWireName(bytes: Uint8Array, start: number): { name: DomainName; end: number } {
  let text = ''
  let at = start
  for (;;) {
    const length = bytes[at++]
    if (length === undefined) throw new NameError('the name runs past its octets')
    if (length === 0) break
    if (length > MAX_LABEL) throw new NameError('a label length above 63, or a pointer')
    if (at + length > bytes.length) throw new NameError('a label runs past its octets')
    if (at + length + 1 - start > MAX_NAME) throw new NameError(`longer than ${MAX_NAME} octets`)
    for (const end = at + length; at < end; at++) text += presentOctet(bytes[at] ?? 0)
    text += '.'
  }
  return { name: (text === '' ? '.' : text) as DomainName, end: at }
}

/** Labels as they are written, escapes kept, leftmost first; the root has none. An escaped dot separates nothing. */
export function labelsOf(name: DomainName): string[] {
  if (name === ROOT) return []
  if (!name.includes('\\')) return name.slice(0, -1).split('.')
  const labels: string[] = []
  for (let start = 0; start < name.length; ) {
    const end = endOfLabel(name, start)
    labels.push(name.slice(start, end))
    start = end + 1
  }
  return labels
}

/** The name without its leftmost label; undefined for the root. */
export function parentOf(name: DomainName): DomainName | undefined {
  if (name === ROOT) return undefined
  const rest = name.slice(endOfLabel(name, 0) + 1)
  return (rest === '' ? '.' : rest) as DomainName
}

/** Whether `child` is `parent` or lies below it. */
export function isSubdomain(child: DomainName, parent: DomainName): boolean {
  if (parent === ROOT || child === parent) return true
  if (!child.endsWith(`.${parent}`)) return false
  // In `a\.example.` the dot belongs to a label: it stands behind an odd number of backslashes.
  let slashes = 0
  for (let at = child.length - parent.length - 2; at >= 0 && child[at] === '\\'; at--) slashes++
  return slashes % 2 === 0
}

/** Whether a name is one of `origins`, or lies below one of them. */
export function isWithin(name: DomainName, origins: readonly DomainName[]): boolean {
  return origins.some((origin) => isSubdomain(name, origin))
}

/** Canonical order (RFC 4034 section 6.1): by labels from the right, each as octets. For `Array.sort`. */
export function compareNames(a: DomainName, b: DomainName): number {
  if (a === b) return 0
  const left = octetLabels(a)
  const right = octetLabels(b)
  for (let i = 1; i <= Math.min(left.length, right.length); i++) {
    const x = left[left.length - i] ?? ''
    const y = right[right.length - i] ?? ''
    if (x !== y) return x < y ? -1 : 1
  }
  return left.length - right.length
}

/** Labels as raw octets, one a character (latin1). */
function octetLabels(name: DomainName): string[] {
  return labelsOf(name).map((label) => {
    if (!label.includes('\\')) return label
    let octets = ''
    for (let at = 0; at < label.length; ) {
      const { octet, next } = readOctet(label, at)
      octets += String.fromCharCode(octet)
      at = next
    }
    return octets
  })
}

function endOfLabel(name: string, start: number): number {
  let at = start
  while (at < name.length && name[at] !== '.') at += name[at] === '\\' ? 2 : 1
  return at
}

/** One character or escape of a label (RFC 1035 section 5.1): `\DDD` is an octet in decimal, `\X` is X itself. */
function readOctet(text: string, at: number): { octet: number; next: number } {
  const code = text.charCodeAt(at)
  if (code !== 0x5c) return { octet: printable(code), next: at + 1 }
  if (at + 1 >= text.length) throw new NameError('it ends in a backslash')
  if (!isDigit(text.charCodeAt(at + 1)))
    return { octet: printable(text.charCodeAt(at + 1), true), next: at + 2 }
  const digits = /^\d{3}/.exec(text.slice(at + 1, at + 4))?.[0]
  if (digits === undefined || Number(digits) > 255)
    throw new NameError('an escape that is not \\000 to \\255')
  return { octet: Number(digits), next: at + 4 }
}

function printable(code: number, escaped = false): number {
  if (code > 0x7e)
    throw new NameError('a character outside ASCII: write the name in Punycode (xn--) or the octets as \\DDD')
  if (code < (escaped ? 0x20 : 0x21)) throw new NameError('a blank or control character: write it as \\DDD')
  return code
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

/** Special in master files (RFC 1035 section 5.1), so escaped: `" $ ( ) . ; @ \`. */
const SPECIAL: ReadonlySet<number> = new Set([0x22, 0x24, 0x28, 0x29, 0x2e, 0x3b, 0x40, 0x5c])

/** The only way each octet is written in a canonical name, so that equal names are equal strings. */
const PRESENT: readonly string[] = Array.from({ length: 256 }, (_, octet) => {
  const folded = octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet
  if (folded < 0x21 || folded > 0x7e) return `\\${String(folded).padStart(3, '0')}`
  return SPECIAL.has(folded) ? `\\${String.fromCharCode(folded)}` : String.fromCharCode(folded)
})

function presentOctet(octet: number): string {
  return PRESENT[octet] ?? ''
}

function checkedLabel(label: string, length: number, whole: string): string {
  if (length === 0)
    throw new NameError(whole.startsWith('.') ? 'it begins with a dot' : 'an empty label (two dots in a row)')
  if (length > MAX_LABEL) throw new NameError(`a label of ${length} octets; ${MAX_LABEL} are allowed`)
  return label
}

function checkedLength(name: string): DomainName {
  let octets = 1
  for (const label of octetLabels(name as DomainName)) octets += label.length + 1
  if (octets > MAX_NAME) throw new NameError(`${octets} octets; ${MAX_NAME} are allowed`)
  return name as DomainName
}
