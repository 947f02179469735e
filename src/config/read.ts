import { open } from 'node:fs/promises'
import { errnoOf, messageOf, SipvaneError } from '../core/errors.ts'

/** 100,000 targets take five million bytes. */
export const CONFIG_BYTES_MAX = 8 * 1024 * 1024

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'no permission to read it',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is no folder',
}

/**
 * The text of a configuration file. Rejects with a `SipvaneError`: `config-unreadable`, `config-too-large` (over 8 MiB) or
 * `config-encoding` (not UTF-8).
 */
export async function readConfig(path: string): Promise<string> {
  const bytes = await readCapped(path).catch((cause: unknown) => {
    const why = WORDS[errnoOf(cause) ?? ''] ?? messageOf(cause)
    throw new SipvaneError('config-unreadable', `cannot read ${path}: ${why}`, { cause })
  })
  if (bytes.length > CONFIG_BYTES_MAX) {
    throw new SipvaneError('config-too-large', `${path} is larger than ${CONFIG_BYTES_MAX} bytes`)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new SipvaneError('config-encoding', `${path} is not UTF-8 text`, { cause })
  }
}

/** At most one byte more than may be: a device or a pipe tells no size beforehand. */
async function readCapped(path: string): Promise<Buffer> {
  const handle = await open(path, 'r')
  try {
    const chunks: Buffer[] = []
    let length = 0
    while (length <= CONFIG_BYTES_MAX) {
      const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(65_536) })
      if (bytesRead === 0) break
      chunks.push(buffer.subarray(0, bytesRead))
      length += bytesRead
    }
    return Buffer.concat(chunks)
  } finally {
    await handle.close()
  }
}
