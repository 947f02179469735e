import { formatFault } from '../../config/fault.ts'
import type { CommandModule } from '../command.ts'
import { complain, counted, EXIT, printJson, printLine } from '../io.ts'
import { readSettings, withConfig } from '../settings.ts'

export const checkCommand: CommandModule = {
  register(program, io, done) {
    withConfig(program.command('check'))
      .description(
        'validate a configuration: every fault with file, line and column; exit code 2 when invalid',
      )
      .option('--json', 'machine-readable output')
      .action(async ({ config, json }: { config: string; json?: boolean }) => {
        const loaded = await readSettings(io, config, json)
        done(loaded.ok ? EXIT.fine : EXIT.badUsage)
        if (json === true) {
          printJson(
            io,
            loaded.ok ? { ok: true, warnings: loaded.warnings } : { ok: false, faults: loaded.faults },
          )
          return
        }
        if (!loaded.ok) {
          for (const fault of loaded.faults) complain(io, formatFault(fault))
          complain(io, `${config}: ${counted(loaded.faults.length, 'fault')}`)
          return
        }
        for (const warning of loaded.warnings) complain(io, `warning: ${formatFault(warning)}`)
        const { pools, zones, probes } = loaded.settings
        const targets = [...pools.values()].reduce((sum, pool) => sum + pool.targets.length, 0)
        const facts = [
          counted(zones.size, 'zone'),
          counted(pools.size, 'pool'),
          counted(targets, 'target'),
          counted(probes.size, 'probe'),
        ]
        printLine(io, `${config}: fine: ${facts.join(', ')}`)
      })
  },
}
