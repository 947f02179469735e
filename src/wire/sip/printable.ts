/**
 * Makes bytes or text off the wire safe for logs and terminals: what is not printable ASCII is escaped, and the result
 * is capped. A terminal acts on control bytes (ESC, BEL, backspace), a log reader on line ends; neither may come from a stranger.
 */

const PLAIN = /^[ -[\]-~]*$/
const ESCAPES: Readonly<Record<number, string>> = { 9: '\\t', 10: '\\n', 13: '\\r', 92: '\\\\' }

/** One line of at most `maxLength` characters; a longer one ends in `…` written as three dots. */
export function printable(input: string | Uint8Array, maxLength = 200): string {
  // Nearly every phrase there is.
  if (typeof input === 'string' && input.length <= maxLength && PLAIN.test(input)) return input
  let out = ''
  // A cap on the input as well: each unit gives at least one character, so nothing behind it could be shown.
  const length = Math.min(input.length, maxLength + 1)
  for (let i = 0; i < length; i++) {
    out += escaped(typeof input === 'string' ? input.charCodeAt(i) : (input[i] ?? 0))
    if (out.length > maxLength) return `${out.slice(0, Math.max(0, maxLength - 3))}...`
  }
  return out
}

/** A message as people read it: one line a line, each made printable, the whole capped at `maxLength` characters. */
export function printableMessage(bytes: Uint8Array, maxLength = 4096): string {
  const lines: string[] = []
  let left = maxLength
  let start = 0
  while (start < bytes.length) {
    if (left <= 0) {
      lines.push(`... (${bytes.length} bytes in all)`)
      break
    }
    const feed = bytes.indexOf(10, start)
    const end = feed < 0 ? bytes.length : feed
    const bare = feed > start && bytes[end - 1] === 13 ? end - 1 : end
    const line = printable(bytes.subarray(start, bare), left)
    lines.push(line)
    left -= line.length + 1
    start = end + 1
  }
  return lines.join('\n')
}

function escaped(code: number): string {
  const known = ESCAPES[code]
  if (known !== undefined) return known
  if (code >= 32 && code <= 126) return String.fromCharCode(code)
  return code <= 0xff
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`
}
