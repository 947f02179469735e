import { appendFile, chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SipvaneEvent } from '../../src/core/event.ts'
import { EVENT_FILE, openEventFile } from '../../src/state/event-file.ts'
import { recordingLogger } from '../support/recording-logger.ts'

let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sipvane-events-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

function event(serial: number): SipvaneEvent {
  return {
    type: 'zone.changed',
    zone: 'voice.example.com.',
    serial,
    id: `t-${serial}`,
    atMs: serial,
    node: 'ns1',
  }
}

function open(maxBytes?: number) {
  const logger = recordingLogger()
  return { logger, file: openEventFile(dir, { logger, ...(maxBytes === undefined ? {} : { maxBytes }) }) }
}

describe('the history of events', () => {
  it('is read back after a restart, oldest first', async () => {
    const { file } = open()
    expect(await file.tail()).toEqual([])
    for (let serial = 1; serial <= 3; serial++) file.append(event(serial))
    await file.close()
    expect(await open().file.tail()).toEqual([event(1), event(2), event(3)])
  })

  it('passes over half a line, another program’s lines, and odd octets', async () => {
    const { file } = open()
    file.append(event(1))
    await file.close()
    await appendFile(
      join(dir, EVENT_FILE),
      '{"type":"zone.changed","id":"x"}\n[1]\nnull\n\u0000\u0001\n{"type":"zone',
    )
    expect(await open().file.tail()).toEqual([event(1)])
  })

  it('is rotated by size, and no more than four old files are kept', async () => {
    for (let serial = 1; serial <= 60; serial++) {
      const { file } = open(500)
      file.append(event(serial))
      await file.close()
    }
    const names = (await readdir(dir)).sort()
    expect(names).toEqual(['events.jsonl', ...[1, 2, 3, 4].map((index) => `events.jsonl.${index}`)])
    const newest = await readFile(join(dir, 'events.jsonl'), 'utf8')
    expect(newest.trim().split('\n').at(-1)).toContain('"serial":60')
  })

  it('that cannot be written is told of once, and costs nobody else anything', async () => {
    await writeFile(join(dir, 'state'), 'a file where the folder should be')
    const logger = recordingLogger()
    const file = openEventFile(join(dir, 'state'), { logger })
    for (let serial = 1; serial <= 3; serial++) {
      file.append(event(serial))
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await file.close()
    await chmod(dir, 0o755)
    expect(logger.messagesOf('history.not-written')).toHaveLength(1)
  })
})
