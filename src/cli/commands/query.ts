import { InvalidArgumentError } from 'commander'
import type { SocketAddress } from '../../core/settings.ts'
import type { CommandModule } from '../command.ts'
import { ask, QUERY_TYPES, type QueryType } from '../dns-client.ts'
import { complain, EXIT, printJson, printLine } from '../io.ts'
import { settingsOrFaults } from '../settings.ts'

interface Options {
  readonly config?: string
  readonly server?: SocketAddress
  readonly timeout: number
  readonly json?: boolean
}

export const queryCommand: CommandModule = {
  register(program, io, done) {
    program
      .command('query')
      .description('ask a name server: by default the running instance of a configuration')
      .argument('<name>', 'owner name')
      .argument('[type]', `record type, one of ${QUERY_TYPES.join(', ')} (default: A)`, parseType, 'A')
      .option('-c, --config <file>', 'ask where this configuration listens')
      .option('--server <address:port>', 'or ask this server', parseServer)
      .option('--timeout <ms>', 'how long to wait, in milliseconds', parseTimeout, 2000)
      .option('--json', 'machine-readable output')
      .action(async (name: string, type: QueryType, options: Options) => {
        let server = options.server
        if (server === undefined) {
          if (options.config === undefined) {
            complain(io, 'one of --server and --config is required')
            return done(EXIT.badUsage)
          }
          const settings = await settingsOrFaults(io, options.config, options.json)
          if (settings === undefined) return done(EXIT.badUsage)
          server = settings.dns?.listen[0]
          if (server === undefined) {
            complain(io, `${options.config}: there is no \`dns.listen\`, so there is nothing to ask`)
            return done(EXIT.badUsage)
          }
        }
        const answer = await ask(server, name, type, options.timeout)
        done(answer.rcode === 'NOERROR' ? EXIT.fine : EXIT.failed)
        if (options.json === true) return printJson(io, answer)
        printLine(io, `;; ${answer.rcode}${answer.authoritative ? ', authoritative' : ''}`)
        for (const record of answer.answers)
          printLine(io, `${record.name} ${record.ttl} IN ${record.type} ${record.data}`)
        if (answer.additionals.length > 0) printLine(io, ';; additional')
        for (const record of answer.additionals)
          printLine(io, `${record.name} ${record.ttl} IN ${record.type} ${record.data}`)
      })
  },
}

function parseType(text: string): QueryType {
  const type = QUERY_TYPES.find((known) => known === text.toUpperCase())
  if (type === undefined) throw new InvalidArgumentError(`one of ${QUERY_TYPES.join(', ')}`)
  return type
}

function parseServer(text: string): SocketAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+))(?::(\d{1,5}))?$/.exec(text)
  const port = Number(match?.[3] ?? 53)
  const address = match?.[1] ?? match?.[2]
  if (address === undefined || port < 1 || port > 65535) {
    throw new InvalidArgumentError('an address with or without a port, as 192.0.2.1:53 or [2001:db8::1]:53')
  }
  return { address, port }
}

function parseTimeout(text: string): number {
  const ms = Number(text)
  if (!Number.isInteger(ms) || ms < 1 || ms > 60_000)
    throw new InvalidArgumentError('1 to 60000 milliseconds')
  return ms
}
