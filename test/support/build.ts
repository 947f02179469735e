import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { projectRoot } from './root.ts'

/** What is compiled, and the folder that it goes to. */
const PARTS = [
  { project: 'tsconfig.build.json', folder: 'dist' },
  { project: 'tsconfig.lab.json', folder: 'build' },
] as const

/**
 * Tests of the command run what is built: it must be what the sources say. A type error does not keep the compiler from writing, and `npm
 * run check` is who fails on it.
 */
export function setup(): void {
  const root = projectRoot()
  const compiler = join(root, 'node_modules', '.bin', 'tsc')
  for (const { project, folder } of PARTS) {
    // Beside the folder it is for: source maps name the sources from where they lie.
    const fresh = mkdtempSync(join(root, '.built-'))
    try {
      spawnSync(compiler, ['-p', project, '--outDir', fresh], {
        cwd: root,
        stdio: ['ignore', 'ignore', 'inherit'],
      })
      putInPlace(fresh, join(root, folder))
    } finally {
      rmSync(fresh, { recursive: true, force: true })
    }
  }
}

/**
 * Moves every file of `from` to the same place in `to`, those left out that say what is there already. The compiler empties each file
 * before it writes it: an instance that starts at that moment, or one of its threads, reads half of a module and ends with code 1.
 */
export function putInPlace(from: string, to: string): void {
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const source = join(entry.parentPath, entry.name)
    const target = join(to, source.slice(from.length + 1))
    if (sameContent(source, target)) continue
    mkdirSync(dirname(target), { recursive: true })
    renameSync(source, target)
  }
}

function sameContent(one: string, other: string): boolean {
  try {
    return readFileSync(one).equals(readFileSync(other))
  } catch {
    return false // there is none yet
  }
}
