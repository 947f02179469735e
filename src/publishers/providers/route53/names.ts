import type { DomainName } from '../../../core/brand.ts'
import { encodeName, nameFromWire } from '../../../wire/dns/name.ts'

/** Route53 gives these octets of a name as they are; others as three octal digits, `*` (`\052`) among them. */
const PLAIN = /[A-Za-z0-9_-]/

/** A name as Route53 writes it. */
export function toRoute53Name(name: DomainName): string {
  const wire = encodeName(name)
  let text = ''
  for (let at = 0; at < wire.length; ) {
    const length = wire[at] ?? 0
    if (length === 0) break
    for (const octet of wire.subarray(at + 1, at + 1 + length)) text += presented(octet)
    text += '.'
    at += 1 + length
  }
  return text === '' ? '.' : text
}

/** A name as Route53 gives it, absolute with or without its last dot. Throws `NameError`. */
export function fromRoute53Name(text: string): DomainName {
  const wire: number[] = []
  let label: number[] = []
  const end = () => {
    wire.push(label.length, ...label)
    label = []
  }
  for (let at = 0; at < text.length; at++) {
    const octal = /^\\([0-3][0-7]{2})/.exec(text.slice(at, at + 4))
    if (octal !== null) {
      label.push(Number.parseInt(octal[1] ?? '', 8))
      at += 3
    } else if (text[at] === '.') end()
    else label.push(text.charCodeAt(at) & 0xff)
  }
  if (label.length > 0) end()
  return nameFromWire(Uint8Array.from([...wire, 0]))
}

function presented(octet: number): string {
  const char = String.fromCharCode(octet)
  return PLAIN.test(char) ? char : `\\${octet.toString(8).padStart(3, '0')}`
}
