import { planJson, planLines } from '../app/plan-report.ts'
import type { OnceResult } from '../app/reconcile-once.ts'
import type { Settings } from '../core/settings.ts'
import { type CliIo, complain, printJson, printLine } from './io.ts'
import { settingsOrFaults } from './settings.ts'

/** As `settingsOrFaults`, for commands that do something (`verb`) with providers: without any that is a fault as well. */
export async function settingsWithProviders(
  io: CliIo,
  config: string,
  verb: 'plan' | 'apply',
  json = false,
): Promise<Settings | undefined> {
  const settings = await settingsOrFaults(io, config, json)
  if (settings === undefined || settings.providers.size > 0) return settings
  complain(io, `${config}: there are no \`providers\`, so there is nothing to ${verb}`)
  return undefined
}

/** Prints each provider's result as it comes, with `json` all of them at the end, and gives them back. */
export async function printResults(
  io: CliIo,
  results: AsyncIterable<OnceResult>,
  json = false,
): Promise<readonly OnceResult[]> {
  const all: OnceResult[] = []
  for await (const result of results) {
    all.push(result)
    if (!json) for (const line of planLines(result)) printLine(io, line)
  }
  if (json) printJson(io, all.map(planJson))
  return all
}
