import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { formatFault } from '../../config/fault.ts'
import { loadConfig } from '../../config/load.ts'
import { errnoOf, messageOf, SipvaneError } from '../../core/errors.ts'
import { checkZone } from '../../zone/check.ts'
import type { CommandModule } from '../command.ts'
import { complain, EXIT, printJson, printLine } from '../io.ts'
import { startingConfig } from '../starting-config.ts'

interface Options {
  readonly domain: string
  readonly server: readonly string[]
  readonly nameserver: readonly string[]
  readonly force?: boolean
  readonly json?: boolean
}

export const initCommand: CommandModule = {
  register(program, io, done) {
    program
      .command('init')
      .description('write a commented configuration to start from')
      .argument('[file]', 'where to', 'sipvane.yaml')
      .option('--domain <name>', 'the SIP domain that is delegated here', 'voice.example.com')
      .option('--server <address...>', 'addresses of the SIP servers, best first', [
        '192.0.2.11',
        '192.0.2.12',
      ])
      .option('--nameserver <address...>', 'public addresses of the name servers, this one first', [
        '192.0.2.1',
        '192.0.2.2',
      ])
      .option('--force', 'replace a file that is there')
      .option('--json', 'machine-readable output')
      .action(async (file: string, options: Options) => {
        const text = startingConfig({
          domain: options.domain,
          servers: options.server,
          nameservers: options.nameserver,
        })
        const path = resolve(io.cwd, file)
        const loaded = loadConfig(
          { file, text },
          { env: io.env, hostname: io.hostname, baseDir: io.cwd, checkZone },
        )
        if (!loaded.ok) {
          done(EXIT.badUsage)
          if (options.json === true) return printJson(io, { ok: false, faults: loaded.faults })
          complain(io, 'these options do not make a valid configuration:')
          for (const fault of loaded.faults) complain(io, formatFault(fault))
          return
        }
        try {
          const handle = await open(path, options.force === true ? 'w' : 'wx', 0o640)
          await handle.writeFile(text)
          await handle.close()
        } catch (error) {
          const why = errnoOf(error) === 'EEXIST' ? 'it exists (--force replaces it)' : messageOf(error)
          throw new SipvaneError('not-written', `cannot write ${file}: ${why}`, { cause: error })
        }
        done(EXIT.fine)
        if (options.json === true) return printJson(io, { ok: true, wrote: file })
        printLine(io, `wrote ${file}`)
        printLine(io, `next: edit it, then  sipvane check -c ${file}  and  sipvane run -c ${file}`)
      })
  },
}
