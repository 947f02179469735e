import type { Command } from 'commander'
import { loadSettings } from '../app/load.ts'
import { formatFault } from '../config/fault.ts'
import { SipvaneError } from '../core/errors.ts'
import type { Settings } from '../core/settings.ts'
import { type CliIo, complain, printJson } from './io.ts'

/** The option that every command on a configuration has. */
export function withConfig(command: Command): Command {
  return command.requiredOption('-c, --config <file>', 'configuration (YAML)')
}

/**
 * What a file says, or its faults. One that cannot be read rejects, and with `json` is a fault of the file as a whole: whoever asked for
 * JSON reads JSON.
 */
export async function readSettings(io: CliIo, file: string, json = false): ReturnType<typeof loadSettings> {
  try {
    return await loadSettings(file, io)
  } catch (error) {
    if (!json || !(error instanceof SipvaneError)) throw error
    return { ok: false, faults: [{ file, line: 0, column: 0, path: '', message: error.message }] }
  }
}

/** The settings, or undefined after every fault was printed: the command then ends with exit code 2. Rejects as `readSettings` does. */
export async function settingsOrFaults(io: CliIo, file: string, json = false): Promise<Settings | undefined> {
  const loaded = await readSettings(io, file, json)
  if (loaded.ok) return loaded.settings
  if (json) printJson(io, { ok: false, faults: loaded.faults })
  else for (const fault of loaded.faults) complain(io, formatFault(fault))
  return undefined
}
