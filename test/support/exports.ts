import { readFile } from 'node:fs/promises'
import { dirname, join, normalize, sep } from 'node:path'
import { sourceFiles } from './imports.ts'

/** A function, constant or class that a file exports. */
export interface Exported {
  /** Path of the file, from the root, with forward slashes. */
  readonly file: string
  readonly name: string
  /** Files that import it by name, or import all of the file. */
  readonly importers: readonly string[]
  /** Its own file names it besides where it is declared. */
  readonly usedAtHome: boolean
}

const DECLARED = /^export (?:abstract )?(?:async )?(?:function\*?|const|let|class) ([\w$]+)/gm
const NAMED = /^(?:import|export)\s+(?:type\s+)?([^'"]*?)\s+from\s+'(\.[^']+)'/gm
const DYNAMIC = /import\('(\.[^']+)'\)/g

/**
 * Every value that the files of these folders export, and who imports it; types are passed over, for they name what stands in signatures.
 */
export async function exportsOf(root: string, folders: readonly string[]): Promise<Exported[]> {
  const texts = new Map<string, string>()
  for (const folder of folders)
    for (const file of await sourceFiles(root, folder))
      texts.set(file, withoutComments(await readFile(join(root, file), 'utf8')))
  const importers = importersIn(texts)
  const found: Exported[] = []
  for (const [file, text] of texts) {
    for (const [, name = ''] of text.matchAll(DECLARED)) {
      const by = [...(importers.get(`${file} ${name}`) ?? []), ...(importers.get(`${file} *`) ?? [])]
      found.push({ file, name, importers: by, usedAtHome: timesNamed(name, text) > 1 })
    }
  }
  return found
}

/** By `file name`, with `*` for all that the file has. */
function importersIn(texts: ReadonlyMap<string, string>): Map<string, string[]> {
  const importers = new Map<string, string[]>()
  for (const [file, text] of texts) {
    const note = (specifier: string, name: string) => {
      const key = `${normalize(join(dirname(file), specifier))
        .split(sep)
        .join('/')} ${name}`
      importers.set(key, [...(importers.get(key) ?? []), file])
    }
    for (const [, clause = '', specifier = ''] of text.matchAll(NAMED)) {
      const braces = /\{([^}]*)\}/.exec(clause)?.[1]
      if (braces === undefined) note(specifier, '*')
      for (const item of braces?.split(',') ?? []) note(specifier, localName(item))
    }
    for (const [, specifier = ''] of text.matchAll(DYNAMIC)) note(specifier, '*')
  }
  return importers
}

/** `type a as b` is `a` where it comes from. */
function localName(item: string): string {
  return item
    .trim()
    .replace(/^type\s+/, '')
    .replace(/\s+as\s+.*$/, '')
}

function timesNamed(name: string, text: string): number {
  return text.split(new RegExp(`(?<![\\w$])${name.replaceAll('$', '\\$')}(?![\\w$])`)).length - 1
}

/** Good enough to count names by: a string that looks like a comment only makes a name rarer. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')
}
