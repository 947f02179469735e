import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { SipvaneError } from '../core/errors.ts'

/** Readable for the group, so that it may be watched; nobody else's. */
export const FILE_MODE = 0o640
const FOLDER_MODE = 0o750

/** What lies there was never written by us. */
export class ForeignFileError extends SipvaneError {}

/**
 * Opens a file that somebody may have put there instead of ours: rejects with `ForeignFileError` where it is a pipe, a device or a folder,
 * and waits for nobody at a pipe's other end.
 */
export async function openRegular(path: string): Promise<FileHandle> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  if ((await handle.stat()).isFile()) return handle
  await handle.close()
  throw new ForeignFileError('state-foreign', 'it is no regular file')
}

/** The text of a file of at most `maxBytes`; rejects with `ForeignFileError` where it is larger, or no regular file. */
export async function readRegular(path: string, maxBytes: number): Promise<string> {
  const handle = await openRegular(path)
  try {
    if ((await handle.stat()).size > maxBytes)
      throw new ForeignFileError('state-foreign', 'it is larger than any of ours')
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}

/** Makes the folder of the state where there is none. */
export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: FOLDER_MODE })
}

/**
 * Writes a file whole or not at all: what was there before stays until everything is on the disk. What lies where it is made goes first,
 * and nothing is followed, so that a link put there leads nowhere.
 */
export async function replaceFile(path: string, pieces: Iterable<string>): Promise<void> {
  const fresh = `${path}.new`
  await rm(fresh, { force: true })
  const handle = await open(fresh, 'wx', FILE_MODE)
  try {
    for (const piece of pieces) await handle.writeFile(piece)
    // Without this a power cut may leave the new name with no content in it.
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(fresh, path)
}
