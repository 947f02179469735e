import type { YAMLError } from 'yaml'

/**
 * The parser's own messages quote the text they stumble over, which may be a password with an unlucky character.
 * So each kind of error has words of ours; only messages that quote nothing are passed on.
 */
const WORDS: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'an alias (*) seen with no such anchor (&) before it',
  BAD_DIRECTIVE: 'a directive (%) seen that YAML 1.2 does not know',
  BAD_DQ_ESCAPE: 'an unknown escape seen in double quotes; write \\\\ for a backslash, or use single quotes',
  BAD_INDENT: 'the indentation does not fit, or a bracket or brace is not closed',
  BAD_SCALAR_START: 'a plain value cannot start with this character; put the value in quotes',
  BLOCK_AS_IMPLICIT_KEY:
    'a mapping cannot start here; put a value that holds ": " in quotes, or mend the indentation',
  DUPLICATE_KEY: 'the key is given twice',
  MISSING_CHAR: 'a quote, bracket, comma, colon or space is missing here',
  MULTILINE_IMPLICIT_KEY: 'a key must end with ":" on its own line',
  MULTIPLE_DOCS: 'a second document (---) seen; allowed: one document a file',
  NON_STRING_KEY: 'a key seen that is no plain text',
  RESOURCE_EXHAUSTION: 'nested too deeply',
  TAB_AS_INDENT: 'a tab seen in the indentation; use spaces',
  TAG_RESOLVE_FAILED: 'a tag (!) seen that means nothing here, or does not fit its value',
  UNEXPECTED_TOKEN:
    'something seen here that does not belong; look at the indentation and the brackets above',
}

/** One sentence for one error of the YAML parser. */
export function yamlErrorText(error: YAMLError): string {
  return `not valid YAML: ${WORDS[error.code] ?? `the text does not hold together here (${error.code})`}`
}
