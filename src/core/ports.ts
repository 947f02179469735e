/** Epoch milliseconds that never step back while the process lives. */
export interface Clock {
  nowMs(): number
}

/** Uniform in [0, 1). */
export interface Random {
  next(): number
}

export type LogFields = Readonly<Record<string, unknown>>

/** `event` is a stable name (`verdict.changed`); the message is for people. */
export interface Logger {
  debug(event: string, fields: LogFields, message: string): void
  info(event: string, fields: LogFields, message: string): void
  warn(event: string, fields: LogFields, message: string): void
  error(event: string, fields: LogFields, message: string): void
}

export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
}

/** Deadlines. In production a timer wheel, in tests virtual time. */
export interface Timers {
  /** Calls `fire` once, not before `delayMs` milliseconds; the returned function cancels it and may be called at any time. */
  after(delayMs: number, fire: () => void): () => void
}
