import { type DestinationStream, pino, stdSerializers } from 'pino'
import pretty from 'pino-pretty'
import { messageOf } from '../core/errors.ts'
import type { LogFields, Logger } from '../core/ports.ts'
import { visibleJson, visibleLine } from '../core/visible.ts'

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]
export type LogFormat = 'json' | 'pretty'

/** Keys whose values never reach a log, at any depth that a log line has here. */
const SECRET_KEYS = ['password', 'token', 'secret', 'apiToken', 'secretAccessKey', 'authorization', 'nonce']

export interface LoggerOptions {
  readonly level: LogLevel
  readonly format: LogFormat
  readonly node: string
  readonly destination: NodeJS.WritableStream & DestinationStream
}

/**
 * One JSON object a line for machines, or one readable line for a terminal. `event` is the stable name to filter and alert by.
 * Logging never throws: a field that cannot be written is left out.
 */
export function createLogger(options: LoggerOptions): Logger {
  const stream =
    options.format === 'pretty'
      ? pretty({
          destination: options.destination,
          sync: true,
          colorize: 'isTTY' in options.destination && options.destination.isTTY === true,
          translateTime: 'SYS:HH:MM:ss.l',
          ignore: 'pid,hostname,node,event',
          messageFormat: '{msg}',
          hideObject: true,
        })
      : { write: (line: string) => options.destination.write(visibleJson(line)) }
  // What strangers say is made printable where it is read; this is for whatever was forgotten there. JSON escapes it by itself.
  const shown = options.format === 'pretty' ? visibleLine : (message: string) => message
  const log = pino(
    {
      level: options.level,
      base: { node: options.node },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: stdSerializers.err },
      redact: { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '[secret]' },
    },
    stream,
  )
  const write =
    (level: 'debug' | 'info' | 'warn' | 'error') => (event: string, fields: LogFields, message: string) => {
      try {
        log[level]({ event, ...fields }, shown(message))
      } catch (error) {
        log.error({ event: 'log.failed', of: event }, messageOf(error))
      }
    }
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}
