import { join } from 'node:path'
import { z } from 'zod'
import { errnoOf, messageOf } from '../core/errors.ts'
import type { Logger } from '../core/ports.ts'
import { makeFolder, readRegular, replaceFile } from './files.ts'

const ADDRESS_FILE = 'addresses.json'
const FORMAT = 'sipvane-addresses'
const MAX_BYTES = 1024 * 1024

const saved = z.object({
  format: z.literal(FORMAT),
  version: z.literal(1),
  /** By target. */
  addresses: z.record(z.string().max(200), z.string().max(64)),
})

/** The addresses of links as they were last found: one small JSON file, replaced whole. Nothing of it is believed unchecked. */
export interface AddressFile {
  /** By target; empty where there is no file, or none of ours. Never rejects. */
  read(): Promise<Readonly<Record<string, string>>>
  /** Never rejects: a disk that fails costs what was found at the next start, nothing else. */
  write(addresses: Readonly<Record<string, string>>): Promise<void>
}

export function openAddressFile(stateDir: string, { logger }: { readonly logger: Logger }): AddressFile {
  const path = join(stateDir, ADDRESS_FILE)
  return {
    async read() {
      try {
        return saved.parse(JSON.parse(await readRegular(path, MAX_BYTES))).addresses
      } catch (error) {
        if (errnoOf(error) === 'ENOENT') return {}
        const why = messageOf(error).slice(0, 500)
        logger.warn(
          'state.unreadable',
          { file: path, error },
          `cannot read ${path}: ${why}; it is left alone`,
        )
        return {}
      }
    },
    async write(addresses) {
      try {
        await makeFolder(stateDir)
        await replaceFile(path, [JSON.stringify({ format: FORMAT, version: 1, addresses })])
      } catch (error) {
        logger.error('state.not-written', { file: path, error }, `cannot write ${path}: ${messageOf(error)}`)
      }
    },
  }
}
