import { previewSnapshot } from '../../app/preview.ts'
import { formatZone } from '../../zone/format.ts'
import type { CommandModule } from '../command.ts'
import { complain, EXIT, printJson, printLine } from '../io.ts'
import { settingsOrFaults, withConfig } from '../settings.ts'

interface Options {
  readonly config: string
  readonly zone?: string
  readonly json?: boolean
}

export const recordsCommand: CommandModule = {
  register(program, io, done) {
    withConfig(program.command('records'))
      .description('print the record sets as master-file text, by the last known health where `state` has it')
      .option('--zone <name>', 'only this zone')
      .option('--json', 'machine-readable output')
      .action(async ({ config, zone: wanted, json }: Options) => {
        const settings = await settingsOrFaults(io, config, json)
        if (settings === undefined) return done(EXIT.badUsage)
        const snapshot = await previewSnapshot(settings)
        const origin = wanted?.toLowerCase().replace(/\.?$/, '.')
        const zones = [...snapshot.zones.values()].filter(
          (zone) => origin === undefined || zone.origin === origin,
        )
        if (zones.length === 0 && origin !== undefined) {
          complain(io, `${config}: there is no zone ${origin}`)
          return done(EXIT.failed)
        }
        if (json === true) printJson(io, zones)
        else for (const zone of zones) printLine(io, formatZone(zone).trimEnd())
        done(EXIT.fine)
      })
  },
}
