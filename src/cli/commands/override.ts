import { type Command, InvalidArgumentError } from 'commander'
import { OVERRIDE_LENGTH } from '../../app/override-order.ts'
import { duration } from '../../core/schemas.ts'
import type { CommandModule } from '../command.ts'
import { callInstance, findInstance, type InstanceOptions, withInstance } from '../instance.ts'
import { complain, EXIT, printJson, printLine } from '../io.ts'

interface Options extends InstanceOptions {
  readonly for?: string
  readonly reason?: string
}

const KINDS = {
  drain: 'give a target no new calls, and do not call it dead',
  down: 'take a target out',
  up: 'serve a target whatever is measured',
} as const

/** `drain`, `down`, `up` and `auto`: an operator's word on a target of a running instance. */
export const overrideCommands: CommandModule = {
  register(program, io, done) {
    for (const [kind, description] of Object.entries(KINDS)) {
      withReason(withInstance(program.command(kind)))
        .description(description)
        .argument('<pool/target>', 'the target, as `edge/sip1`')
        .option('--for <duration>', 'how long, as 30m or 2h; default: until `sipvane auto`', parseLength)
        .action((name: string, options: Options) => act(name, options, kind))
    }
    withReason(withInstance(program.command('auto')))
      .description('withdraw an override: the target follows what is measured again')
      .argument('<pool/target>', 'the target, as `edge/sip1`')
      .action((name: string, options: Options) => act(name, options, undefined))

    async function act(name: string, options: Options, kind: string | undefined): Promise<void> {
      const [pool, target, ...more] = name.split('/')
      if (pool === undefined || target === undefined || target === '' || more.length > 0) {
        complain(io, `${name} is not a target: write it as pool/target`)
        return done(EXIT.badUsage)
      }
      const instance = await findInstance(io, options)
      if (instance === undefined) return done(EXIT.badUsage)
      const path = `/v1/pools/${encodeURIComponent(pool)}/targets/${encodeURIComponent(target)}/override`
      const said = { reason: options.reason, author: io.env.SUDO_USER ?? io.env.USER }
      if (kind === undefined) await callInstance(instance, 'DELETE', path, said)
      else await callInstance(instance, 'PUT', path, { kind, for: options.for, ...said })
      if (options.json === true) printJson(io, { target: name, override: kind ?? null })
      else
        printLine(io, kind === undefined ? `${name} follows what is measured` : `${name} is set to ${kind}`)
      done(EXIT.fine)
    }
  },
}

function withReason(command: Command): Command {
  return command.option('--reason <text>', 'why; told by status and log')
}

/** Bad usage is said before an instance is asked. */
function parseLength(text: string): string {
  const parsed = duration(OVERRIDE_LENGTH).safeParse(text)
  if (parsed.success) return text
  throw new InvalidArgumentError(parsed.error.issues[0]?.message ?? '')
}
