import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { SocketAddress } from '../../src/core/settings.ts'

const run = promisify(execFile)

/** What a tool prints, run beside the responder in this process. */
export async function toolOutput(
  tool: string,
  at: SocketAddress,
  args: readonly string[],
  input?: string,
): Promise<string> {
  const child = run(tool, [`@${at.address}`, '-p', String(at.port), ...args], { timeout: 15_000 })
  if (input !== undefined) child.child.stdin?.end(input)
  const { stdout } = await child
  return stdout
}

/** Record lines of an output with `+noall +answer`, blanks made single, comments left out. */
export function recordLines(output: string): string[] {
  return output
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith(';'))
    .map((line) => line.replace(/\s+/g, ' ').trim())
}
