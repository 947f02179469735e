import { appendFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf, messageOf } from '../core/errors.ts'
import type { SipvaneEvent } from '../core/event.ts'
import type { Logger } from '../core/ports.ts'
import { FILE_MODE, makeFolder, openRegular } from './files.ts'
import { readSavedEvent } from './saved-event.ts'

export const EVENT_FILE = 'events.jsonl'
const FILE_MAX_BYTES = 8 * 1024 * 1024
/** `events.jsonl` and `events.jsonl.1` to `.4`: 40 MB at most. */
const OLD_FILES = 4
/** Events that wait for a slow disk; of more the newest are left out of the history. */
const QUEUE_MAX = 10_000
/** As much of the end of the file is read back at start. */
const TAIL_BYTES = 512 * 1024

/** The history of events on disk: one JSON object a line, appended, rotated by size. */
export interface EventFile {
  /** The newest events of earlier runs, oldest first; lines that are none are passed over. Never rejects. */
  tail(): Promise<SipvaneEvent[]>
  /** Returns at once; a disk that fails is told once and costs the history, nothing else. */
  append(event: SipvaneEvent): void
  /** Resolves when what was appended is written, or cannot be. */
  close(): Promise<void>
}

export function openEventFile(
  stateDir: string,
  deps: { readonly logger: Logger; readonly maxBytes?: number },
): EventFile {
  const path = join(stateDir, EVENT_FILE)
  const maxBytes = deps.maxBytes ?? FILE_MAX_BYTES
  let queue: string[] = []
  let writing: Promise<void> | undefined
  let bytes: number | undefined
  let failing = false

  async function write(): Promise<void> {
    for (let lines = queue.splice(0); lines.length > 0; lines = queue.splice(0)) {
      const text = lines.join('')
      try {
        await makeFolder(stateDir)
        bytes ??= await sizeOf(path)
        if (bytes > 0 && bytes + text.length > maxBytes) {
          await rotate(path)
          bytes = 0
        }
        await appendFile(path, text, { mode: FILE_MODE })
        bytes += Buffer.byteLength(text)
        if (failing) deps.logger.info('history.written', {}, 'the event history can be written again')
        failing = false
      } catch (error) {
        const why = messageOf(error)
        if (!failing) deps.logger.error('history.not-written', { error }, `cannot write ${path}: ${why}`)
        failing = true
        bytes = undefined
      }
    }
    writing = undefined
  }

  return {
    tail: () => tailOf(path),
    append(event) {
      if (queue.length >= QUEUE_MAX) return
      queue.push(`${JSON.stringify(event)}\n`)
      writing ??= write()
    },
    async close() {
      await writing
      queue = []
    },
  }
}

async function rotate(path: string): Promise<void> {
  for (let index = OLD_FILES - 1; index >= 0; index--) {
    const from = index === 0 ? path : `${path}.${index}`
    await rename(from, `${path}.${index + 1}`).catch((error: unknown) => {
      if (errnoOf(error) !== 'ENOENT') throw error
    })
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 0
    throw error
  }
}

async function tailOf(path: string): Promise<SipvaneEvent[]> {
  const handle = await openRegular(path).catch(() => undefined)
  if (handle === undefined) return []
  try {
    const { size } = await handle.stat()
    const start = Math.max(0, size - TAIL_BYTES)
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(size - start), position: start })
    const lines = buffer.toString('utf8', 0, bytesRead).split('\n')
    // In the middle of a file the first line is half a one; after a power cut the last may be.
    return lines.flatMap((line) => readSavedEvent(line) ?? [])
  } catch {
    return []
  } finally {
    await handle.close()
  }
}
