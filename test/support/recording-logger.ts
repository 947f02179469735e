import type { LogFields, Logger } from '../../src/core/ports.ts'

export interface LoggedEvent {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly event: string
  readonly fields: LogFields
  readonly message: string
}

export interface RecordingLogger extends Logger {
  readonly events: readonly LoggedEvent[]
  /** The messages of one event, in order. */
  messagesOf(event: string): string[]
}

export function recordingLogger(): RecordingLogger {
  const events: LoggedEvent[] = []
  const at = (level: LoggedEvent['level']) => (event: string, fields: LogFields, message: string) => {
    events.push({ level, event, fields, message })
  }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    events,
    messagesOf: (event) => events.filter((one) => one.event === event).map((one) => one.message),
  }
}
