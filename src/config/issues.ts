import type { z } from 'zod'
import type { Path } from './fault.ts'
import type { Report } from './report.ts'
import { keysOf } from './schema-keys.ts'
import { allowedNames } from './suggest.ts'

type Issue = z.core.$ZodIssue

const WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a mapping',
  record: 'a mapping',
  map: 'a mapping',
  array: 'a list',
  tuple: 'a list',
}

/** What would be right, for schemas that do not say it themselves. zod's own words would repeat the input. */
function allowedWords(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `allowed: ${WORDS[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return allowedNames(issue.values.map(String))
    case 'too_small':
      return `allowed: ${measure(issue.origin, 'at least', Number(issue.minimum), issue.inclusive !== false)}`
    case 'too_big':
      return `allowed: ${measure(issue.origin, 'at most', Number(issue.maximum), issue.inclusive !== false)}`
    case 'not_multiple_of':
      return `allowed: a multiple of ${issue.divisor}`
    case 'invalid_format':
      return `allowed: text of the form ${issue.format}`
    default:
      return 'this is not allowed here'
  }
}

function measure(origin: string, bound: 'at least' | 'at most', limit: number, inclusive: boolean): string {
  const amount = inclusive ? `${bound} ${limit}` : `${bound === 'at least' ? 'more' : 'less'} than ${limit}`
  if (origin === 'string') return `${amount} ${limit === 1 ? 'character' : 'characters'}`
  if (origin === 'array' || origin === 'set' || origin === 'map')
    return `${amount} ${limit === 1 ? 'entry' : 'entries'}`
  return amount
}

/** Reads the value at `path` by `schema`; undefined when it is not what the schema wants, which is then in the report. */
export function readValue<Output>(report: Report, schema: z.ZodType<Output>, path: Path): Output | undefined {
  return readAs(report, schema, path, report.document.valueAt(path))
}

/** The same for a value that is not taken from the document as it stands; places are still told by `path`. */
export function readAs<Output>(
  report: Report,
  schema: z.ZodType<Output>,
  path: Path,
  value: unknown,
  alsoKnown: readonly string[] = [],
): Output | undefined {
  const result = schema.safeParse(value, { error: allowedWords })
  if (result.success) return result.data
  reportIssues(report, schema, path, result.error.issues, alsoKnown)
  return undefined
}

function reportIssues(
  report: Report,
  schema: z.ZodType,
  base: Path,
  issues: readonly Issue[],
  alsoKnown: readonly string[],
): void {
  for (const issue of issues) {
    const inner = issue.path.map((step) => (typeof step === 'number' ? step : String(step)))
    const path = [...base, ...inner]
    if (issue.code === 'unrecognized_keys') {
      const known = [...(inner.length === 0 ? alsoKnown : []), ...keysOf(schema, inner)]
      for (const key of issue.keys) report.refuseKey([...path, key], known)
    } else if (issue.code === 'invalid_union' && nearestBranch(issue.errors) !== undefined) {
      const branch = (nearestBranch(issue.errors) ?? []).map((fault) => ({
        ...fault,
        path: [...issue.path, ...fault.path],
      }))
      reportIssues(report, schema, base, branch as Issue[], alsoKnown)
    } else {
      const text = report.document.nodeAt(path)?.substitution !== undefined
      const hint =
        issue.code === 'invalid_type' ? hintOf(report.document.valueAt(path), issue.expected, text) : ''
      const message = report.document.withoutSecrets(issue.message, path) + hint
      const names = issue.code === 'invalid_value' ? issue.values.map(String) : []
      if (report.document.nodeAt(path) === undefined) report.missing(path, message)
      else if (message === allowedNames(names)) report.refuseName(path, names)
      else report.refuse(path, message)
    }
  }
}

function hintOf(value: unknown, expected: string, fromEnvironment: boolean): string {
  if (fromEnvironment) return '; a value from the environment is always text'
  const number = expected === 'number' || expected === 'int'
  return number && typeof value === 'string' && /^\d+$/.test(value) ? '; write it without quotes' : ''
}

/** Of a union's branches, the one that takes this kind of value at all; undefined where none does. */
function nearestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  return branches.find(
    (issues) =>
      issues.length > 0 && !issues.some((issue) => issue.code === 'invalid_type' && issue.path.length === 0),
  )
}
