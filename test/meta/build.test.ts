import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { putInPlace } from '../support/build.ts'

const dir = mkdtempSync(join(tmpdir(), 'sipvane-build-'))
const [fresh, place] = [join(dir, 'fresh'), join(dir, 'place')]
afterEach(() => rmSync(dir, { recursive: true, force: true }))

function write(path: string, text: string): void {
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, text)
}

it('a build leaves what is the same alone, and nobody reads half of what is not', () => {
  for (const [name, before, after] of [
    ['same.js', 'export const a = 1\n', 'export const a = 1\n'],
    ['deep/other.js', 'export const a = 1\n', 'export const a = 2\n'],
    ['deep/new.js', undefined, 'export const b = 1\n'],
  ] as const) {
    if (before !== undefined) write(join(place, name), before)
    write(join(fresh, name), after)
  }
  const untouched = statSync(join(place, 'same.js'))
  const reader = openSync(join(place, 'deep/other.js'), 'r')
  putInPlace(fresh, place)
  expect(statSync(join(place, 'same.js')).ino).toBe(untouched.ino)
  expect(statSync(join(place, 'same.js')).mtimeMs).toBe(untouched.mtimeMs)
  // Written over, it would be empty or new to whoever opened it before.
  expect(readFileSync(reader, 'utf8')).toBe('export const a = 1\n')
  closeSync(reader)
  expect(readFileSync(join(place, 'deep/other.js'), 'utf8')).toBe('export const a = 2\n')
  expect(readFileSync(join(place, 'deep/new.js'), 'utf8')).toBe('export const b = 1\n')
})
