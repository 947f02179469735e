import type { z } from 'zod'
import type { Path } from './fault.ts'
import { readValue } from './issues.ts'
import type { Report } from './report.ts'

export type Shape = Readonly<Record<string, z.ZodType>>

/** What could be read of a mapping: each key by itself, so that one fault does not hide what the others are good for. */
export type Fields<S extends Shape> = { readonly [Key in keyof S]: z.output<S[Key]> | undefined }

/** Keys of the mapping that are not in the shape. */
export interface FieldOptions {
  /** Refused as "not supported yet". */
  readonly later?: readonly string[]
  /** Read elsewhere. */
  readonly others?: readonly string[]
  /** Other keys may stand there, which somebody else checks. */
  readonly open?: boolean
}

/**
 * Reads the mapping at `path` key by key. Undefined where there is no mapping, which is then in the report; an absent key is
 * undefined, or its schema's default.
 */
export function readFields<S extends Shape>(
  report: Report,
  shape: S,
  path: Path,
  options: FieldOptions = {},
): Fields<S> | undefined {
  const { document } = report
  const known = [...(options.others ?? []), ...Object.keys(shape)]
  if (document.nodeAt(path)?.entries === undefined) {
    report.refuse(path, `allowed: a mapping with the keys ${known.join(', ')}`)
    return undefined
  }
  for (const key of options.open === true ? [] : document.keysAt(path)) {
    if (!known.includes(key)) report.refuseKey([...path, key], known, options.later)
  }
  const fields: Record<string, unknown> = {}
  for (const [key, schema] of Object.entries(shape)) fields[key] = readValue(report, schema, [...path, key])
  return fields as Fields<S>
}

/**
 * The names of the entries of a section (`pools`, `targets`) in the order of the file, those that are no proper names
 * left out and reported. Empty where the section is absent.
 */
export function entryNames(
  report: Report,
  path: Path,
  name: { readonly pattern: RegExp; readonly allowed: string },
): string[] {
  const node = report.document.nodeAt(path)
  if (node === undefined) return []
  if (node.entries === undefined) {
    report.refuse(path, 'allowed: a mapping of names to settings')
    return []
  }
  return report.document.keysAt(path).filter((key) => {
    if (name.pattern.test(key)) return true
    report.fault(
      [...path, key],
      `not a proper name; ${name.allowed}`,
      report.document.position([...path, key], 'key'),
    )
    return false
  })
}
