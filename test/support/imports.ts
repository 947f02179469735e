import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, normalize, relative, sep } from 'node:path'
import { init, parse } from 'es-module-lexer'

export interface Import {
  /** Path of the importing file, from the root, with forward slashes. */
  readonly from: string
  /** Path of the imported file in the same form, or the package's name. */
  readonly to: string
  readonly kind: 'own' | 'package' | 'node'
}

export async function sourceFiles(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => slashes(relative(root, join(entry.parentPath, entry.name))))
    .sort()
}

/** Every import and re-export of a folder's TypeScript files, type-only ones included. */
export async function importsOf(root: string, folder: string): Promise<Import[]> {
  await init
  const found: Import[] = []
  for (const from of await sourceFiles(root, folder)) {
    const [imports] = parse(await readFile(join(root, from), 'utf8'), from)
    for (const { specifier } of imports) {
      if (typeof specifier !== 'string') continue
      if (specifier.startsWith('.'))
        found.push({ from, to: slashes(normalize(join(dirname(from), specifier))), kind: 'own' })
      else if (specifier.startsWith('node:')) found.push({ from, to: specifier, kind: 'node' })
      else found.push({ from, to: packageOf(specifier), kind: 'package' })
    }
  }
  return found
}

function packageOf(specifier: string): string {
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] as string)
}

function slashes(path: string): string {
  return path.split(sep).join('/')
}
