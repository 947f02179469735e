import type { Command } from 'commander'
import { loadSettings } from '../app/load.ts'
import { formatFault } from '../config/fault.ts'
import type { Settings } from '../core/settings.ts'
import { type CliIo, complain, printJson } from './io.ts'

/** The option that every command on a configuration has. */
export function withConfig(command: Command): Command {
  return command.requiredOption('-c, --config <file>', 'configuration (YAML)')
}

/** The settings, or undefined after every fault was printed: the command then ends with exit code 2. Rejects where the file cannot be read. */
export async function settingsOrFaults(io: CliIo, file: string, json = false): Promise<Settings | undefined> {
  const loaded = await loadSettings(file, io)
  if (loaded.ok) return loaded.settings
  if (json) printJson(io, { ok: false, faults: loaded.faults })
  else for (const fault of loaded.faults) complain(io, formatFault(fault))
  return undefined
}
