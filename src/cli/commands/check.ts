import { loadSettings } from '../../app/load.ts'
import { formatFault } from '../../config/fault.ts'
import type { CommandModule } from '../command.ts'
import { complain, EXIT, printJson, printLine } from '../io.ts'
import { withConfig } from '../settings.ts'

export const checkCommand: CommandModule = {
  register(program, io, done) {
    withConfig(program.command('check'))
      .description(
        'validate a configuration: every fault with file, line and column; exit code 2 when invalid',
      )
      .option('--json', 'machine-readable output')
      .action(async ({ config, json }: { config: string; json?: boolean }) => {
        const loaded = await loadSettings(config, io)
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
          complain(
            io,
            `${config}: ${loaded.faults.length} ${loaded.faults.length === 1 ? 'fault' : 'faults'}`,
          )
          return
        }
        for (const warning of loaded.warnings) complain(io, `warning: ${formatFault(warning)}`)
        const { pools, zones, probes } = loaded.settings
        const targets = [...pools.values()].reduce((sum, pool) => sum + pool.targets.length, 0)
        printLine(
          io,
          `${config}: fine: ${zones.size} zones, ${pools.size} pools, ${targets} targets, ${probes.size} probes`,
        )
      })
  },
}
