import { z } from 'zod'
import { parsePattern } from './parse.ts'
import type { Program } from './program.ts'
import { Scan } from './scan.ts'

/** What a text should hold: `plain words`, or a pattern between slashes, `/^220 .*ready/i`. */
export type TextMatch =
  | { readonly kind: 'words'; readonly octets: Buffer; readonly source: string }
  | { readonly kind: 'pattern'; readonly program: Program; readonly source: string }

const BETWEEN_SLASHES = /^\/(.+)\/(i?)$/s

/** A key whose text should be found in an answer. Stays text: settings are plain data. */
export function textMatch(): z.ZodType<string, string> {
  return z
    .string()
    .min(1)
    .max(1000)
    .superRefine((source, context) => {
      const read = readMatch(source)
      if (typeof read === 'string')
        context.addIssue({ code: 'custom', message: `not a pattern that can be used: ${read}` })
    })
}

/** Throws TypeError on what the schema would have refused. */
export function compileMatch(source: string): TextMatch {
  const read = readMatch(source)
  if (typeof read === 'string') throw new TypeError(`not a pattern: ${source}: ${read}`)
  return read
}

/** Or why it cannot be used. */
function readMatch(source: string): TextMatch | string {
  const pattern = BETWEEN_SLASHES.exec(source)
  if (pattern === null) return { kind: 'words', octets: Buffer.from(source, 'utf8'), source }
  const parsed = parsePattern(pattern[1] ?? '', pattern[2] === 'i')
  return parsed.ok ? { kind: 'pattern', program: parsed.program, source } : parsed.why
}

/** Looks for it in octets that come in pieces; memory is bounded by what is looked for. */
export interface Finder {
  push(bytes: Uint8Array): void
  /** Whether it is there, should nothing more come. */
  found(): boolean
}

/** A new search; each answer needs one of its own. */
export function finder(match: TextMatch): Finder {
  if (match.kind === 'pattern') {
    const scan = new Scan(match.program)
    return { push: (bytes) => void scan.push(bytes), found: () => scan.ended() }
  }
  const { octets } = match
  let tail: Buffer = Buffer.alloc(0)
  let found = false
  return {
    push(bytes) {
      if (found) return
      const held = Buffer.concat([tail, bytes])
      found = held.includes(octets)
      tail = held.subarray(Math.max(0, held.length - octets.length + 1))
    },
    found: () => found,
  }
}

/** Whether a whole text holds it. */
export function holds(match: TextMatch, text: Uint8Array): boolean {
  const looking = finder(match)
  looking.push(text)
  return looking.found()
}
