import { testHook } from '../../app/hook-once.ts'
import { formatDuration } from '../../core/schemas.ts'
import type { HookSettings, Settings } from '../../core/settings.ts'
import type { CommandModule } from '../command.ts'
import { complain, EXIT, printJson, printLine } from '../io.ts'
import { settingsOrFaults, withConfig } from '../settings.ts'

interface Options {
  readonly config: string
  readonly json?: boolean
}

const MARKS = { pass: 'ok  ', warn: 'warn', fail: 'FAIL' } as const

/** `sipvane hook list` and `sipvane hook test NAME`. */
export const hookCommand: CommandModule = {
  register(program, io, done) {
    const hook = program.command('hook').description('list the hooks of a configuration, or test one')
    hook.exitOverride()
    withConfig(hook.command('list'))
      .description('list the hooks: what they are, on what they act')
      .option('--json', 'machine-readable output')
      .exitOverride()
      .action(async ({ config, json }: Options) => {
        const settings = await settingsOrFaults(io, config, json)
        if (settings === undefined) return done(EXIT.badUsage)
        const hooks = [...(settings.hooks?.values() ?? [])]
        // Options hold secrets.
        if (json === true)
          printJson(
            io,
            hooks.map(({ options: _options, ...rest }) => rest),
          )
        else if (hooks.length === 0) printLine(io, `${config}: there are no hooks`)
        else for (const one of hooks) printLine(io, describe(one))
        done(EXIT.fine)
      })
    withConfig(hook.command('test'))
      .description(
        'see whether a hook would work: logs in and looks, changes nothing; webhook and email send a test. Exit code 1 when it would not',
      )
      .argument('<name>', 'the hook')
      .option('--json', 'machine-readable output')
      .exitOverride()
      .action(async (name: string, { config, json }: Options) => {
        const settings = await settingsOrFaults(io, config, json)
        if (settings === undefined) return done(EXIT.badUsage)
        const found = settings.hooks?.get(name)
        if (found === undefined) {
          complain(io, `${config}: there is no hook ${name}; there are: ${namesOf(settings)}`)
          return done(EXIT.badUsage)
        }
        const result = await testHook(found, settings)
        if (json === true) printJson(io, result)
        else {
          for (const step of result.steps) printLine(io, `  *    ${step}`)
          for (const { result: how, text } of result.findings) printLine(io, `  ${MARKS[how]} ${text}`)
        }
        done(result.findings.some(({ result: how }) => how === 'fail') ? EXIT.failed : EXIT.fine)
      })
  },
}

function describe({ name, kind, on, pools, after, timeoutMs, retries, rate, dryRun }: HookSettings): string {
  const parts = [
    `on ${on.join(', ')}`,
    pools.length === 0 ? 'of every pool' : `of ${pools.join(', ')}`,
    ...(after.length === 0 ? [] : [`after ${after.join(', ')}`]),
    `${formatDuration(timeoutMs)} an attempt, ${retries} more`,
    `${rate.max} in ${formatDuration(rate.perMs)}`,
    ...(dryRun ? ['DRY RUN'] : []),
  ]
  return `${name} (${kind}): ${parts.join('; ')}`
}

function namesOf({ hooks }: Settings): string {
  return [...(hooks?.keys() ?? [])].join(', ') || 'none'
}
