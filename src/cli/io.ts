import { hostname } from 'node:os'
import type { DestinationStream } from 'pino'
import { visible, visibleJson } from '../core/visible.ts'

/** What a command may touch of its process. */
export interface CliIo {
  readonly stdout: NodeJS.WritableStream & DestinationStream & { readonly isTTY?: boolean }
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean }
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly hostname: string
}

export const processIo: CliIo = {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  hostname: hostname(),
}

/** Scripts and service managers go by these. */
export const EXIT = { fine: 0, failed: 1, badUsage: 2, changes: 3 } as const

export function printJson(io: CliIo, value: unknown): void {
  io.stdout.write(`${visibleJson(JSON.stringify(value, null, 2))}\n`)
}

/** An instance that is asked may say what it was told by others: a terminal shows it, and does nothing else. */
export function printLine(io: CliIo, line = ''): void {
  io.stdout.write(`${visible(line)}\n`)
}

export function complain(io: CliIo, line: string): void {
  io.stderr.write(`${visible(line)}\n`)
}

/** `1 zone`, `2 zones`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
