import type { Field } from './rdata/field.ts'

/** Where in the text, both from 1; columns count UTF-16 units. */
export interface Position {
  readonly line: number
  readonly column: number
}

export interface TextFault extends Position {
  readonly message: string
}

export type Token = Field & Position

/** One entry of a master file: a line, or several within parentheses. Never without a token. */
export interface Entry {
  readonly tokens: readonly Token[]
  /** It begins with a blank: the owner is the one before (RFC 1035 section 5.1). */
  readonly indented: boolean
  /** A fault was reported within it, so its tokens may be cut wrongly. */
  readonly broken: boolean
}

/** What ends a token that is not quoted. */
const DELIMITER = /[\s;()"]/

/**
 * Splits master-file text into entries (RFC 1035 section 5.1): comments, quotes and parentheses are gone, escapes are kept.
 * Reports at most one fault an entry, and reads on behind it.
 */
export function* readEntries(text: string, fault: (fault: TextFault) => void): Generator<Entry> {
  let line = 1
  let lineStart = 0
  let at = text.startsWith('\uFEFF') ? 1 : 0
  let tokens: Token[] = []
  let open: Position | undefined
  let broken = false
  let indented = isBlank(text[at])

  const here = (): Position => ({ line, column: at - lineStart + 1 })
  const report = (message: string, position: Position) => {
    if (!broken) fault({ message, ...position })
    broken = true
  }

  while (at < text.length) {
    const char = text.charAt(at)
    if (char === '\n') {
      if (open === undefined) {
        if (tokens.length > 0) yield { tokens, indented, broken }
        tokens = []
        broken = false
        indented = isBlank(text[at + 1])
      }
      at += 1
      line += 1
      lineStart = at
    } else if (isBlank(char)) {
      at += 1
    } else if (char === ';') {
      const end = text.indexOf('\n', at)
      at = end === -1 ? text.length : end
    } else if (char === '(') {
      if (open !== undefined) report('a parenthesis within a parenthesis', here())
      open ??= here()
      at += 1
    } else if (char === ')') {
      if (open === undefined) report('a closing parenthesis without an opening one', here())
      open = undefined
      at += 1
    } else {
      const position = here()
      const quoted = char === '"'
      const start = quoted ? at + 1 : at
      const end = quoted ? endOfString(text, start) : endOfWord(text, start)
      if (quoted && text[end] !== '"') report('a quoted string that does not end on its line', position)
      tokens.push({ text: text.slice(start, end), quoted, ...position })
      at = quoted && text[end] === '"' ? end + 1 : end
    }
  }
  if (open !== undefined) report('a parenthesis that is never closed', open)
  if (tokens.length > 0) yield { tokens, indented, broken }
}

function isBlank(char: string | undefined): boolean {
  return char === ' ' || char === '\t' || char === '\r'
}

function endOfString(text: string, start: number): number {
  let at = start
  while (at < text.length && text[at] !== '"' && text[at] !== '\n')
    at += text[at] === '\\' && text[at + 1] !== '\n' ? 2 : 1
  return Math.min(at, text.length)
}

function endOfWord(text: string, start: number): number {
  let at = start
  while (at < text.length && !DELIMITER.test(text.charAt(at)))
    at += text[at] === '\\' && text[at + 1] !== '\n' ? 2 : 1
  return Math.min(Math.max(at, start + 1), text.length)
}
