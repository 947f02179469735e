import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { CliIo } from '../../src/cli/io.ts'
import { main } from '../../src/cli/main.ts'

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface Workplace {
  readonly dir: string
  /** Writes a file into the folder that commands run in. */
  write(name: string, text: string): Promise<void>
  /** Runs one command line in this process. */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ran>
  close(): Promise<void>
}

/** A folder of its own for commands to run in. */
export async function workplace(): Promise<Workplace> {
  const dir = await mkdtemp(join(tmpdir(), 'sipvane-cli-'))
  return {
    dir,
    write: (name, text) => writeFile(join(dir, name), text),
    async run(args, env = {}) {
      const out = collector()
      const err = collector()
      const io: CliIo = { stdout: out.stream, stderr: err.stream, env, cwd: dir, hostname: 'ns1' }
      const code = await main(args, io)
      return { code, stdout: out.text(), stderr: err.text() }
    },
    close: () => rm(dir, { recursive: true, force: true }),
  }
}

function collector() {
  const chunks: Buffer[] = []
  const stream = new PassThrough()
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  return { stream, text: () => Buffer.concat(chunks).toString() }
}
