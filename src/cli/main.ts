import { Command, CommanderError } from 'commander'
import { messageOf, SipvaneError } from '../core/errors.ts'
import { applyCommand } from './commands/apply.ts'
import { checkCommand } from './commands/check.ts'
import { eventsCommand } from './commands/events.ts'
import { hookCommand } from './commands/hook.ts'
import { initCommand } from './commands/init.ts'
import { overrideCommands } from './commands/override.ts'
import { planCommand } from './commands/plan.ts'
import { probeCommand } from './commands/probe.ts'
import { queryCommand } from './commands/query.ts'
import { recordsCommand } from './commands/records.ts'
import { runCommand } from './commands/run.ts'
import { schemaCommand } from './commands/schema.ts'
import { statusCommand } from './commands/status.ts'
import { type CliIo, complain, EXIT, processIo } from './io.ts'
import { VERSION } from './version.ts'

const commands = [
  runCommand,
  checkCommand,
  probeCommand,
  recordsCommand,
  planCommand,
  applyCommand,
  queryCommand,
  statusCommand,
  eventsCommand,
  overrideCommands,
  hookCommand,
  schemaCommand,
  initCommand,
]

const AFTER_HELP = `
To begin:  sipvane init, then  sipvane check -c sipvane.yaml  and  sipvane run -c sipvane.yaml
Exit codes: 0 fine, 1 failed, 2 bad usage or configuration, 3 changes to make`

/**
 * Runs one command line (`argv` without node and script) and gives the exit code: 0 fine, 1 failed, 2 bad usage or configuration, 3 changes
 * to make. Never rejects for what a user can cause.
 */
export async function main(argv: readonly string[], io: CliIo = processIo): Promise<number> {
  let exitCode: number = EXIT.fine
  const program = new Command('sipvane')
    .description(
      'Failover DNS for SIP: asks every SIP server whether it really works, and answers DNS accordingly',
    )
    .version(VERSION)
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) })
    .showSuggestionAfterError()
    .addHelpText('after', AFTER_HELP)
  for (const command of commands) {
    command.register(program, io, (code) => {
      exitCode = code
    })
  }
  for (const command of program.commands) command.exitOverride()
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.badUsage
    complain(io, `sipvane: ${messageOf(error)}`)
    if (!(error instanceof SipvaneError) && error instanceof Error) complain(io, error.stack ?? '')
    return isBadConfig(error) ? EXIT.badUsage : EXIT.failed
  }
}

/** A configuration that cannot be read is as bad as one that cannot be understood. */
function isBadConfig(error: unknown): boolean {
  return error instanceof SipvaneError && error.code.startsWith('config-')
}
