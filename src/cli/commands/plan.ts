import { unaddressedPools } from '../../app/discovery/unaddressed.ts'
import { previewSnapshot } from '../../app/preview.ts'
import { type OnceResult, reconcileOnce } from '../../app/reconcile-once.ts'
import type { CommandModule } from '../command.ts'
import { complain, EXIT } from '../io.ts'
import { printResults, settingsWithProviders } from '../plans.ts'
import { withConfig } from '../settings.ts'

interface Options {
  readonly config: string
  readonly adopt?: boolean
  readonly json?: boolean
}

export const planCommand: CommandModule = {
  register(program, io, done) {
    withConfig(program.command('plan'))
      .description(
        'say what the updaters would change, by the last known health where `state` has it; exit code 0: nothing, 3: something, 1: a provider could not be read',
      )
      .option('--adopt', 'plan as if `adopt: true` stood at every provider')
      .option('--json', 'machine-readable output')
      .action(async ({ config, adopt, json }: Options) => {
        const settings = await settingsWithProviders(io, config, 'plan', json)
        if (settings === undefined) return done(EXIT.badUsage)
        const [unknown] = unaddressedPools(settings)
        if (unknown !== undefined) {
          const why = 'its addresses are discovered, and plan asks nobody; `apply --dry-run` does'
          complain(io, `${config}: pool ${unknown} has no address: ${why}`)
          return done(EXIT.failed)
        }
        const snapshot = await previewSnapshot(settings)
        const options = { planOnly: true, ...(adopt === true ? { adopt } : {}) }
        const results = await printResults(io, reconcileOnce(settings, snapshot, options), json)
        done(exitCode(results))
      })
  },
}

/** What could not be read may hold changes: a failure says more than a plan. */
function exitCode(results: readonly OnceResult[]): number {
  if (results.some(({ error }) => error !== undefined)) return EXIT.failed
  return results.some(({ plan }) => plan !== undefined && plan.changes.length > 0) ? EXIT.changes : EXIT.fine
}
