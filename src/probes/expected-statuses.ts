import { z } from 'zod'

/** `200`, `200-299`, `2xx`; from YAML also the bare number. */
export type StatusPattern = string | number

const STATUS_PATTERN = /^(?:[2-6]\d\d|[2-6]\d\d-[2-6]\d\d|[2-6]xx)$/i

interface Range {
  readonly from: number
  readonly to: number
}

/** Whether a final status is among those listed. Throws RangeError on a pattern that the schema would have refused. */
export function statusMatcher(patterns: readonly StatusPattern[]): (status: number) => boolean {
  const ranges = patterns.map(rangeOf)
  return (status) => ranges.some((range) => status >= range.from && status <= range.to)
}

/** The range that a pattern stands for; undefined where it is none, or runs backwards. */
export function statusRange(pattern: StatusPattern): Range | undefined {
  const text = String(pattern)
  if (!STATUS_PATTERN.test(text)) return undefined
  if (/xx$/i.test(text)) {
    const from = Number(text[0]) * 100
    return { from, to: from + 99 }
  }
  const [from = text, to = from] = text.split('-')
  return Number(from) <= Number(to) ? { from: Number(from), to: Number(to) } : undefined
}

function rangeOf(pattern: StatusPattern): Range {
  const range = statusRange(pattern)
  if (range === undefined) throw new RangeError(`not a SIP status, range or class: ${pattern}`)
  return range
}

/** One entry of an `expect` list. */
export const statusPattern = z
  .union([z.number().int(), z.string()])
  .refine((pattern: StatusPattern) => statusRange(pattern) !== undefined, {
    error: 'not a final SIP status: write 200, 200-299 or 2xx',
  })
