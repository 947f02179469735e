import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from './root.ts'

/** The fenced pieces of a docs page in this language, in their order; `page` from the project's root. */
export function fencesOf(page: string, language: string): string[] {
  const text = readFileSync(join(projectRoot(), page), 'utf8')
  return [...text.matchAll(/^```(\S*)\n([\s\S]*?)^```$/gm)].flatMap((match) =>
    match[1] === language ? [match[2] ?? ''] : [],
  )
}
