import { type Document, isCollection, isScalar, Scalar, visit, type YAMLError } from 'yaml'
import type { TextFault } from './tree.ts'

/**
 * The parser's own messages quote the text they stumble over, which may be a password with an unlucky character.
 * So each kind of error has words of ours; only messages that quote nothing are passed on.
 */
const WORDS: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'an alias (*) seen with no such anchor (&) before it',
  BAD_DIRECTIVE: 'a directive (%) seen that YAML 1.2 does not know',
  BAD_DQ_ESCAPE: 'an unknown escape seen in double quotes; write \\\\ for a backslash, or use single quotes',
  BAD_INDENT:
    'the indentation does not fit: the keys of one mapping, or the dashes of one list, start in the same column',
  BAD_SCALAR_START: 'a plain value cannot start with this character; put the value in quotes',
  BLOCK_AS_IMPLICIT_KEY:
    'a mapping cannot start here; put a value that holds ": " in quotes, or mend the indentation of this line or the next',
  BLOCK_IN_FLOW:
    'a comma is missing between two entries of { } or [ ], or a value that holds ": " has to be in quotes',
  DUPLICATE_KEY: 'the key is given twice',
  MISSING_CHAR: 'a quote, bracket, comma, colon or space is missing here',
  MULTILINE_IMPLICIT_KEY:
    'no `key: value` here; a space has to follow the colon, and the lines of a text block (|) be indented deeper than its key',
  MULTIPLE_DOCS: 'a second document (---) seen; allowed: one document a file',
  NON_STRING_KEY:
    'a key seen that is no plain text; an address in brackets has to be in quotes, like "[::1]:53"',
  RESOURCE_EXHAUSTION: 'nested too deeply',
  TAB_AS_INDENT: 'a tab seen in the indentation; use spaces',
  TAG_RESOLVE_FAILED: 'a tag (!) seen that means nothing here, or does not fit its value',
  UNEXPECTED_TOKEN:
    'something seen here that does not belong; look at the indentation and the brackets above',
}

/** Errors after which the parser still knows where it is. After any other, what follows is mostly noise. */
const LOCAL = ['BAD_DQ_ESCAPE', 'BAD_SCALAR_START', 'NON_STRING_KEY', 'TAB_AS_INDENT', 'TAG_RESOLVE_FAILED']

/** The parser's errors in words, up to the first that made it lose its way. */
export function yamlFaults(errors: readonly YAMLError[], source: string, document: Document): TextFault[] {
  const sorted = [...errors].sort((a, b) => a.pos[0] - b.pos[0])
  const lost = sorted.findIndex((error) => !LOCAL.includes(error.code))
  const told = lost === -1 ? sorted : sorted.slice(0, lost + 1)
  return told.map((error) => {
    const open = openedBefore(error, source, document)
    return {
      offset: open ?? error.pos[0],
      path: [],
      message: `not valid YAML: ${open === undefined ? words(error, source) : unclosed(source.charAt(open))}`,
    }
  })
}

/** Where the quote, bracket or brace was opened that the parser misses the end of: the slip is there, not lines further down. */
function openedBefore(error: YAMLError, source: string, document: Document): number | undefined {
  // These words of the parser quote nothing; its codes alone do not tell these cases from others.
  const quote = error.code === 'MISSING_CHAR' && error.message.startsWith('Missing closing ')
  const bracket = error.code === 'BAD_INDENT' && error.message.startsWith('Flow ')
  if (!quote && !bracket) return undefined
  let opened: number | undefined
  visit(document, {
    Node: (_key, node) => {
      const [start, end] = node.range ?? []
      if (start === undefined || end !== error.pos[0]) return
      const fits = quote
        ? isScalar(node) && (node.type === Scalar.QUOTE_DOUBLE || node.type === Scalar.QUOTE_SINGLE)
        : isCollection(node) && node.flow === true
      // Of several with one end the innermost, which is visited last.
      if (fits && CLOSES.has(source.charAt(start))) opened = start
    },
  })
  return opened
}

const CLOSES: ReadonlyMap<string, string> = new Map([
  ['{', '}'],
  ['[', ']'],
  ['"', '"'],
  ["'", "'"],
])

function unclosed(opening: string): string {
  return `this ${opening} is not closed; the ${CLOSES.get(opening)} that belongs to it is missing`
}

function words(error: YAMLError, source: string): string {
  // Between { } and [ ] the brace of a bare ${NAME} is YAML's own: the commonest slip with variables.
  if (source.startsWith(`\${`, error.pos[0] - 1))
    return `a variable (\${NAME}) between { } or [ ] has to be in quotes`
  return WORDS[error.code] ?? `the text does not hold together here (${error.code})`
}
