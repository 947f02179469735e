import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LogFields, Logger } from '../../src/core/ports.ts'
import {
  HEALTH_FILE,
  openHealthFile,
  type SavedState,
  type StateToSave,
} from '../../src/state/health-file.ts'

const saved: SavedState = {
  node: 'ns1',
  savedAtMs: 1_800_000_000_000,
  health: {
    'edge/sip1 options 192.0.2.11': {
      status: 'down',
      sinceMs: 1_799_999_999_000,
      passes: 0,
      fails: 4,
      hardFails: 1,
      unanswered: 6,
      failingSinceMs: 1_799_999_998_000,
      loss: 0.02,
      changes: 3,
      drainUntilMs: 1_800_000_300_000,
      impaired: true,
      impairedRun: 1,
      poor: { what: 'latency 180 ms, more than 150 ms', quietSinceMs: 5 },
      srttMs: 20.5,
      rttvarMs: 1.25,
      rttSamples: 8,
      rttBackoff: 1,
      last: { result: 'fail', reason: 'timeout', attempts: 2, detail: 'no answer' },
      lastAtMs: 1_800_000_000_000,
    },
  },
  policy: { 'edge options': { preferred: 'sip2' } },
  serials: { 'voice.example.com.': { serial: 1_800_000_000, contentHash: 'abc' } },
  overrides: { 'edge/sip2': { kind: 'drain', reason: 'disk swap', author: 'ann' } },
}

const toSave: StateToSave = {
  ...saved,
  health: new Map(Object.entries(saved.health)),
  policy: new Map(Object.entries(saved.policy)),
  serials: new Map(Object.entries(saved.serials)),
  overrides: new Map(Object.entries(saved.overrides)),
}

let dir: string
let warnings: { event: string; fields: LogFields }[]
const logger: Logger = {
  debug: () => {},
  info: () => {},
  warn: (event, fields) => warnings.push({ event, fields }),
  error: (event, fields) => warnings.push({ event, fields }),
}

function open() {
  return openHealthFile(dir, { clock: { nowMs: () => 42 }, logger })
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sipvane-state-'))
  warnings = []
})
afterEach(async () => {
  await rm(dir, { recursive: true, force: true })
})

describe('the state file', () => {
  it('keeps what is known of a path, and not the doubt that only an answer to this process could end', async () => {
    const [[key, state] = []] = Object.entries(saved.health)
    if (key === undefined || state === undefined) throw new Error('one was saved')
    const lossDoubt = { loss: 0, lost: 1, open: 1 }
    await open().write({ ...toSave, health: new Map([[key, { ...state, lossDoubt }]]) })
    expect((await open().read())?.health).toEqual({ [key]: state })
  })

  it('reads back what it wrote', async () => {
    await open().write(toSave)
    expect(await open().read()).toEqual(saved)
    expect(await open().peek()).toEqual(saved)
    expect(warnings).toEqual([])
  })

  it('is absent without a word at the first start, and makes its folder when first written', async () => {
    const nested = openHealthFile(join(dir, 'a', 'b'), { clock: { nowMs: () => 42 }, logger })
    expect(await nested.read()).toBeUndefined()
    expect(warnings).toEqual([])
    await nested.write(toSave)
    expect(await nested.read()).toEqual(saved)
  })

  it('is replaced whole: no half-written file under its name, nothing left beside it', async () => {
    const file = open()
    await file.write(toSave)
    await file.write({ ...toSave, node: 'ns2' })
    expect(await readdir(dir)).toEqual([HEALTH_FILE])
    expect((await file.read())?.node).toBe('ns2')
  })

  const foreign: [string, string][] = [
    ['empty', ''],
    ['cut in the middle', JSON.stringify({ format: 'sipvane-health', version: 1, ...saved }).slice(0, 300)],
    ['no JSON', 'PK\u0003\u0004 something else'],
    ['JSON of somebody else', '{"name":"left-pad"}'],
    ['of a later version', JSON.stringify({ format: 'sipvane-health', version: 2, ...saved })],
    [
      'a number where a record belongs',
      JSON.stringify({ format: 'sipvane-health', version: 1, ...saved, health: 7 }),
    ],
    [
      'a serial out of range',
      JSON.stringify({
        format: 'sipvane-health',
        version: 1,
        ...saved,
        serials: { 'a.': { serial: 2 ** 32, contentHash: '' } },
      }),
    ],
  ]
  for (const [what, text] of foreign) {
    it(`is moved aside with a warning when it is ${what}, and the start goes on without it`, async () => {
      await writeFile(join(dir, HEALTH_FILE), text)
      expect(await open().read()).toBeUndefined()
      expect(warnings.map((warning) => warning.event)).toEqual(['state.broken'])
      expect(await readdir(dir)).toEqual([`${HEALTH_FILE}.broken-42`])
      expect(await readFile(join(dir, `${HEALTH_FILE}.broken-42`), 'utf8')).toBe(text)
    })
  }

  it('stays where it is when a command only looks at it', async () => {
    await writeFile(join(dir, HEALTH_FILE), 'broken')
    expect(await open().peek()).toBeUndefined()
    expect(await readdir(dir)).toEqual([HEALTH_FILE])
  })

  it('tells with a code and a path when it cannot be written', async () => {
    await writeFile(join(dir, 'plain'), '')
    const file = openHealthFile(join(dir, 'plain'), { clock: { nowMs: () => 42 }, logger })
    await expect(file.write(toSave)).rejects.toMatchObject({ code: 'state-not-written', retryable: true })
  })
})
