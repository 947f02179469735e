import { execFileSync } from 'node:child_process'
import {
  appendFile,
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SipvaneEvent } from '../../src/core/event.ts'
import { openAddressFile } from '../../src/state/address-file.ts'
import { EVENT_FILE, openEventFile } from '../../src/state/event-file.ts'
import { HEALTH_FILE, openHealthFile } from '../../src/state/health-file.ts'
import { readSavedEvent } from '../../src/state/saved-event.ts'
import { recordingLogger } from '../support/recording-logger.ts'

const SEED = 20_261_123
const ZONE: SipvaneEvent = { type: 'zone.changed', zone: 'a.', serial: 1, id: 't-1', atMs: 1, node: 'ns1' }
const STATE = {
  node: 'ns1',
  savedAtMs: 1,
  health: new Map(),
  policy: new Map(),
  serials: new Map(),
  overrides: new Map(),
}

let base = ''
let dir = ''
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'sipvane-hostile-'))
  dir = join(base, 'state')
})
afterEach(() => rm(base, { recursive: true, force: true }))

function open() {
  const logger = recordingLogger()
  const clock = { nowMs: () => 42 }
  return {
    logger,
    events: openEventFile(dir, { logger }),
    health: openHealthFile(dir, { clock, logger }),
    addresses: openAddressFile(dir, { logger }),
  }
}

async function writeAll() {
  const { events, health, addresses } = open()
  events.append(ZONE)
  await events.close()
  await health.write(STATE)
  await addresses.write({ 'office/dsl': '192.0.2.1' })
}

const ADDRESS_FILE = 'addresses.json'
const FILES = [EVENT_FILE, HEALTH_FILE, ADDRESS_FILE]
const modeOf = async (path: string) => (await stat(path)).mode & 0o777

describe('files of the state', () => {
  it('are not for everybody, whatever the umask', async () => {
    const before = process.umask(0)
    try {
      await writeAll()
    } finally {
      process.umask(before)
    }
    expect(await modeOf(dir)).toBe(0o750)
    for (const file of FILES) expect([file, await modeOf(join(dir, file))]).toEqual([file, 0o640])
  })

  it('are written over no file that a link leads to, and take over no mode of what lay there', async () => {
    await mkdir(dir)
    const victim = join(base, 'victim')
    await writeFile(victim, 'precious')
    await symlink(victim, join(dir, `${HEALTH_FILE}.new`))
    await writeFile(join(dir, `${ADDRESS_FILE}.new`), 'x')
    await chmod(join(dir, `${ADDRESS_FILE}.new`), 0o666)
    await writeAll()
    expect(await readFile(victim, 'utf8')).toBe('precious')
    expect((await lstat(join(dir, HEALTH_FILE))).isFile()).toBe(true)
    expect(await modeOf(join(dir, ADDRESS_FILE))).toBe(0o640)
  })

  it.each(FILES)(
    'are passed over where %s is a pipe, a device or a folder: the start does not wait',
    async (file) => {
      await mkdir(dir)
      const path = join(dir, file)
      const put = [() => execFileSync('mkfifo', [path]), () => symlink('/dev/zero', path), () => mkdir(path)]
      for (const make of put) {
        await make()
        const { events, health, addresses } = open()
        expect(await events.tail()).toEqual([])
        expect(await health.peek()).toBeUndefined()
        expect(await addresses.read()).toEqual({})
        await rm(path, { recursive: true })
      }
    },
  )
})

describe('a state file that is no file of ours', () => {
  it('is moved aside when it is a pipe, and the next write makes a file', async () => {
    await mkdir(dir)
    execFileSync('mkfifo', [join(dir, HEALTH_FILE)])
    const { health, logger } = open()
    expect(await health.read()).toBeUndefined()
    expect(logger.messagesOf('state.broken')).toHaveLength(1)
    await health.write(STATE)
    expect((await lstat(join(dir, HEALTH_FILE))).isFile()).toBe(true)
  })
})

describe('a line of the history', () => {
  it.each([
    ['an id that would make lines of its own in the stream', { id: 't-1\n\ndata: {}' }],
    ['a time that no date has', { atMs: 1e300 }],
    ['a time that is no number', { atMs: '1' }],
    ['a part that is missing', { type: 'decision.changed' }],
    [
      'a list that is none',
      { type: 'verdict.changed', pool: 'p', target: 't', from: 'up', to: 'up', real: 'up', why: 7 },
    ],
    [
      'a word that is none',
      { type: 'verdict.changed', pool: 'p', target: 't', from: 'up', to: '<b>', real: 'up', why: [] },
    ],
    ['a serial of another world', { serial: -1 }],
    ['a test of a hook, which is never written', { type: 'hook.test', hook: 'h' }],
  ])('with %s is none of ours', (_what, change) => {
    expect(readSavedEvent(JSON.stringify(ZONE))).toEqual(ZONE)
    expect(readSavedEvent(JSON.stringify({ ...ZONE, ...change }))).toBeUndefined()
  })

  it('brings nothing with it that an event does not have', () => {
    const read = readSavedEvent(`{"__proto__":{"admin":true},"extra":1,${JSON.stringify(ZONE).slice(1)}`)
    expect(read).toEqual(ZONE)
    expect(Object.keys(read ?? {})).not.toContain('__proto__')
  })

  it('is an event or passed over, whatever it holds', async () => {
    await mkdir(dir)
    const value = fc.oneof(
      fc.json(),
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.constant(JSON.stringify(ZONE)),
    )
    const lines =
      fc.sample(fc.array(value, { minLength: 400, maxLength: 400 }), { seed: SEED, numRuns: 1 })[0] ?? []
    await appendFile(join(dir, EVENT_FILE), lines.map((line) => line.replaceAll('\n', ' ')).join('\n'))
    const read = await open().events.tail()
    expect(read).toHaveLength(lines.filter((line) => line === JSON.stringify(ZONE)).length)
    expect(read.length).toBeGreaterThan(0)
    for (const event of read) expect(event).toEqual(ZONE)
  })
})
