import type { Command } from 'commander'
import type { CliIo } from './io.ts'

/** A command with its options: one file in `commands/`, one line in `main.ts`. */
export interface CommandModule {
  /** Its action tells the exit code by `done`; what it cannot cope with it throws. */
  register(program: Command, io: CliIo, done: (exitCode: number) => void): void
}
