import type { StatusReport } from '../../app/status.ts'
import { errnoOf, messageOf, SipvaneError } from '../../core/errors.ts'
import type { CommandModule } from '../command.ts'
import { type CliIo, complain, EXIT, printJson, printLine } from '../io.ts'
import { settingsOrFaults } from '../settings.ts'

interface Options {
  readonly config?: string
  readonly url?: string
  readonly token?: string
  readonly json?: boolean
}

const TIMEOUT_MS = 5000

export const statusCommand: CommandModule = {
  register(program, io, done) {
    program
      .command('status')
      .description('ask a running instance how things are')
      .option('-c, --config <file>', 'find the instance by the `admin` of this configuration')
      .option('--url <url>', 'or by its admin URL', 'http://127.0.0.1:8053')
      .option('--token <token>', 'admin token; default: SIPVANE_TOKEN, or what the configuration has')
      .option('--json', 'machine-readable output')
      .action(async (options: Options) => {
        const place = await findInstance(io, options)
        if (place === undefined) return done(EXIT.badUsage)
        const report = await fetchStatus(place.url, place.token)
        if (options.json === true) printJson(io, report)
        else for (const line of render(report)) printLine(io, line)
        done(EXIT.fine)
      })
  },
}

async function findInstance(
  io: CliIo,
  options: Options,
): Promise<{ url: string; token?: string } | undefined> {
  const given = options.token ?? io.env.SIPVANE_TOKEN
  if (options.config === undefined) {
    const url = options.url ?? 'http://127.0.0.1:8053'
    return given === undefined ? { url } : { url, token: given }
  }
  const settings = await settingsOrFaults(io, options.config, options.json)
  if (settings === undefined) return undefined
  if (settings.admin === undefined) {
    complain(io, `${options.config}: there is no \`admin\`, so a running instance cannot be asked`)
    return undefined
  }
  const { address, port } = settings.admin.listen
  const host =
    address === '0.0.0.0'
      ? '127.0.0.1'
      : address === '::'
        ? '[::1]'
        : address.includes(':')
          ? `[${address}]`
          : address
  const token = given ?? settings.admin.token
  return { url: `http://${host}:${port}`, ...(token === undefined ? {} : { token }) }
}

async function fetchStatus(url: string, token: string | undefined): Promise<StatusReport> {
  let response: Response
  try {
    response = await fetch(new URL('/v1/status', url), {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined
    const why = errnoOf(cause) ?? messageOf(error)
    throw new SipvaneError('instance-unreachable', `no instance answers at ${url}: ${why}`, {
      retryable: true,
      cause: error,
    })
  }
  if (response.status === 401)
    throw new SipvaneError('unauthorized', `${url} asks for a token (--token or SIPVANE_TOKEN)`)
  if (!response.ok)
    throw new SipvaneError('instance-failed', `${url} answered ${response.status}`, { retryable: true })
  return (await response.json()) as StatusReport
}

function* render(report: StatusReport): Generator<string> {
  const state = report.ready ? 'ready' : `not ready: ${report.notReady.join('; ')}`
  yield `${report.node}: sipvane ${report.version}, ${state}, since ${report.started}`
  if (report.blind) yield 'NOTHING ANSWERS: our own network is the likely fault; answers are frozen'
  for (const [origin, zone] of Object.entries(report.zones))
    yield `zone ${origin} serial ${zone.serial}, ${zone.sets} record sets`
  for (const [name, pool] of Object.entries(report.pools)) {
    yield ''
    yield `pool ${name} (${pool.policy})`
    for (const decision of pool.decisions) {
      const active = decision.active.map((member) => member.target).join(', ') || 'nothing'
      const view = pool.decisions.length > 1 ? ` by ${decision.probes}` : ''
      yield `  serves ${active}${view}: ${decision.mode}${decision.why[0] === undefined ? '' : `, ${decision.why[0]}`}`
    }
    for (const [target, { addresses, real, effective, since, why }] of Object.entries(pool.targets)) {
      const shown = real === effective ? effective : `${effective} (measured: ${real})`
      yield `  ${target.padEnd(16)} ${shown.padEnd(9)} ${addresses.join(' ')}  since ${since}${why[0] === undefined ? '' : `  ${why[0]}`}`
    }
  }
}
