import { Option } from 'commander'
import { type AdminServer, createAdminServer } from '../../admin/server.ts'
import { createApp } from '../../app/app.ts'
import { dryRunOf } from '../../app/dry-run.ts'
import type { App } from '../../app/facade.ts'
import { loadSettings } from '../../app/load.ts'
import { formatFault } from '../../config/fault.ts'
import { messageOf } from '../../core/errors.ts'
import type { Logger } from '../../core/ports.ts'
import type { Settings } from '../../core/settings.ts'
import { createLogger, LOG_LEVELS, type LogFormat, type LogLevel } from '../../telemetry/logger.ts'
import type { CommandModule } from '../command.ts'
import { limitHeapGrowth } from '../heap-growth.ts'
import { type CliIo, complain, EXIT, printJson } from '../io.ts'
import { readSettings, withConfig } from '../settings.ts'
import { VERSION } from '../version.ts'

interface Options {
  readonly config: string
  readonly logLevel: LogLevel
  readonly logFormat: LogFormat | 'auto'
  readonly dryRun?: boolean
  readonly json?: boolean
}

export const runCommand: CommandModule = {
  register(program, io, done) {
    withConfig(program.command('run'))
      .description('watch, decide and answer until SIGTERM or SIGINT; SIGHUP reads the configuration again')
      .addOption(
        new Option('--log-level <level>', 'least level to log').choices([...LOG_LEVELS]).default('info'),
      )
      .addOption(
        new Option('--log-format <format>', 'auto: readable on a terminal, else JSON')
          .choices(['auto', 'json', 'pretty'])
          .default('auto'),
      )
      .option('--json', 'machine-readable output: as --log-format json')
      .option('--dry-run', 'answer DNS, but let updaters and hooks only say what they would do')
      .action(async (options: Options) => {
        limitHeapGrowth()
        const loaded = await readSettings(io, options.config, options.json)
        if (!loaded.ok) {
          if (options.json === true) printJson(io, { ok: false, faults: loaded.faults })
          else for (const fault of loaded.faults) complain(io, formatFault(fault))
          return done(EXIT.badUsage)
        }
        const format = formatOf(options, io)
        const logger = createLogger({
          level: options.logLevel,
          format,
          node: loaded.settings.node,
          destination: io.stdout,
        })
        for (const warning of loaded.warnings)
          logger.warn('config.warning', { file: warning.file, line: warning.line }, formatFault(warning))
        const asRun = options.dryRun === true ? dryRunOf : (settings: Settings) => settings
        done(await serve(options.config, asRun(loaded.settings), asRun, io, logger))
      })
  },
}

function formatOf({ json, logFormat }: Options, io: CliIo): LogFormat {
  if (json === true) return 'json'
  if (logFormat !== 'auto') return logFormat
  return io.stdout.isTTY === true ? 'pretty' : 'json'
}

async function serve(
  config: string,
  settings: Settings,
  asRun: (settings: Settings) => Settings,
  io: CliIo,
  logger: Logger,
): Promise<number> {
  const readAgain = () => reload(config, settings, asRun, app, io, logger)
  const app = createApp(settings, {
    logger,
    version: VERSION,
    reread: readAgain,
  })
  let admin: AdminServer | undefined
  // Signals count from the first moment: a SIGHUP during the start must not end the process.
  const starting = app.start()
  const end = untilSignal(() => starting.then(readAgain))
  try {
    await starting
    if (settings.admin !== undefined) {
      admin = createAdminServer(settings.admin, app, logger)
      const { address, port } = await admin.listen()
      logger.info('admin.listening', { address, port }, `admin API on ${address} port ${port}`)
    }
  } catch (error) {
    logger.error('app.not-started', { error }, messageOf(error))
    await admin?.close()
    await app.stop()
    return EXIT.failed
  }
  const { signal, failure } = await end
  if (failure !== undefined)
    logger.error('app.broken', { error: failure }, `a fault of our own: ${messageOf(failure)}`)
  logger.info('app.stopping', { signal }, `stopping (${signal})`)
  await admin?.close()
  await app.stop()
  return failure === undefined ? EXIT.fine : EXIT.failed
}

/** Resolves with what ended the run. Reloads run one after the other; they must not reject. */
function untilSignal(reload: () => Promise<unknown>): Promise<{ signal: string; failure?: unknown }> {
  return new Promise((resolve) => {
    let reloading: Promise<unknown> = Promise.resolve()
    const hangup = () => {
      reloading = reloading.then(reload, reload)
    }
    const end = (signal: string, failure?: unknown) => {
      process.off('SIGHUP', hangup)
      process.off('SIGTERM', onTerm)
      process.off('SIGINT', onInt)
      process.off('uncaughtException', onFault)
      process.off('unhandledRejection', onFault)
      void reloading.finally(() => resolve(failure === undefined ? { signal } : { signal, failure }))
    }
    const onTerm = () => end('SIGTERM')
    const onInt = () => end('SIGINT')
    // Going on with an unknown state would answer DNS by it; a service manager starts us again with last known health.
    const onFault = (error: unknown) => end('fault', error ?? new Error('unknown fault'))
    process.on('SIGHUP', hangup)
    process.on('SIGTERM', onTerm)
    process.on('SIGINT', onInt)
    process.on('uncaughtException', onFault)
    process.on('unhandledRejection', onFault)
  })
}

/**
 * A bad configuration changes nothing: the old one goes on, and the log says what is wrong with the new one, as does the value returned.
 */
async function reload(
  config: string,
  first: Settings,
  asRun: (settings: Settings) => Settings,
  app: App,
  io: CliIo,
  logger: Logger,
): Promise<readonly string[] | undefined> {
  try {
    const loaded = await loadSettings(config, io)
    if (!loaded.ok) {
      const faults = loaded.faults.map(formatFault)
      logger.error(
        'config.refused',
        { faults },
        `the new configuration is refused, the old one stays: ${faults.join('; ')}`,
      )
      return faults
    }
    for (const warning of loaded.warnings)
      logger.warn('config.warning', { file: warning.file, line: warning.line }, formatFault(warning))
    await app.reload(asRun(loaded.settings))
    const fixed = [
      ['admin', JSON.stringify(first.admin) === JSON.stringify(loaded.settings.admin)],
      ['state', first.stateDir === loaded.settings.stateDir],
      ['node', first.node === loaded.settings.node],
    ] as const
    for (const [key, same] of fixed) {
      if (!same)
        logger.warn('config.needs-restart', { key }, `a change of \`${key}\` takes effect at the next start`)
    }
  } catch (error) {
    logger.error(
      'config.refused',
      { error },
      `the new configuration is refused, the old one stays: ${messageOf(error)}`,
    )
    return [messageOf(error)]
  }
  return undefined
}
