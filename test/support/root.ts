import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of this checkout, found from the sources and from where they are compiled to. */
export function projectRoot(): string {
  let dir = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(dir, 'bin', 'sipvane.js'))) {
    if (dirname(dir) === dir) throw new Error('bin/sipvane.js is not above this file')
    dir = dirname(dir)
  }
  return dir
}
