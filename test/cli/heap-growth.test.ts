import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { projectRoot } from '../support/root.ts'

const MODULE = pathToFileURL(join(projectRoot(), 'dist', 'cli', 'heap-growth.js')).href

function run(script: string) {
  return spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
}

test('the limit of the heap is one that this V8 knows', () => {
  const { status, stderr } = run(`(await import('${MODULE}')).limitHeapGrowth()`)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})

test('one that it does not know would be seen', () => {
  const { stderr } = run("(await import('node:v8')).setFlagsFromString('--heap-growing-per-cent=200')")
  expect(stderr).toContain('unrecognized flag')
})
