import { applyOnce } from '../../app/apply-once.ts'
import type { OnceResult } from '../../app/reconcile-once.ts'
import { silentLogger } from '../../core/ports.ts'
import type { CommandModule } from '../command.ts'
import { EXIT } from '../io.ts'
import { printResults, settingsWithProviders } from '../plans.ts'
import { withConfig } from '../settings.ts'
import { VERSION } from '../version.ts'

interface Options {
  readonly config: string
  readonly dryRun?: boolean
  readonly force?: boolean
  readonly json?: boolean
}

export const applyCommand: CommandModule = {
  register(program, io, done) {
    withConfig(program.command('apply'))
      .description(
        'ask every target, bring the providers to what follows, and end: for cron; exit code 0: all is as it shall be, 1: something is not, 3: changes are left undone (dry run)',
      )
      .option('--dry-run', 'change nothing, say what would be done')
      .option('--force', 'carry out a plan that `maxChange` holds back')
      .option('--json', 'machine-readable output')
      .action(async ({ config, dryRun, force, json }: Options) => {
        const settings = await settingsWithProviders(io, config, 'apply', json)
        if (settings === undefined) return done(EXIT.badUsage)
        const options = { planOnly: dryRun === true, force: force === true }
        const applied = applyOnce(settings, options, { logger: silentLogger, version: VERSION })
        const results = await printResults(io, applied, json)
        done(exitCode(results, dryRun === true))
      })
  },
}

/**
 * | an error, a held plan or a refusal | dry run with changes | exit |
 * |------------------------------------|----------------------|------|
 * | yes                                | any                  | 1    |
 * | no                                 | yes                  | 3    |
 * | no                                 | no                   | 0    |
 */
function exitCode(results: readonly OnceResult[], dryRun: boolean): number {
  const amiss = ({ error, plan }: OnceResult) =>
    error !== undefined || plan === undefined || plan.held !== undefined || plan.refusals.length > 0
  if (results.some(amiss)) return EXIT.failed
  const undone = ({ provider, plan }: OnceResult) =>
    (dryRun || provider.dryRun) && plan !== undefined && plan.changes.length > 0
  return results.some(undone) ? EXIT.changes : EXIT.fine
}
